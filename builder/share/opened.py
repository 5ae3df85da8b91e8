"""A bundle that is read. It may come from anywhere: no path is made of its names, each blob is
checked by digest and size, and what no bundle has is refused by name.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder import confined
from builder.cells import records
from builder.documents import MOST, DocumentError, from_json
from builder.errors import IntegrityError
from builder.oci.blob import blobs_of, disk
from builder.oci.layout import INDEX, LAYOUT, VERSION
from builder.oci.model import Descriptor
from builder.oci.refs import refs_from
from builder.share import contents as documents
from builder.share.contents import BUNDLE, CHART, Contents

NAME = re.compile(r"blobs/(?P<algorithm>sha256/[0-9a-f]{64}|sha512/[0-9a-f]{128})")
MOST_MEMBERS = 500_000
LARGEST_CHART = 20 << 20
CHUNK, SHOWN = 1 << 20, 200
END = bytes(tarfile.BLOCKSIZE)
ODD = "`catalog bundle` makes no such file: do not use it"
AGAIN = "copy it again, or have it made again"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where a member's bytes are in the file."""

    offset: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A bundle, and what it says of itself. Safe for several threads."""

    name: str
    """What errors call it."""
    handle: int
    places: Mapping[str, _Place]
    """`<algorithm>/<hex>` -> where it is."""
    refs: Mapping[str, Descriptor] = field(default_factory=dict)

    def offers(self, key: str) -> Sequence[Descriptor]:
        """Return the builds of a key: one at most."""
        build = self.refs.get(records.ref(key))
        return () if build is None else (build,)

    def manifest(self, build: Descriptor) -> bytes:
        """Return the manifest of a build. Raises IntegrityError where it is another."""
        return self.read(build, MOST)

    def pour(self, blob: Descriptor, file: Path) -> None:
        """Write a blob to a file. Raises IntegrityError where it is another."""
        with file.open("wb") as stream:
            for piece in self.pieces(blob.digest, blob.size):
                stream.write(piece)

    def read(self, blob: Descriptor, most: int) -> bytes:
        """Return the bytes of a blob, which are at most so many.

        Raises:
            IntegrityError: it is not there, larger, or not what its digest says.

        """
        if blob.size > most:
            message = f"{self.name}: blob {blob.digest} has more than {most >> 20} MiB"
            raise IntegrityError(message, hint=AGAIN)
        return b"".join(self.pieces(blob.digest, blob.size))

    def pieces(self, digest: str, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a blob; that it is another is told at its end.

        Raises:
            IntegrityError: it is not there, of another size, or not what its digest says.

        """
        place = self.places.get(digest.replace(":", "/"))
        if place is None:
            raise IntegrityError(f"{self.name} lacks the blob {digest}", hint=AGAIN)
        if size is not None and place.size != size:
            message = f"{self.name}: blob {digest} has {place.size} bytes instead of {size}"
            raise IntegrityError(message, hint=AGAIN)
        algorithm, _, value = digest.partition(":")
        hashed, done = hashlib.new(algorithm), 0
        while piece := os.pread(self.handle, min(CHUNK, place.size - done), place.offset + done):
            hashed.update(piece)
            done += len(piece)
            yield piece
        if hashed.hexdigest() != value:
            message = f"{self.name}: blob {digest} is damaged: its bytes have another hash"
            raise IntegrityError(message, hint=AGAIN)

    def contents(self) -> Contents:
        """Return what the bundle says of itself.

        Raises:
            IntegrityError: it says nothing that can be read.

        """
        config, *_ = self._parts()
        return documents.read(self.read(config, MOST), self.name)

    def charts(self) -> Iterator[bytes]:
        """Yield the archives of charts. Raises IntegrityError where one is another."""
        for layer in self._parts()[1:]:
            if layer.media_type == CHART:
                yield self.read(layer, LARGEST_CHART)

    def _parts(self) -> list[Descriptor]:
        manifest = self.refs.get(BUNDLE)
        parts = []
        if manifest is not None:
            with _telling(self.name):
                parts = blobs_of(from_json(self.read(manifest, MOST)))
        if not parts or parts[0].media_type != documents.TYPE:
            raise IntegrityError(f"{self.name} is not a bundle: it does not say what is in it")
        return parts


@contextmanager
def opened(file: Path) -> Iterator[Opened]:
    """Open a bundle.

    Raises:
        BuilderError: there is no such file, or it cannot be read.
        IntegrityError: it is not a bundle, is cut off, or holds what no bundle has.

    """
    with disk(file):
        stream = confined.plain(file)
    with stream:
        places = dict(_members(file, stream.fileno()))
        bare = Opened(name=file.name, handle=stream.fileno(), places=places)
        yield Opened(name=bare.name, handle=bare.handle, places=places, refs=_refs(bare, places))


def _members(file: Path, handle: int) -> Iterator[tuple[str, _Place]]:
    """Yield where the blobs, the index and the word on the layout are. Only plain headers are read:
    a bundle has no others, and those of others may be as large as the file.
    """
    end, offset, seen = os.fstat(handle).st_size, 0, set[str]()
    while (header := os.pread(handle, tarfile.BLOCKSIZE, offset)) != END:
        try:
            member = tarfile.TarInfo.frombuf(header, "ascii", "strict")
        except (tarfile.TarError, ValueError) as error:
            message = f"{file.name} is not a bundle, or is cut off: {error} at byte {offset:,}"
            raise IntegrityError(message, hint=AGAIN) from None
        offset += tarfile.BLOCKSIZE
        if why := _odd(member, seen, end - offset):
            message = f"{file.name} holds {member.name[:SHOWN]!r}, {why}"
            raise IntegrityError(message, hint=ODD)
        seen.add(member.name)
        yield member.name.removeprefix("blobs/"), _Place(offset=offset, size=member.size)
        offset += -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE


def _odd(member: tarfile.TarInfo, seen: set[str], left: int) -> str:
    """Return why a member is not of a bundle; empty where it is."""
    if member.name not in {LAYOUT, INDEX} and not NAME.fullmatch(member.name):
        return "which no bundle has"
    if member.type != tarfile.REGTYPE:
        return "which is not a plain file"
    if member.name in seen:
        return "twice"
    if len(seen) >= MOST_MEMBERS:
        return "beside too many others"
    if not 0 <= member.size <= left:
        return "whose end is cut off"
    return ""


def _refs(bare: Opened, places: Mapping[str, _Place]) -> dict[str, Descriptor]:
    layout, index = (_text(bare, places, name) for name in (LAYOUT, INDEX))
    with _telling(bare.name):
        about = from_json(layout)
        version = about.get("imageLayoutVersion") if isinstance(about, dict) else None
        if version != VERSION:
            message = f"it is a layout of version {str(version)[:SHOWN]!r}, not {VERSION}"
            raise IntegrityError(message)
        return refs_from(index)


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """Say of which bundle something is that cannot be read."""
    try:
        yield
    except (DocumentError, IntegrityError) as error:
        said = error.message if isinstance(error, IntegrityError) else f"a document {error}"
        why = said if said.startswith(name) else f"{name} is not a bundle that can be read: {said}"
        raise IntegrityError(why, hint=AGAIN) from None


def _text(bare: Opened, places: Mapping[str, _Place], name: str) -> bytes:
    place = places.get(name)
    if place is None or place.size > MOST:
        message = f"{bare.name} is not a bundle: it has no {name} that can be read"
        raise IntegrityError(message, hint=AGAIN)
    return os.pread(bare.handle, place.size, place.offset)
