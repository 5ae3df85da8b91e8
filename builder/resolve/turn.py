"""One resolution at a time in a cache: apt's indexes and state there cannot be shared."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from builder.events import Monitor, Note

FILE = "resolution.lock"


@contextlib.contextmanager
def turn(cache: Path, monitor: Monitor) -> Iterator[None]:
    """Wait until no other process resolves with this cache, then make others wait. If the process
    dies, they go on.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            monitor(Note(f"waiting for another `catalog lock` that uses {cache}"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
