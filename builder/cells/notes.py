"""Notes on cells: what is a function of a cell's layers alone, and no part of its facts.

A note is kept beside the cell, under its key, with the layers that it was read from. No key, layer
or image depends on it, so it can be made again at any time, as in a store of a former version of
this program: nothing is built for it. All notes on a cell can be read in one pass over its layers.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol, TypeVar

import zstandard

from builder import documents
from builder.cells import checked
from builder.debian.model import Summary
from builder.errors import BuilderError, IntegrityError
from builder.oci import tar
from builder.oci.blob import descriptor_from, descriptor_json
from builder.oci.model import MANIFEST, Descriptor
from builder.oci.store import Store

T = TypeVar("T")
MOST = 1 << 28
"""Bytes of a note."""
IN_MEMORY = 32 << 20
"""Bytes of a file that are read into memory; a larger one is copied to the disk."""
HEAD = 16
"""Bytes of a file by which a reader decides whether it wants to see the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a note is about, and how it is written."""

    prefix: str
    """Of its ref."""
    media_type: str
    format: int
    """To be raised when more is read from layers: what was recorded before is read again."""

    def ref(self, key: str) -> str:
        """Return the ref of the note on a cell."""
        return self.prefix + key


class Reader(Protocol):
    """Whoever reads layers. A later layer replaces what an earlier one has."""

    def wants(self, path: str, member: tarfile.TarInfo, head: bytes) -> bool:
        """Tell whether it has to see a member, of which this is the head."""

    def see(self, path: str, member: tarfile.TarInfo, stream: IO[bytes]) -> None:
        """See a member. In its stream, which is empty for all but files, one can move."""


def read(store: Store, summary: Summary, readers: Sequence[Reader]) -> None:
    """Let readers see a cell's layers, in one pass.

    Raises:
        IntegrityError: a layer is missing or damaged.

    """
    for chunk in summary.delta:
        store.verify(chunk.blob)
        with (
            tar.decompressed(store.path(chunk.blob.digest), chunk.blob.media_type) as stream,
            _readable(chunk.blob),
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            for member in archive:
                _show(archive, member, readers)


def recall(store: Store, kind: Kind, summary: Summary, make: Callable[[Any], T]) -> T | None:
    """Return what `make` makes of the note on a cell; None if there is none, or it is of another
    format, of other layers, or cannot be understood.
    """
    manifest = store.find(kind.ref(summary.key))
    if manifest is None:
        return None
    try:
        return understood(store, kind, manifest, make, summary)
    except IntegrityError:
        return None


def understood(
    store: Store,
    kind: Kind,
    manifest: Descriptor,
    make: Callable[[Any], T],
    summary: Summary | None = None,
) -> T:
    """Return what `make` makes of the note that a manifest holds, on the cell of this summary if
    one is given.

    Raises:
        IntegrityError: it cannot be understood, or is of other layers or another format.

    """
    try:
        packed = store.read(descriptor_from(store.read_json(manifest)["config"]))
        value = documents.with_any_bytes(documents.unpacked(packed, MOST), most=MOST)
        layers = _layers(summary) if summary else value["layers"]
        if value["format"] != kind.format or value["layers"] != layers:
            raise IntegrityError("it is of another format, or of other layers")
        return make(value)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        what = kind.prefix.rstrip("/")
        raise IntegrityError(f"the note {what!r} on a cell cannot be read ({error})") from error


def record(store: Store, kind: Kind, summary: Summary, document: Mapping[str, Any]) -> None:
    """Keep a note on a cell. A store that cannot be written goes without."""
    with contextlib.suppress(BuilderError):
        whole = {"format": kind.format, "layers": _layers(summary), **document}
        packed = zstandard.ZstdCompressor(level=6).compress(_json(whole))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind.media_type,
            "config": descriptor_json(store.put_bytes(packed, kind.media_type)),
            "layers": [],
        }
        store.tag({kind.ref(summary.key): store.put_bytes(_json(manifest), MANIFEST)})


def words(value: object) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        TypeError: it is none.

    """
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError("a list of texts is something else")
    return tuple(value)


def _show(archive: tarfile.TarFile, member: tarfile.TarInfo, readers: Sequence[Reader]) -> None:
    """Show a member to the readers that want it. Its layer itself can be read forward alone."""
    path = member.name
    file = archive.extractfile(member) if member.isreg() else None
    head = file.read(HEAD) if file else b""
    wanting = [reader for reader in readers if reader.wants(path, member, head)]
    if not wanting:
        return
    checked.path(path)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
        whole.write(head)
        if file:
            shutil.copyfileobj(file, whole, tar.CHUNK)
        for reader in wanting:
            whole.seek(0)
            reader.see(path, member, whole)


@contextlib.contextmanager
def _readable(blob: Descriptor) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zstandard.ZstdError) as error:
        raise IntegrityError(f"blob {blob.digest} is no layer: {error}") from error


def _layers(summary: Summary) -> list[str]:
    return [chunk.diff_id for chunk in summary.delta]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
