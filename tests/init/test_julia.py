"""The step of the layer julia: a depot of the user's, and threads within the container's limit."""

from __future__ import annotations

import pytest

from tests.init.containers import NO_SUDO, Box
from tests.init.images import NEWEST, ROOT

pytestmark = [pytest.mark.docker, NEWEST]
STEP = "/opt/onyxia/steps/62-julia.sh"
FILES = {STEP: ROOT / "images/julia/files" / STEP.lstrip("/")}
DEPOTS = {"JULIA_DEPOT_PATH": "~/.julia:/usr/local/lib/julia/share/julia"}


def test_it_makes_the_user_s_depot(box: Box) -> None:
    ran = box.shell('[[ -w ~/.julia ]]; echo "$JULIA_DEPOT_PATH"', env=DEPOTS, files=FILES)
    assert ran.out == "~/.julia:/usr/local/lib/julia/share/julia\n"
    assert ran.failures == []


def test_a_depot_that_cannot_be_written_is_replaced_by_one_of_the_container(box: Box) -> None:
    with box.volume("/home/onyxia/.julia") as options:
        ran = box.shell(
            'first=${JULIA_DEPOT_PATH%%:*}; [[ -w $first ]]; echo "${JULIA_DEPOT_PATH#*:}"',
            env=DEPOTS,
            files=FILES,
            options={**options, **NO_SUDO},
        )
    assert ran.out == "~/.julia:/usr/local/lib/julia/share/julia\n"
    assert "/home/onyxia/.julia cannot be written by user 1000" in ran.err


@pytest.mark.parametrize(
    ("given", "cpus", "threads"), [({}, 1, "1 1"), ({"JULIA_NUM_THREADS": "3"}, 1, "1 3")]
)
def test_threads_keep_to_the_limit_unless_the_user_says_otherwise(
    box: Box, given: dict[str, str], cpus: int, threads: str
) -> None:
    ran = box.shell(
        'echo "$JULIA_CPU_THREADS $JULIA_NUM_THREADS"',
        env={**DEPOTS, **given},
        files=FILES,
        options={"nano_cpus": cpus * 10**9},
    )
    assert ran.out == f"{threads}\n"
