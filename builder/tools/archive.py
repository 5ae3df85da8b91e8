"""Reading what packages are packed in, without unpacking them to disk: .deb, .tgz.

A package is a document from outside: what it says of its sizes is not believed, and no path is made
of its words.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, cast

import zstandard

from builder.errors import IntegrityError
from builder.tools.members import check_tar, exhaust

AR = b"!<arch>\n"
HEADER = 60
MOST_TEXT = 64 << 20
SCRIPTS = ("preinst", "postinst")
SYSUSERS = "usr/lib/sysusers.d/"
MOST = 8 << 20
"""Bytes of one file in an archive that are read. Debian's longest control files have a tenth."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """What a Debian package has to say of the accounts that it makes."""

    shell: tuple[str, ...] = ()
    """Its scripts that run when it is installed."""
    sysusers: Mapping[str, str] = field(default_factory=dict)
    """Its files in usr/lib/sysusers.d, by name."""


def control(path: Path) -> str:
    """Return the control file of a Debian package, as dpkg-deb prints it.

    Raises:
        IntegrityError: the file is not a Debian package.

    """
    found = _files(path, "control.tar", lambda name: name == "control")
    if "control" not in found:
        raise IntegrityError(f"{path} is not a Debian package: it holds no control file")
    return found["control"]


def scripts(path: Path) -> Scripts:
    """Return the scripts of a Debian package, and its files for systemd-sysusers.

    Raises:
        IntegrityError: the file is not a Debian package.

    """
    wanted = {*SCRIPTS, "md5sums"}
    found = _files(path, "control.tar", wanted.__contains__)
    shell = tuple(found[name] for name in SCRIPTS if name in found)
    # The list of files is short, and the files themselves may be gigabytes: they are read only
    # where the list names one that counts. The few packages without a list are read.
    sysusers = {}
    if "md5sums" not in found or SYSUSERS in found["md5sums"]:
        sysusers = _files(path, "data.tar", _is_sysusers)
    return Scripts(shell, {name.removeprefix(SYSUSERS): text for name, text in sysusers.items()})


def content(path: Path, pattern: str) -> Iterator[bytes]:
    """Yield the regular files of a Debian package whose base names match a glob.

    Raises:
        IntegrityError: the file is not a Debian package.

    """
    with _part(path, "data.tar") as archive:
        for member in archive:
            if member.isfile() and fnmatchcase(member.name.rpartition("/")[2], pattern):
                yield (archive.extractfile(member) or io.BytesIO()).read(MOST)


def files(path: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return the text files of a Debian package whose paths are wanted, by path.

    Raises:
        IntegrityError: the file is not a Debian package.

    """
    return _files(path, "data.tar", wanted)


def check(path: Path) -> None:
    """Look at all that a Debian package would unpack.

    Raises:
        IntegrityError: it is none; or a member leads out of it, or is a device.

    """
    try:
        for part in ("control.tar", "data.tar"):
            with _part(path, part) as archive:
                exhaust(check_tar(archive, path.name, absolute_links=True))
    except (tarfile.TarError, zstandard.ZstdError, EOFError, ValueError, OSError) as error:
        raise IntegrityError(f"{path} is not a Debian package: {error}") from error


def texts(path: Path, names: frozenset[str]) -> dict[str, str]:
    """Return the text files with these base names in a compressed tar archive, by path.

    Raises:
        IntegrityError: it is none, or a member leads out of it.

    """
    found = {}
    try:
        with tarfile.open(path, "r|*") as archive:
            wanted = (
                member
                for member in check_tar(archive, str(path))
                if member.name.rpartition("/")[2] in names
            )
            for member in wanted:
                stream = archive.extractfile(member) or io.BytesIO()
                found[member.name] = stream.read(MOST_TEXT).decode(errors="replace")
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise IntegrityError(f"{path} is not an archive that can be read: {error}") from None
    return found


def _is_sysusers(name: str) -> bool:
    base = name.removeprefix(SYSUSERS)
    return base != name and "/" not in base and base.endswith(".conf")


def _files(path: Path, part: str, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return the text files of one part of a Debian package whose names are wanted."""
    try:
        with _part(path, part) as archive:
            return dict(_texts(archive, wanted))
    except (tarfile.TarError, zstandard.ZstdError, EOFError, ValueError) as error:
        raise IntegrityError(f"{path} is not a Debian package: {error}") from error


def _texts(archive: tarfile.TarFile, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for member in archive:
        name = member.name.removeprefix("./")
        if member.isfile() and wanted(name):
            stream = archive.extractfile(member) or io.BytesIO()
            yield name, stream.read(MOST).decode(errors="replace")


@contextmanager
def _part(path: Path, part: str) -> Iterator[tarfile.TarFile]:
    """Open `control.tar` or `data.tar` of a Debian package, however it is compressed."""
    with path.open("rb") as file:
        if file.read(len(AR)) != AR:
            raise IntegrityError(f"{path} is not a Debian package: it is not an ar archive")
        name, size = _member(file, path, part)
        member = cast("IO[bytes]", _Range(file, size))
        if name.endswith(".zst"):
            stream: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(member)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive
        else:
            with tarfile.open(fileobj=member, mode="r|*") as archive:
                yield archive


def _member(file: IO[bytes], path: Path, part: str) -> tuple[str, int]:
    """Go to a member of an ar archive; return its name and size."""
    while len(header := file.read(HEADER)) == HEADER:
        name, size = header[:16].decode(errors="replace").strip().rstrip("/"), int(header[48:58])
        if name.startswith(part):
            return name, size
        file.seek(size + size % 2, io.SEEK_CUR)
    raise IntegrityError(f"{path} is not a Debian package: it holds no {part}")


class _Range:
    """The next bytes of a file, and no more."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data
