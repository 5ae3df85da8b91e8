"""What a cell has for the loader and for graphics processors, recorded beside its facts: programs
and shared objects, and what frameworks say of CUDA.

    loadable = known(store, summary)

It is a function of the cell's layers alone, so it is read from these where it is not recorded, as
in a store of a former version of this program: nothing is built for it, and no key, layer or image
changes. It is recorded under the cell's key, with the layers that it was read from.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

import zstandard

from builder import documents
from builder.cells import checked
from builder.debian import frameworks, objects
from builder.debian.frameworks import Built, Distribution
from builder.debian.model import Summary
from builder.debian.objects import Object
from builder.errors import BuilderError, IntegrityError
from builder.oci import tar
from builder.oci.blob import descriptor_from, descriptor_json
from builder.oci.model import MANIFEST, Descriptor
from builder.oci.store import Store

PREFIX = "loadable/"
LOADABLE = "application/vnd.catalog.cell.loadable.v1+json+zstd"
FORMAT = 1
"""To be raised when more is read from layers: what was recorded before is read again."""
MOST = 1 << 28
"""Bytes of what is recorded of a cell."""
IN_MEMORY = 32 << 20
"""Bytes of a file that are read into memory; a larger one is copied to the disk."""
LONGEST = 8 << 20
"""Bytes of a text that is looked at."""
READ_FOR = (".dist-info/METADATA", "/version.py", "/build_info.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loadable:
    """What is loaded at run time from a cell."""

    objects: tuple[Object, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    built: tuple[Built, ...] = ()


def ref(key: str) -> str:
    """Return the ref under which that of a cell is recorded."""
    return PREFIX + key


def known(store: Store, summary: Summary) -> Loadable:
    """Return what is recorded of a cell, or else read its layers and record it. A store that cannot
    be written is read each time.

    Raises:
        IntegrityError: a layer is missing or damaged.

    """
    recorded = recall(store, summary)
    if recorded is None:
        recorded = read(store, summary)
        with contextlib.suppress(BuilderError):
            _record(store, summary, recorded)
    return recorded


def recall(store: Store, summary: Summary) -> Loadable | None:
    """Return what is recorded of a cell; None if that is nothing, of another format, of other
    layers, or cannot be understood.
    """
    manifest = store.find(ref(summary.key))
    if manifest is None:
        return None
    try:
        return understood(store, manifest, summary)
    except IntegrityError:
        return None


def understood(store: Store, manifest: Descriptor, summary: Summary | None = None) -> Loadable:
    """Return what a manifest records, of the cell of this summary if one is given.

    Raises:
        IntegrityError: it cannot be read, or is of other layers or another format.

    """
    try:
        packed = store.read(descriptor_from(store.read_json(manifest)["config"]))
        value = documents.with_any_bytes(documents.unpacked(packed, MOST), most=MOST)
        layers = _layers(summary) if summary else value["layers"]
        if value["format"] != FORMAT or value["layers"] != layers:
            raise IntegrityError("it is of another format, or of other layers")
        return _from(value)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"what is recorded of its objects cannot be read ({error})") from error


def read(store: Store, summary: Summary) -> Loadable:
    """Read a cell's layers.

    Raises:
        IntegrityError: one is missing or damaged.

    """
    found = _Found()
    for chunk in summary.delta:
        store.verify(chunk.blob)
        for path, stream in _files(store, chunk.blob):
            found.look(path, stream)
    return Loadable(
        objects=tuple(found.objects[path] for path in sorted(found.objects)),
        distributions=tuple(found.distributions[path] for path in sorted(found.distributions)),
        built=tuple(found.built[path] for path in sorted(found.built)),
    )


@dataclass(slots=True)
class _Found:
    """What was seen in layers, by path: a later layer replaces what an earlier one has."""

    objects: dict[str, Object] = field(default_factory=dict)
    distributions: dict[str, Distribution] = field(default_factory=dict)
    built: dict[str, Built] = field(default_factory=dict)

    def look(self, path: str, stream: IO[bytes]) -> None:
        head = stream.read(len(objects.MAGIC))
        stream.seek(0)
        if head == objects.MAGIC:
            if (one := objects.read(stream, path)) is not None:
                self.objects[path] = one
            return
        text = stream.read(LONGEST).decode("utf-8", "replace")
        if (told := frameworks.distribution(path, text)) is not None:
            self.distributions[path] = told
        if (said := frameworks.built(path, text)) is not None:
            self.built[path] = said


def _files(store: Store, blob: Descriptor) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files of a layer that are looked at: objects, and some texts. Their streams can be
    moved in.
    """
    with (
        tar.decompressed(store.path(blob.digest), blob.media_type) as stream,
        _readable(blob),
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            head = file.read(len(objects.MAGIC)) if file else b""
            if file and (head == objects.MAGIC or member.name.endswith(READ_FOR)):
                yield from _whole(checked.path(member.name), head, file)


def _whole(path: str, head: bytes, rest: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield a file of a layer, which itself can be read forward alone."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
        whole.write(head)
        shutil.copyfileobj(rest, whole, tar.CHUNK)
        whole.seek(0)
        yield path, whole


@contextlib.contextmanager
def _readable(blob: Descriptor) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zstandard.ZstdError) as error:
        raise IntegrityError(f"blob {blob.digest} is no layer: {error}") from error


def _layers(summary: Summary) -> list[str]:
    return [chunk.diff_id for chunk in summary.delta]


def _record(store: Store, summary: Summary, loadable: Loadable) -> None:
    document = {"format": FORMAT, "layers": _layers(summary), **asdict(loadable)}
    packed = zstandard.ZstdCompressor(level=6).compress(_json(document))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": LOADABLE,
        "config": descriptor_json(store.put_bytes(packed, LOADABLE)),
        "layers": [],
    }
    store.tag({ref(summary.key): store.put_bytes(_json(manifest), MANIFEST)})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _from(value: Mapping[str, Any]) -> Loadable:
    return Loadable(
        objects=tuple(_object(one) for one in value["objects"]),
        distributions=tuple(
            Distribution(**{**one, "requires": _words(one["requires"])})
            for one in value["distributions"]
        ),
        built=tuple(Built(**one) for one in value["built"]),
    )


def _object(value: Mapping[str, Any]) -> Object:
    lists = {name: _words(value[name]) for name in ("needed", "search", "provides", "gpu")}
    requires = {str(name): _words(versions) for name, versions in value["requires"].items()}
    path = checked.path(value["path"])
    return Object(**{**value, **lists, "path": path, "requires": requires})


def _words(value: object) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        TypeError: it is none.

    """
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError("a list of texts is something else")
    return tuple(value)
