"""What a stretch of work cost: wall time, and processor time of this program and of the engine,
which does most of the work.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENGINE = {"dockerd", "containerd", "buildkitd"}
"""Programs whose time counts, with that of the children they have waited for: the steps of a build
are among those."""

NAMESPACE = "ns/pid"


@dataclass
class Cost:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def cost() -> Iterator[Cost]:
    """Measure what happens inside; the engine should do nothing else meanwhile."""
    spent = Cost()
    wall, cpu = time.monotonic(), _own() + _engine()
    try:
        yield spent
    finally:
        spent.wall, spent.cpu = time.monotonic() - wall, _own() + _engine() - cpu


def _own() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def _engine() -> float:
    """Return the seconds that the engine and its children have worked (proc_pid_stat(5): utime,
    stime, cutime, cstime).
    """
    ticks, here = 0, (Path("/proc/self") / NAMESPACE).readlink()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # An engine inside a container, as clusters in Docker have, is none of ours.
            if (process / "comm").read_text().strip() in ENGINE and (
                process / NAMESPACE
            ).readlink() == here:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(int(value) for value in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")
