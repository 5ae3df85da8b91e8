"""Writes that outlast a power cut: what was reported done is on the disk.

A file that is renamed into its place before its bytes are on the disk may be empty there after a
power cut, and a name is there only once its directory is. So: the bytes, the name, the directory,
in this order. It is the one way to write beside a place and then into it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def put(handle: int, name: str, data: bytes, mode: int, *, settled: bool = True) -> None:
    """Give a file of an open directory these bytes and permissions: at any moment it has the old
    ones or the new ones. Not `settled`, it may be lost by a power cut.

    Raises:
        OSError: it cannot be written; nothing is left beside it.

    """
    with beside(handle, name) as (stream, new):
        stream.write(data)
        os.fchmod(stream.fileno(), mode)
        if settled:
            sync(stream)
        stream.close()
        os.rename(new, name, src_dir_fd=handle, dst_dir_fd=handle)
    if settled:
        os.fsync(handle)


def put_link(handle: int, name: str, target: str, *, settled: bool = True) -> None:
    """Give an open directory a symbolic link, as `put` a file."""
    new = _name(name)
    os.symlink(target, new, dir_fd=handle)
    try:
        os.rename(new, name, src_dir_fd=handle, dst_dir_fd=handle)
    except BaseException:
        os.unlink(new, dir_fd=handle)
        raise
    if settled:
        os.fsync(handle)


@contextlib.contextmanager
def beside(handle: int, name: str) -> Iterator[tuple[IO[bytes], str]]:
    """Give a new file of an open directory, and its name, which is gone afterwards if it was not
    renamed.
    """
    new = _name(name)
    with os.fdopen(os.open(new, _CREATE, 0o600, dir_fd=handle), "wb") as stream:
        try:
            yield stream, new
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new, dir_fd=handle)


def sync(stream: IO[bytes]) -> None:
    """Wait until the bytes of a file are on the disk."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_names(paths: Iterable[Path]) -> None:
    """Wait until the names in these directories are on the disk, the deepest first."""
    for path in sorted(set(paths), key=lambda path: len(path.parts), reverse=True):
        handle = os.open(path, _DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_tree(top: Path) -> None:
    """Wait until all that is in a directory is on the disk."""
    for _, _, names, handle in os.fwalk(top, topdown=False, follow_symlinks=False):
        for name in names:
            if stat.S_ISREG(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
                os.fsync(file)
                os.close(file)
        os.fsync(handle)


def directories(path: Path) -> None:
    """Make a directory and those above it that are missing, so that they stay.

    Raises:
        OSError: one cannot be made.

    """
    missing: list[Path] = []
    there = path
    while not there.exists():
        missing.append(there)
        there = there.parent
    path.mkdir(parents=True, exist_ok=True)
    sync_names(made.parent for made in missing)


def _name(name: str) -> str:
    """Return a name beside another one, which nobody else uses. It is short enough wherever that
    one is.
    """
    return f".{name[:200]}.{secrets.token_hex(4)}"
