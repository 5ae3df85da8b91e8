"""The lock on disk: a directory that is replaced as a whole.

A new lock is written beside the old one. Two renames then put it in its place. Readers and writers
hold a file lock, so nobody sees the state between the two. A writer that is killed between them
leaves no lock, but a complete one under the name that `_next` returns: reading reports that, and
`recover`, which `catalog lock` calls first, finishes the work.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from builder import confined, settle
from builder.errors import BuilderError, InputError, Problem
from builder.lock.decode import decode
from builder.lock.encode import HEAD, LAYERS, encode
from builder.lock.former import decode_former, outdated
from builder.lock.model import Lock
from builder.lock.page import RESTORE

MOST = 256 << 20
"""Bytes of one file of a lock."""


def read(path: Path) -> Lock:
    """Read a lock.

    Raises:
        InputError: there is none, or it is damaged, tampered with, has merge conflicts, or has
        another format. Says where.

    """
    files = _files(path)
    if isinstance(files, str):
        raise outdated(str(path))
    return decode(files, str(path))


def read_any(path: Path) -> tuple[Lock, bool]:
    """Read a lock of this format or the former one; tell whether it has the former.

    Raises:
        InputError: as `read`.

    """
    files = _files(path)
    if isinstance(files, str):
        return decode_former(files, str(path)), True
    return decode(files, str(path)), False


def write(lock: Lock, path: Path) -> None:
    """Put a lock in its place. A reader sees the old one or the new one.

    Raises:
        BuilderError: it cannot be written; the old one is unchanged.

    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write(encode(lock), beside)
        with _turn(path, fcntl.LOCK_EX):
            _remove(_next(path))
            beside.rename(_next(path))
            _put(path)
    except OSError as error:
        raise BuilderError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        _remove(beside)


def recover(path: Path) -> bool:
    """Put a lock in its place if its writer was killed just before that; tell whether there was
    one.
    """
    with _turn(path, fcntl.LOCK_EX):
        if path.exists() or not _next(path).exists():
            return False
        _put(path)
        return True


def _files(path: Path) -> Mapping[str, str] | str:
    """Return the text of each file of a lock, by path; of a lock in the former format, its text."""
    try:
        with _turn(path, fcntl.LOCK_SH):
            if not path.exists():
                raise _missing(path)
            if not path.is_dir():
                return confined.text(path, MOST)
            return {name: confined.read(path, name, MOST).decode() for name in _names(path)}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error}", RESTORE)]) from None


def _missing(path: Path) -> InputError:
    if _next(path).exists():
        message = "the writing of the lock was interrupted"
        hint = "run `catalog lock` to finish it"
        return InputError([Problem(str(path), 0, 0, message, hint)])
    return InputError([Problem(str(path), 0, 0, "there is no lock", "run `catalog lock`")])


def _names(path: Path) -> Iterator[str]:
    """Yield the files of a lock. Other files, such as an editor's, are ignored."""
    if os.path.lexists(path / HEAD):
        yield HEAD
    for name, _ in confined.files(path, LAYERS):
        if "/" not in name and name.endswith(".json") and not name.startswith("."):
            yield f"{LAYERS}/{name}"


def _next(path: Path) -> Path:
    """Return where a complete new lock waits for its place."""
    return path.with_name(f".{path.name}.next")


def _write(files: Mapping[str, str], directory: Path) -> None:
    _remove(directory)
    directory.mkdir()
    (directory / LAYERS).mkdir()
    for name, text in files.items():
        with confined.create(directory, name) as stream:
            stream.write(text.encode())
    settle.sync_tree(directory)


def _put(path: Path) -> None:
    """Replace a lock with the next one."""
    former = path.with_name(f".{path.name}.former")
    _remove(former)
    # That the next one is complete must be on the disk before the old one goes.
    settle.sync_names([path.parent])
    with contextlib.suppress(FileNotFoundError):
        path.rename(former)
    _next(path).rename(path)
    settle.sync_names([path.parent])
    _remove(former)


def _remove(path: Path) -> None:
    confined.remove(path.parent, path.name)


@contextlib.contextmanager
def _turn(path: Path, how: int) -> Iterator[None]:
    """Hold the directory around a lock: several may read at once, one may write."""
    try:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        # There is no lock either; the caller reports that.
        yield
        return
    try:
        # Some network file systems have no such locks. The renames must be enough there.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
