"""Files below a directory, reached by descriptors: no link is followed on the way.

A name that a document gives, or a link that somebody put into a directory, leads nowhere else: each
step is opened below the one before. The directory itself is the user's word, and may be a link.
Only regular files are read: a pipe or a device would make its reader wait, or do something.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from builder.errors import IntegrityError

MOST = 256 << 20
"""Bytes of a file that is read as a whole."""
_FOLDER = 0o755
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Whoever opens a pipe without O_NONBLOCK waits for its writer.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link",
}


class LinkError(OSError):
    """A link stands where a file or a directory of its own must be."""


class KindError(OSError):
    """A pipe, a device, a socket or a directory stands where a file must be."""


def steps(path: str) -> tuple[str, ...]:
    """Return the steps of a relative path in its shortest form.

    Raises:
        IntegrityError: it is absolute, empty, leads up, or holds what no path may.

    """
    parts = tuple(path.split("/"))
    if "\0" in path or not all(parts) or {".", ".."} & set(parts):
        raise IntegrityError(
            f"{path!r} is not a path inside a directory",
            hint="whoever made it wants to write elsewhere, or a document is damaged",
        )
    return parts


@contextlib.contextmanager
def directory(
    root: Path, path: str = "", *, make: bool = False, settled: bool = False
) -> Iterator[int]:
    """Open a directory below `root`, or `root` itself, and give its descriptor; what is missing of
    it is made if it may be, so that a power cut does not lose it if it is to be `settled`.

    Raises:
        LinkError: a step is a link.
        OSError: it is not there, or no directory.
        IntegrityError: see `steps`.

    """
    walked = root
    handle = os.open(root, _DIRECTORY)
    try:
        for step in steps(path) if path else ():
            walked /= step
            is_new = make and _make(step, handle, settled=settled)
            inner = _enter(step, handle, walked)
            if is_new:
                os.fchmod(inner, _FOLDER)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def opened(root: Path, path: str) -> IO[bytes]:
    """Open a regular file below `root` for reading.

    Raises:
        LinkError: it, or a step to it, is a link.
        KindError: it is not a regular file.
        OSError: it is not there.
        IntegrityError: see `steps`.

    """
    parent, name = _split(path)
    with directory(root, parent) as handle:
        return opened_at(handle, name, root / path)


def opened_at(handle: int, name: str, shown: Path) -> IO[bytes]:
    """Do the same in a directory that is open; `shown` is how errors call the file."""
    about = _lstat(handle, name, shown)
    if stat.S_ISLNK(about.st_mode):
        raise _link(shown)
    _refuse(about, shown)
    return _regular(_open(name, _READ | os.O_NOFOLLOW, handle, shown), shown)


def read(root: Path, path: str, most: int = MOST) -> bytes:
    """Return the bytes of a regular file below `root`. Raises as `opened`, and where it is larger
    than `most`.
    """
    with opened(root, path) as stream:
        return _limited(stream, root / path, most)


def regular(path: Path, most: int = MOST) -> bytes:
    """Return the bytes of a file that a user names; links are followed.

    Raises:
        KindError: it is not a regular file.
        OSError: it is not there, or larger than `most`.

    """
    with plain(path) as stream:
        return _limited(stream, path, most)


def plain(path: Path) -> IO[bytes]:
    """Open a file that a user names for reading. Raises as `regular`."""
    _refuse(path.stat(), path)
    return _regular(os.open(path, _READ), path)


def text(path: Path, most: int = MOST) -> str:
    """Return the same as a text. Raises UnicodeDecodeError too."""
    return regular(path, most).decode("utf-8")


def create(root: Path, path: str, mode: int = 0o644) -> IO[bytes]:
    """Open a new file below `root` for writing; directories on the way are made. Modes are the same
    whatever the user's umask is: a build sees them.

    Raises:
        LinkError: a step is a link.
        OSError: something is there already, or cannot be written.
        IntegrityError: see `steps`.

    """
    parent, name = _split(path)
    with directory(root, parent, make=True) as handle:
        stream = os.fdopen(_open(name, _CREATE, handle, root / path, mode), "wb")
        os.fchmod(stream.fileno(), mode)
        return stream


def lock(root: Path, path: str) -> IO[bytes]:
    """Open a file below `root` that processes lock against each other; it is made where it is not
    there. Raises as `opened`.
    """
    parent, name = _split(path)
    with directory(root, parent) as handle:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return _regular(_open(name, flags, handle, root / path, 0o644), root / path)


def link(source: Path, root: Path, path: str) -> None:
    """Make a file below `root` the same as `source`: a hard link, or a copy on another file system.
    Raises as `create`.
    """
    parent, name = _split(path)
    with directory(root, parent, make=True) as handle:
        try:
            os.link(source, name, dst_dir_fd=handle, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError:
            new = os.fdopen(_open(name, _CREATE, handle, root / path, 0o644), "wb")
            with source.open("rb") as old, new:
                shutil.copyfileobj(old, new)


def remove(root: Path, path: str) -> int:
    """Remove a file, a link or a directory with all that is in it; return the bytes that were in it
    and in nothing else. Nothing is done where it is not there. Raises as `directory`.
    """
    parent, name = _split(path)
    try:
        with directory(root, parent) as handle:
            return remove_at(handle, name)
    except FileNotFoundError:
        return 0


def remove_at(handle: int, name: str) -> int:
    """Do the same in a directory that is open."""
    try:
        about = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if not stat.S_ISDIR(about.st_mode):
        os.unlink(name, dir_fd=handle)
        return _own(about)
    freed = _own(about)
    for _, folders, names, inner in os.fwalk(name, dir_fd=handle, follow_symlinks=False):
        for entry in (*folders, *names):
            with contextlib.suppress(FileNotFoundError):
                freed += _own(os.stat(entry, dir_fd=inner, follow_symlinks=False))
    shutil.rmtree(name, dir_fd=handle)
    return freed


def names(handle: int) -> list[str]:
    """Return what is in a directory that is open, sorted."""
    return sorted(os.listdir(handle))


def files(root: Path, path: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield all that is below a directory but directories, sorted: the path in it, and what `lstat`
    says. No link is followed; nothing is there where there is no directory.

    Raises:
        LinkError: a step to the directory is a link.

    """
    try:
        with directory(root, path) as handle:
            there = sorted(_files(handle))
    except FileNotFoundError:
        return
    yield from there


def _files(handle: int) -> Iterator[tuple[str, os.stat_result]]:
    for folder, folders, names, inner in os.fwalk(".", dir_fd=handle, follow_symlinks=False):
        for name in (*folders, *names):
            about = os.stat(name, dir_fd=inner, follow_symlinks=False)
            if not stat.S_ISDIR(about.st_mode):
                yield f"{folder}/{name}"[2:], about


def kind(about: os.stat_result) -> str:
    """Return what is not a regular file, in words; empty for a regular file."""
    return _KINDS.get(stat.S_IFMT(about.st_mode), "")


def _split(path: str) -> tuple[str, str]:
    *parents, name = steps(path)
    return "/".join(parents), name


def _make(step: str, handle: int, *, settled: bool) -> bool:
    """Make a directory if it is not there; return whether it is new."""
    try:
        os.mkdir(step, dir_fd=handle)
    except FileExistsError:
        return False
    if settled:
        os.fsync(handle)
    return True


def _enter(step: str, handle: int, shown: Path) -> int:
    try:
        return os.open(step, _DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR} and _is_link(step, handle):
            raise _link(shown) from None
        raise OSError(error.errno, error.strerror, str(shown)) from None


def _open(name: str, flags: int, handle: int, shown: Path, mode: int = 0) -> int:
    try:
        return os.open(name, flags, mode, dir_fd=handle)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _link(shown) from None
        raise OSError(error.errno, error.strerror, str(shown)) from None


def _is_link(step: str, handle: int) -> bool:
    return stat.S_ISLNK(os.stat(step, dir_fd=handle, follow_symlinks=False).st_mode)


def _lstat(handle: int, name: str, shown: Path) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(shown)) from None


def _link(shown: Path) -> LinkError:
    return LinkError(errno.ELOOP, "is a link, and no link is followed here", str(shown))


def _refuse(about: os.stat_result, shown: Path) -> None:
    if what := kind(about):
        raise KindError(errno.EINVAL, f"is {what}, not a file", str(shown))


def _regular(handle: int, shown: Path) -> IO[bytes]:
    """Make a stream of a descriptor, which may have become something else since it was looked
    at.
    """
    try:
        _refuse(os.fstat(handle), shown)
    except KindError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _limited(stream: IO[bytes], shown: Path, most: int) -> bytes:
    data = stream.read(most + 1)
    if len(data) > most:
        size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most} bytes"
        raise OSError(errno.EFBIG, f"has more than {size}", str(shown))
    return data


def _own(about: os.stat_result) -> int:
    return about.st_size if about.st_nlink == 1 and not stat.S_ISDIR(about.st_mode) else 0
