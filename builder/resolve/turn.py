"""One resolution at a time in a cache: apt's indexes there, and what it takes for installed, are
one resolution's own.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from builder.events import Monitor, Note

FILE = "resolution.lock"


@contextlib.contextmanager
def turn(cache: Path, monitor: Monitor) -> Iterator[None]:
    """Wait until no other process resolves with this cache, and keep others waiting meanwhile; a
    process that dies keeps nobody.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            monitor(Note(f"waiting for another `catalog lock` that uses {cache}"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
