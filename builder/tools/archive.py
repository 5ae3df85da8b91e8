"""Reading what packages are packed in, without unpacking them to disk: .deb, .tgz."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import zstandard

from builder.errors import IntegrityError

AR = b"!<arch>\n"
HEADER = 60


def control(path: Path) -> str:
    """Return the control file of a Debian package, as dpkg-deb prints it.

    Raises:
        IntegrityError: the file is no Debian package.

    """
    for name, data in _members(path):
        if name.startswith("control.tar"):
            with _opened(name, data) as archive:
                member = next(item for item in archive if item.name.removeprefix("./") == "control")
                return (archive.extractfile(member) or io.BytesIO()).read().decode()
        if name.startswith("data.tar"):
            break
    raise IntegrityError(f"{path} is no Debian package: it holds no control file")


def content(path: Path, pattern: str) -> Iterator[bytes]:
    """Yield the regular files of a Debian package whose base names match a glob.

    Raises:
        IntegrityError: the file is no Debian package.

    """
    archives = (_opened(name, data) for name, data in _members(path) if name.startswith("data.tar"))
    for archive in archives:
        with archive:
            yield from _matching(archive, pattern)


def _matching(archive: tarfile.TarFile, pattern: str) -> Iterator[bytes]:
    for member in archive:
        if member.isfile() and fnmatchcase(member.name.rpartition("/")[2], pattern):
            yield (archive.extractfile(member) or io.BytesIO()).read()


def _opened(name: str, data: bytes) -> tarfile.TarFile:
    """Open a compressed tar archive inside a Debian package."""
    if name.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return tarfile.open(fileobj=io.BytesIO(data))


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the members of an ar archive: a package's control file stands before its data."""
    with path.open("rb") as file:
        if file.read(len(AR)) != AR:
            raise IntegrityError(f"{path} is no Debian package: it is no ar archive")
        while len(header := file.read(HEADER)) == HEADER:
            name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
            yield name, file.read(size + size % 2)[:size]


def texts(path: Path, names: frozenset[str]) -> dict[str, str]:
    """Return the text files with these base names in a compressed tar archive, by path."""
    found = {}
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if member.isfile() and member.name.rpartition("/")[2] in names:
                found[member.name] = (archive.extractfile(member) or io.BytesIO()).read().decode()
    return found
