"""What a stretch of work cost: wall time, and the processor time of the whole machine, since an engine works in other processes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def cost() -> Iterator[Cost]:
    """Measure what happens inside; let nothing else run on the machine meanwhile."""
    spent = Cost()
    wall, cpu = time.monotonic(), _busy()
    try:
        yield spent
    finally:
        spent.wall, spent.cpu = time.monotonic() - wall, _busy() - cpu


def _busy() -> float:
    """Return the seconds that all processors have worked since boot (proc(5): user, nice, system, irq, softirq)."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(fields[index] for index in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")
