from __future__ import annotations

from builder.tools.buildx import BrokenStep, broken_step, finished, last_words

LOG = """\
#5 [2/3] RUN true
#5 0.1 of another step
#5 DONE 0.2s
#8 [3/3] RUN false
#8 0.105 Reading package lists...
#8 0.213 E: Unable to locate package nonesuch
#8 0.214
#8 ERROR: process "/bin/bash -c false" did not complete successfully: exit code: 100
------
 > [3/3] RUN false:
0.213 E: Unable to locate package nonesuch
------
Dockerfile:5
--------------------
   5 | >>> RUN false
""".splitlines()


def test_the_step_that_failed_is_told_with_all_that_it_printed() -> None:
    assert broken_step(LOG) == BrokenStep(
        line=5,
        code=100,
        output=("Reading package lists...", "E: Unable to locate package nonesuch", ""),
    )


def test_a_failure_of_no_step_is_told_by_its_last_words() -> None:
    log = ["error: no builder"]
    assert broken_step(log) == BrokenStep(line=0, code=None, output=())
    assert last_words(log) == "error: no builder"


def test_the_line_of_the_dockerfile_at_which_a_build_failed() -> None:
    assert broken_step([*LOG, "Dockerfile:17"]).line == 17
    assert broken_step([*LOG, "#5 Dockerfile:9 is not a line of its own"]).line == 5


def test_a_build_that_wrote_its_image_is_finished() -> None:
    assert not finished(LOG)
    assert finished(["#8 DONE 0.1s", "#9 exporting to oci image format", "#9 DONE 0.3s"])
