"""A Dockerfile cut at the step that failed."""

from __future__ import annotations

from builder.render.instructions import Cut, cut

DOCKERFILE = """\
FROM parent
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN --network=none --mount=type=bind,target=/artifacts <<'END-OF-STEP'
apt-get install it
END-OF-STEP
# RUN nothing
RUN --network=none chmod 0755 /x \\
  && chown 1:1 /x
USER 1000
RUN <<END
one
two
END
CMD ["x"]
"""
LINES = DOCKERFILE.splitlines(keepends=True)


def test_the_step_with_the_line_is_cut_off() -> None:
    for line in (3, 4, 5):
        assert cut(DOCKERFILE, line) == Cut(
            before="".join(LINES[:2]), script="apt-get install it\n"
        )
    for line in (10, 12):
        assert cut(DOCKERFILE, line) == Cut(before="".join(LINES[:9]), script="one\ntwo\n")


def test_a_step_without_a_here_document_is_its_command() -> None:
    step = cut(DOCKERFILE, 8)
    assert step == Cut(before="".join(LINES[:6]), script="chmod 0755 /x \\\n  && chown 1:1 /x\n")


def test_the_last_step_where_no_step_has_the_line() -> None:
    assert cut(DOCKERFILE) == cut(DOCKERFILE, 10) == cut(DOCKERFILE, 99) == cut(DOCKERFILE, 2)


def test_no_step_no_cut() -> None:
    assert cut("FROM parent\nENV A=b\n") is None
    assert cut("") is None
