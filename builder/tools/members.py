"""Unpacking archives of others: each member is looked at before a byte is written, and refused by
name if it would lie outside, through a link, or be no file.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from builder import confined
from builder.errors import IntegrityError

MOST = 8 << 30
"""Bytes that an archive may unpack to."""
MOST_MEMBERS = 500_000
PIECE = 1 << 20
BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    tarfile.TarError,
    zlib.error,
    EOFError,
)
"""What reading an archive raises that is damaged, locked, or packed in another way."""
_M = TypeVar("_M", zipfile.ZipInfo, tarfile.TarInfo)


def check_zip(archive: zipfile.ZipFile, source: str) -> list[zipfile.ZipInfo]:
    """Return the files of a zip archive: a wheel, a module, a jar.

    Raises:
        IntegrityError: a member leads out of it, is a link or a device, or there are too many or
        too large ones.

    """
    files = []
    size = 0
    for member in _few(archive.infolist(), source):
        _check_name(member.filename, source)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _refused(member.filename, source, "is a link or a device, not a file")
        size += member.file_size
        if size > MOST:
            raise IntegrityError(f"{source} unpacks to more than {MOST >> 30} GiB")
        if not member.is_dir():
            files.append(member)
    return files


def check_tar(
    archive: tarfile.TarFile,
    source: str,
    *,
    absolute_links: bool = False,
    links: bool = True,
    most: int = MOST,
) -> Iterator[tarfile.TarInfo]:
    """Yield the files of a tar archive: an npm package, a package of R or Julia. In one that
    becomes a root directory, links may be absolute; without `links` there may be none. It unpacks
    to at most `most` bytes.

    Raises:
        IntegrityError: see `check_zip`; a link that stays inside is none of these.

    """
    size = 0
    for member in _few(archive, source):
        if _plain(member.name):
            _check_name(member.name, source)
        is_link = member.issym() or member.islnk()
        if is_link and not links:
            raise _refused(member.name, source, "is a link, not a file")
        if is_link:
            _check_link(member, source, absolute=absolute_links)
        elif not member.isreg() and not member.isdir():
            raise _refused(member.name, source, "is a device or a pipe, not a file")
        size += member.size
        if size > most:
            raise IntegrityError(f"{source} unpacks to more than {most >> 20:,} MiB")
        if member.isreg():
            yield member


def check_file(path: Path, name: str) -> None:
    """Look at the members of a file that a build will unpack: `name` is the file's own, which says
    what it is. Archives of other kinds are not looked at.

    Raises:
        IntegrityError: see `check_zip`; or it cannot be read.

    """
    try:
        if name.endswith((".whl", ".jar", ".zip")):
            _check_zip_file(path, name)
        elif name.endswith((".tgz", ".tar.gz")):
            _check_tar_file(path, name)
    except BROKEN as error:
        raise IntegrityError(f"{name} is not an archive that can be read: {error}") from None


def _check_zip_file(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        check_zip(archive, name)


def _check_tar_file(path: Path, name: str) -> None:
    with tarfile.open(path, "r|*") as archive:
        exhaust(check_tar(archive, name))


def exhaust(members: Iterable[object]) -> None:
    """Look at all members."""
    for _ in members:
        pass


def unzip(
    archive: zipfile.ZipFile, source: str, target: Path, rename: Callable[[str], str | None]
) -> None:
    """Unpack the files of a zip archive below a directory; `rename` gives each its path there, None
    where it is left out.

    Raises:
        IntegrityError: see `check_zip`.

    """
    for member in check_zip(archive, source):
        path = rename(member.filename)
        if path is None:
            continue
        with archive.open(member) as stream, confined.create(target, path) as copy:
            # zipfile itself reads no more than what the member says, and checks its sum.
            shutil.copyfileobj(stream, copy, PIECE)


def _few(members: Iterable[_M], source: str) -> Iterator[_M]:
    for number, member in enumerate(members):
        if number >= MOST_MEMBERS:
            raise IntegrityError(f"{source} holds more than {MOST_MEMBERS:,} files")
        yield member


def _check_name(name: str, source: str) -> None:
    if "\\" in name:
        raise _refused(name, source, "has a backslash in its name")
    try:
        confined.steps(_plain(name))
    except IntegrityError:
        raise _refused(name, source, "leads out of it") from None


def _plain(name: str) -> str:
    """Return a member's name without the steps that lead nowhere: npm packages have names such as
    `package/./dist/index.js`.
    """
    return "/".join(step for step in name.removesuffix("/").split("/") if step != ".")


def _check_link(member: tarfile.TarInfo, source: str, *, absolute: bool) -> None:
    """Refuse a link that leads out of the archive."""
    target = member.linkname
    if absolute and member.issym() and target.startswith("/"):
        return
    # A symbolic link is relative to where it lies, a hard link to the top.
    here = _plain(member.name).split("/")[:-1] if member.issym() else []
    depth = len(here)
    for step in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        if depth < 0 or target.startswith("/"):
            raise _refused(member.name, source, f"is a link to {target}, which leads out of it")


def _refused(name: str, source: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{source} holds {name[:200]!r}, which {why}",
        hint="whoever made it wants to write elsewhere: do not use it",
    )
