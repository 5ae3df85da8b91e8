"""The step of the layer julia: a depot of the user's, and threads within the container's limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.init.containers import BASH, NO_SUDO, Box, Options, Ran
from tests.init.images import NEWEST, ROOT

# A fork may have no such layer.
STEPS = sorted(ROOT.glob("images/*/files/opt/onyxia/steps/62-julia.sh"))
pytestmark = [pytest.mark.docker, NEWEST, pytest.mark.parametrize("step", STEPS)]
DEPOTS = "~/.julia:/usr/local/lib/julia/share/julia"
# The start script with the layer's step, as an image that has the layer holds it.
START = """\
mkdir /tmp/own
cp -r /opt/onyxia-init.sh /opt/onyxia /tmp/own
cp /step.sh /tmp/own/onyxia/steps/62-julia.sh
exec /tmp/own/onyxia-init.sh bash -euo pipefail -c "$0"
"""


def started(
    box: Box,
    step: Path,
    script: str,
    options: Options | None = None,
    env: dict[str, str] | None = None,
) -> Ran:
    """Run a script as a service of an image with Julia."""
    return box.run(
        *("-euo", "pipefail", "-c", START, script),
        env={"JULIA_DEPOT_PATH": DEPOTS, **(env or {})},
        files={"/step.sh": step},
        options={**BASH, **(options or {})},
    )


def test_it_makes_the_user_s_depot(box: Box, step: Path) -> None:
    ran = started(box, step, '[[ -w ~/.julia ]]; echo "$JULIA_DEPOT_PATH"')
    assert ran.out == f"{DEPOTS}\n"
    assert ran.failures == []


def test_a_depot_that_cannot_be_written_gets_one_of_the_container_before_it(
    box: Box, step: Path
) -> None:
    with box.volume("/home/onyxia/.julia") as volume:
        script = '[[ -w ${JULIA_DEPOT_PATH%%:*} ]]; echo "${JULIA_DEPOT_PATH#*:}"'
        ran = started(box, step, script, {**volume, **NO_SUDO})
    assert ran.out == f"{DEPOTS}\n"
    assert "/home/onyxia/.julia cannot be written by user 1000" in ran.err


@pytest.mark.parametrize(
    ("given", "threads"), [({}, "1 1"), ({"JULIA_NUM_THREADS": "3"}, "1 3")], ids=["none", "given"]
)
def test_threads_keep_to_the_limit_unless_the_user_says_otherwise(
    box: Box, step: Path, given: dict[str, str], threads: str
) -> None:
    script = 'echo "$JULIA_CPU_THREADS $JULIA_NUM_THREADS"'
    assert started(box, step, script, {"nano_cpus": 10**9}, given).out == f"{threads}\n"
