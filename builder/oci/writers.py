"""Who writes into a store, so that what dead processes left there can be told from what living ones
still hold.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator

from builder import confined
from builder.oci.blob import disk
from builder.oci.store import Store

FILE = "writers.lock"


@contextlib.contextmanager
def writing(store: Store) -> Iterator[None]:
    """Count as one who writes; several may. Whoever is the first puts away what dead ones left.

    Raises:
        BuilderError: the store cannot be written.

    """
    with alone(store) as idle:
        if idle:
            store.clear()
    with _open(store) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def alone(store: Store) -> Iterator[bool]:
    """Tell whether nobody writes into the store, and let nobody begin to meanwhile.

    Raises:
        BuilderError: the store cannot be written.

    """
    with _open(store) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _open(store: Store) -> Iterator[int]:
    with disk(store.root):
        file = confined.lock(store.root, FILE)
    with file:
        yield file.fileno()
