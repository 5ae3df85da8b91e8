"""Cells, artifacts and charts in one file: a tar of an OCI image layout (image-layout.md, 1.0.0),
the same bytes for the same contents.

    oci-layout, index.json
    blobs/sha256/…          manifests, facts and layers of cells; charts; artifacts
    blobs/sha512/…          artifacts whose registries have this hash

The index names the bundle's own manifest (its document, and charts), one with the artifacts, and
those of cells, as a store's own index does.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from builder import confined, settle
from builder.cells import records
from builder.digest import sha256
from builder.errors import BuilderError, IntegrityError, listed
from builder.events import Monitor, Progress
from builder.fetch.transfer import place
from builder.lock.model import Artifact
from builder.oci.blob import blobs_of, descriptor_json, disk
from builder.oci.layout import INDEX, LAYOUT, VERSION
from builder.oci.model import INDEX as INDEX_TYPE
from builder.oci.model import MANIFEST, REF_NAME, Descriptor
from builder.oci.store import Store
from builder.share import contents as documents
from builder.share.contents import ARTIFACTS, BUNDLE, CHART, Contents
from builder.tools.referrers import EMPTY, EMPTY_TYPE

ARTIFACTS_TYPE = "application/vnd.catalog.artifacts.v1"
FILE_TYPE = "application/octet-stream"
CHUNK, SHOWN = 1 << 20, 3
Open = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Blob:
    """Bytes that go into a bundle."""

    size: int
    open: Open


@dataclass(kw_only=True)
class Bundle:
    """What is to be written, gathered."""

    blobs: dict[str, Blob] = field(default_factory=dict)
    """Digest -> bytes."""
    index: dict[str, Descriptor] = field(default_factory=dict)
    """Ref -> manifest."""

    @property
    def size(self) -> int:
        """Bytes of all blobs."""
        return sum(blob.size for blob in self.blobs.values())

    def add(self, data: bytes, media_type: str) -> Descriptor:
        """Add some bytes."""
        digest = f"sha256:{sha256(data)}"
        self.blobs[digest] = Blob(size=len(data), open=lambda: io.BytesIO(data))
        return Descriptor(media_type, digest, len(data))

    def refer(self, ref: str, kind: str, config: Descriptor, layers: Sequence[Descriptor]) -> None:
        """Add a manifest, and name it in the index."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": descriptor_json(config),
            "layers": [descriptor_json(layer) for layer in layers],
        }
        self.index[ref] = self.add(json.dumps(manifest).encode(), MANIFEST)


def gather(
    store: Store,
    contents: Contents,
    cells: Mapping[str, Descriptor],
    *,
    charts: Sequence[bytes],
    artifacts: Sequence[Artifact],
    cache: Path,
) -> Bundle:
    """Return a bundle of these cells (key -> manifest, as `offer.offer` has it), archives of charts
    and artifacts.

    Raises:
        BuilderError: an artifact is not in the cache.
        IntegrityError: a manifest of the store is damaged.

    """
    made = Bundle()
    for key, manifest in cells.items():
        for blob in (manifest, *blobs_of(store.read_json(manifest))):
            made.blobs[blob.digest] = Blob(size=blob.size, open=_stored(store, blob))
        made.index[records.ref(key)] = manifest
    document = made.add(documents.write(contents), documents.TYPE)
    layers = [made.add(data, CHART) for data in charts]
    made.refer(BUNDLE, documents.TYPE, document, layers)
    files = _cached(made, artifacts, cache)
    made.refer(ARTIFACTS, ARTIFACTS_TYPE, made.add(EMPTY, EMPTY_TYPE), files)
    return made


def write(made: Bundle, file: Path, monitor: Monitor) -> None:
    """Write a bundle beside its place, and then into it.

    Raises:
        BuilderError: the disk is full, or the file cannot be written; nothing of it is left.
        IntegrityError: a blob is damaged; nothing is left of the file.

    """
    with (
        disk(file),
        confined.directory(file.parent) as handle,
        settle.beside(handle, file.name) as (stream, new),
    ):
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            layout = json.dumps({"imageLayoutVersion": VERSION}).encode()
            for name, data in ((LAYOUT, layout), (INDEX, _index(made))):
                archive.addfile(_member(name, len(data)), io.BytesIO(data))
            archive.copybufsize = CHUNK  # type: ignore[attr-defined]  # typeshed lacks it
            done = 0
            for digest in sorted(made.blobs):
                _add(archive, digest, made.blobs[digest])
                done += made.blobs[digest].size
                monitor(Progress(BUNDLE, done, made.size))
        os.fchmod(stream.fileno(), 0o644)
        settle.sync(stream)
        os.rename(new, file.name, src_dir_fd=handle, dst_dir_fd=handle)
        os.fsync(handle)


def _cached(made: Bundle, artifacts: Sequence[Artifact], cache: Path) -> list[Descriptor]:
    """Add artifacts of the cache, each once."""
    found: dict[str, Descriptor] = {}
    missing = []
    for artifact in artifacts:
        path = place(artifact, cache)
        try:
            size = path.lstat().st_size
        except FileNotFoundError:
            missing.append(f"{artifact.name} {artifact.version}")
            continue
        made.blobs[artifact.digest] = Blob(size=size, open=_kept(path))
        found[artifact.digest] = Descriptor(FILE_TYPE, artifact.digest, size)
    if missing:
        message = f"not in the cache: {listed(missing, SHOWN)}"
        raise BuilderError(message, hint="run `catalog fetch`, or pass --no-artifacts")
    return [found[digest] for digest in sorted(found)]


def _index(made: Bundle) -> bytes:
    items = []
    for ref, manifest in sorted(made.index.items()):
        named = replace(manifest, annotations={**manifest.annotations, REF_NAME: ref})
        items.append(descriptor_json(named))
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": items}
    return json.dumps(document, separators=(",", ":")).encode()


def _add(archive: tarfile.TarFile, digest: str, blob: Blob) -> None:
    algorithm, _, value = digest.partition(":")
    with blob.open() as stream:
        read = _Hashing(stream, hashlib.new(algorithm))
        try:
            archive.addfile(_member(f"blobs/{algorithm}/{value}", blob.size), read)
        except OSError as error:
            # What tarfile says of a file that is too short has no errno.
            if error.errno is not None:
                raise
        if read.hash.hexdigest() != value or stream.read(1):
            message = f"blob {digest} is damaged"
            hint = "run `catalog fetch` and `catalog verify --store --repair`"
            raise IntegrityError(message, hint=hint)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o644, 0
    return member


class _Hashing(io.RawIOBase):
    """Reads a stream, and knows the hash of what it read."""

    def __init__(self, stream: IO[bytes], hashed: hashlib._Hash) -> None:
        self._stream, self.hash = stream, hashed

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.hash.update(data)
        return data


def _stored(store: Store, blob: Descriptor) -> Open:
    return lambda: store.open_blob(blob)


def _kept(path: Path) -> Open:
    top = path.parents[2]

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with confined.opened(top, path.relative_to(top).as_posix()) as stream:
            yield stream

    return opened
