"""Facts that follow from the files of a delta alone, and whether recorded facts do: whoever gives a
cell away may have written others.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from builder.cells.linked import linked
from builder.debian import mergers, packages
from builder.debian.model import Facts, SharedLibrary
from builder.debian.scan import CONFIGURATION, Scan, scan
from builder.errors import BuilderError, IntegrityError
from builder.oci import tar
from builder.oci.model import EPOCH, WHITEOUT, Chunk, Entry

LATER = 1 << 62
"""Seconds: a time after that of any file, so that none is changed."""
SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """What is told by the files of a delta."""

    packages: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, str]
    libraries: tuple[SharedLibrary, ...]
    owners: Mapping[str, str]


def derived(scanned: Scan, entries: Mapping[str, Entry], bookkeeping: Mapping[str, str]) -> Derived:
    """Return what the files of a delta tell; `entries` are those of the scanned files that are in
    it.
    """
    return Derived(
        packages=packages.by_kind(_told(scanned, entries), bookkeeping.get(mergers.STATUS, "")),
        texts=_configuration(scanned, entries),
        libraries=_libraries(scanned, entries),
        owners=packages.owners(scanned.texts, entries),
    )


def check(known: Facts, blobs: Sequence[Path], staging: Path) -> None:
    """Check that facts are those of the layers of their delta, whose blobs these are. The layers
    are unpacked in the directory `staging` meanwhile.

    Raises:
        IntegrityError: a layer is not what the facts say, or its files tell something else.

    """
    files = [staging / f"{number}.tar" for number in range(len(known.delta))]
    try:
        for chunk, blob, file in zip(known.delta, blobs, files, strict=True):
            _unpack(chunk, blob, file)
        with ExitStack() as stack:
            streams = [stack.enter_context(file.open("rb")) for file in files]
            _compare(known, _scanned(known, streams))
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def _told(scanned: Scan, entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """Yield the packages that the delta's files describe."""
    for path, packages_of_file in sorted(scanned.packages.items()):
        if path in entries:
            yield from packages_of_file


def _configuration(scanned: Scan, entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the texts of the delta's files that the seal reads."""
    texts = {}
    for path, text in sorted(scanned.texts.items()):
        if path in entries and CONFIGURATION.fullmatch(path):
            texts[path] = text
    return texts


def _libraries(scanned: Scan, entries: Mapping[str, Entry]) -> tuple[SharedLibrary, ...]:
    kept = [library for library in scanned.libraries if library.path in entries]
    return tuple(sorted(kept, key=lambda library: library.path))


def _unpack(chunk: Chunk, blob: Path, target: Path) -> None:
    """Write a layer as an uncompressed tar, if it is the one that its chunk says."""
    hashed, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for piece in _pieces(chunk, blob):
            hashed.update(piece)
            size += len(piece)
            if size > chunk.unpacked:
                break
            file.write(piece)
    if size != chunk.unpacked or f"sha256:{hashed.hexdigest()}" != chunk.diff_id:
        message = f"the layer {chunk.blob.digest} unpacks to something else than {chunk.diff_id}"
        raise IntegrityError(message)


def _pieces(chunk: Chunk, blob: Path) -> Iterator[bytes]:
    """Yield the bytes of a layer, unpacked."""
    try:
        with tar.decompressed(blob, chunk.blob.media_type) as source:
            while piece := source.read(tar.CHUNK):
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise IntegrityError(f"the layer {chunk.blob.digest} cannot be unpacked: {error}") from None


def _scanned(known: Facts, streams: Sequence[IO[bytes]]) -> Scan:
    try:
        return scan(streams, built_since=LATER)
    except BuilderError as error:
        raise IntegrityError(f"a layer of {known.cell} is none: {error.message}") from None


def _compare(known: Facts, scanned: Scan) -> None:
    """Raise IntegrityError at the first fact that the layers do not bear out."""
    odd = [*sorted(scanned.bookkeeping), *sorted(scanned.named), *sorted(scanned.emptied)]
    if odd:
        message = f"a layer of {known.cell} holds /{odd[0]}, which no delta has"
        raise IntegrityError(message)
    entries = {path: item.entry for path, item in sorted(scanned.items.items())}
    entries = linked(scanned.items, entries)
    entries |= {path: Entry(WHITEOUT, 0, 0, 0, EPOCH) for path in scanned.removed}
    for path in sorted(entries.keys() | known.entries.keys()):
        if entries.get(path) != known.entries.get(path):
            raise _unlike(known, f"/{path}")
    if sorted(entries) != list(known.entries):
        raise _unlike(known, "the order of paths")
    told = derived(scanned, entries, known.bookkeeping)
    for name in ("packages", "texts", "libraries", "owners"):
        if getattr(told, name) != getattr(known, name):
            raise _unlike(known, name)


def _unlike(known: Facts, what: str) -> IntegrityError:
    message = f"the facts of {known.cell} do not fit its layers, as to {what[:SHOWN]}"
    return IntegrityError(message, hint="whoever wrote them wants to mislead: do not use the cell")
