"""Trees of files that a package server of Julia sends as archives: verified by git's hash of the
tree, and kept as an archive of its own form, which is the same however a server packs it.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from builder.errors import IntegrityError
from builder.lock.gittree import FILE, LINK, PROGRAM, Leaf, blob, tree
from builder.oci.model import DIRECTORY, SYMLINK, Entry
from builder.oci.model import FILE as REGULAR
from builder.oci.tar import Member, Writer, members
from builder.tools.members import MOST, check_tar, exhaust

PIECE = 1 << 20
GZIP = b"\x1f\x8b"
MTIME = 1
"""Of everything in an archive of our own. Julia takes this second for no time at all: what it
compiled for a user stays valid, whenever the files were unpacked."""
OTHER = (
    "the package server or a proxy changes files: compare, or set CATALOG_MIRROR_JULIA to another"
)
BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive whose members were looked at."""

    file: IO[bytes]
    """The bare tar."""
    members: dict[str, Member]

    @classmethod
    def of(cls, file: IO[bytes], what: str) -> Unpacked:
        """Return an archive of our own form. Raises as `unpacked`."""
        try:
            file.seek(0)
            return cls(file, _members(file, what))
        except BROKEN as error:
            message = f"{what} is not an archive that can be read: {error}"
            raise IntegrityError(message) from None

    def data(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        at, left = member.offset, member.entry.size
        while left > 0:
            piece = os.pread(self.file.fileno(), min(PIECE, left), at)
            if not piece:
                raise IntegrityError(f"the archive ends within {member.path}")
            yield piece
            at, left = at + len(piece), left - len(piece)

    @property
    def directories(self) -> set[str]:
        """The paths of directories that it holds, empty ones too."""
        return {path for path, one in self.members.items() if one.entry.type == DIRECTORY}

    def hashes(self) -> tuple[str, str]:
        """Return git's hash of the tree: without empty directories, as git has it, and with them,
        as Julia's Tar counts them.

        Raises:
            IntegrityError: a path is below a file or a link.

        """
        leaves = {
            path: self._leaf(member)
            for path, member in self.members.items()
            if member.entry.type != DIRECTORY
        }
        try:
            return tree(leaves), tree(leaves, self.directories)
        except ValueError as error:
            raise IntegrityError(f"this is no tree of files: {error}") from None

    def packed(self, *, empty: bool) -> Iterator[bytes]:
        """Yield the archive in its own form: sorted, with two modes, one time and one owner; with
        its `empty` directories, or without.
        """
        kept = _Kept()
        writer = Writer(kept, "none")  # type: ignore[arg-type]  # it only writes to it
        needed = self.directories if empty else set()
        for path in self.members.keys() - self.directories:
            needed.update(parent.as_posix() for parent in PurePosixPath(path).parents)
        for path in sorted((needed - {"."}) | (self.members.keys() - self.directories)):
            member = self.members.get(path)
            if path in needed or member is None:
                writer.add(path, Entry(DIRECTORY, 0o755, 0, 0, MTIME))
            else:
                is_file = member.entry.type == REGULAR
                writer.add(path, _plain(member.entry), self.data(member) if is_file else None)
            yield from kept.taken()
        writer.close()
        yield from kept.taken()

    def _leaf(self, member: Member) -> Leaf:
        entry = member.entry
        if entry.type == SYMLINK:
            target = entry.link.encode("utf-8", "surrogateescape")
            return Leaf(LINK, blob([target], len(target)))
        mode = PROGRAM if entry.mode & 0o100 else FILE
        return Leaf(mode, blob(self.data(member), entry.size))


class _Kept:
    """What was written and not yet taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(data)
        return len(data)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


def rewritten(pieces: Iterable[bytes], wanted: str, what: str) -> Iterator[bytes]:
    """Yield an archive in its own form, once git's hash of its tree is the `wanted` one; `what`
    names it in errors.

    Raises:
        IntegrityError: it is not an archive, has another hash, or would write elsewhere.

    """
    with tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as bare:
        for piece in pieces:
            packed.write(piece)
        there = unpacked(packed, bare, what)
        found = there.hashes()
        if wanted not in found:
            message = f"{what} is another tree of files: its git hash is {found[0]}, not {wanted}"
            raise IntegrityError(message, hint=OTHER)
        yield from there.packed(empty=wanted != found[0])


def unpacked(packed: IO[bytes], bare: IO[bytes], what: str) -> Unpacked:
    """Return an archive, packed or not, after a look at each member; `bare` is an empty file for
    the bare tar.

    Raises:
        IntegrityError: it cannot be read, or a member leads out of it, is no file, directory or
        symbolic link, or is there twice.

    """
    try:
        _bare(packed, bare, what)
        bare.seek(0)
        with tarfile.open(fileobj=bare, mode="r:", errorlevel=2) as archive:
            exhaust(check_tar(archive, what))
        bare.seek(0)
        return Unpacked(bare, _members(bare, what))
    except BROKEN as error:
        raise IntegrityError(f"{what} is not an archive that can be read: {error}") from None


@contextmanager
def opened(path: Path, what: str) -> Iterator[Unpacked]:
    """Open an archive of our own form. Raises as `unpacked`."""
    with path.open("rb") as file:
        yield Unpacked.of(file, what)


def _members(file: IO[bytes], what: str) -> dict[str, Member]:
    found: dict[str, Member] = {}
    for member in members(file, what):
        if member.entry.type not in {REGULAR, DIRECTORY, SYMLINK}:
            message = f"{what} holds {member.path!r}, which is no file, directory or symbolic link"
            raise IntegrityError(message)
        if member.path in found and member.entry.type != DIRECTORY:
            raise IntegrityError(f"{what} holds {member.path!r} twice")
        found[member.path] = member
    return found


def _bare(packed: IO[bytes], bare: IO[bytes], what: str) -> None:
    """Write the tar that is in a file, packed with gzip or not at all."""
    packed.seek(0)
    is_packed = packed.read(len(GZIP)) == GZIP
    packed.seek(0)
    source: IO[bytes] = gzip.GzipFile(fileobj=packed) if is_packed else packed  # type: ignore[assignment]  # it reads
    count = 0
    while piece := source.read(PIECE):
        count += len(piece)
        if count > MOST:
            raise IntegrityError(f"{what} unpacks to more than {MOST >> 30} GiB")
        bare.write(piece)
    bare.flush()


def _plain(entry: Entry) -> Entry:
    if entry.type == SYMLINK:
        return Entry(SYMLINK, 0o777, 0, 0, MTIME, 0, "", entry.link)
    mode = 0o755 if entry.mode & 0o100 else 0o644
    return Entry(REGULAR, mode, 0, 0, MTIME, entry.size)
