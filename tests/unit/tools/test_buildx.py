from __future__ import annotations

from builder.tools.buildx import failed_line, failure, finished

OUTPUT = """\
#8 [stage-0 2/4] RUN false
#8 0.1 Reading package lists...
#8 ERROR: process "/bin/bash" did not complete successfully: exit code: 100
------
 > [stage-0 2/4] RUN false:
0.105 Reading package lists...
0.213 E: Unable to locate package nonesuch
------
Dockerfile:5
""".splitlines()


def test_a_failure_is_told_by_the_last_lines_of_its_step() -> None:
    assert failure(OUTPUT) == "Reading package lists...\nE: Unable to locate package nonesuch"


def test_other_output_is_given_as_it_ends() -> None:
    assert failure(["error: no builder"]) == "error: no builder"


def test_the_line_of_the_dockerfile_at_which_a_build_failed() -> None:
    assert failed_line(OUTPUT) == 5
    assert failed_line([*OUTPUT, "Dockerfile:17"]) == 17
    assert failed_line(["#5 Dockerfile:9 is not a line of its own"]) is None


def test_a_build_that_wrote_its_image_is_finished() -> None:
    assert not finished(OUTPUT)
    assert finished(["#8 DONE 0.1s", "#9 exporting to oci image format", "#9 DONE 0.3s"])
