"""Whether a cell that somebody offers is the one that it is said to be, and whether it is taken.

The key says what a cell is made from, and not what it came to. `catalog.digests.json` does: it is
committed beside the lock, and has for a key the digests of the layers, unpacked, and of the
bookkeeping. All other facts follow from the layers. A cell of whose key it says nothing is only as
good as the word of whoever put it there.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Protocol

from builder.cells import derived, records
from builder.debian.model import Facts
from builder.documents import MOST, DocumentError, from_json
from builder.errors import BuilderError, IntegrityError, listed
from builder.execute.project import Project
from builder.graph.model import Cell
from builder.lock import chunks
from builder.oci.blob import blobs_of, disk
from builder.oci.model import CELL, FACTS, MANIFEST, SUMMARY, Descriptor
from builder.oci.store import Store
from builder.oci.tar import MEDIA_TYPES
from builder.record import digests
from builder.record.digests import CellDigests

PARTS = 2
"""Blobs of a cell beside its layers: the summary, and the rest of the facts."""
SHORT, SHOWN = 12, 3
FULL = "free some space, for example with `catalog prune`"


class Source(Protocol):
    """Where cells are."""

    @property
    def name(self) -> str:
        """What errors call it."""

    def manifest(self, build: Descriptor) -> bytes:
        """Return the manifest of a build, verified; raises IntegrityError where it is another."""

    def pour(self, blob: Descriptor, file: Path) -> None:
        """Write a blob to a file, verified; raises IntegrityError where it is another."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What catalog.digests.json says of the cells of a project."""

    project: Project
    stated: Mapping[str, CellDigests]
    upstreams: Sequence[Mapping[str, CellDigests]] = ()
    """What those say that the project extends, the nearest first: whoever runs what their layers
    say may as well take what that came to."""
    _known: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> Recorded:
        """Read it. Raises InputError where it is damaged."""
        below = reversed(project.loaded.levels.levels[:-1])
        return cls(
            project=project,
            stated=digests.read(project.loaded.root / digests.NAME),
            upstreams=[digests.read(level.root / digests.NAME) for level in below],
        )

    def of_cell(self, name: str) -> CellDigests | None:
        """Return what is recorded of a cell for its key; None if that is nothing."""
        return self._of((self.stated, *self.upstreams), name)

    def of_upstream(self, name: str) -> CellDigests | None:
        """Return what an upstream recorded of a cell for its key; None if that is nothing."""
        return self._of(self.upstreams, name)

    def _of(self, records: Sequence[Mapping[str, CellDigests]], name: str) -> CellDigests | None:
        key = self.project.inputs[name].key
        found = (one[name] for one in records if name in one)
        return next((one for one in found if one.key == key), None)

    def vouches(self, name: str) -> bool:
        """Tell whether a cell of the store is what is recorded for its key."""
        if name not in self._known:
            one, project = self.of_cell(name), self.project
            manifest = records.find(project.store, project.inputs[name].key)
            self._known[name] = (
                one is not None
                and manifest is not None
                and digests.outcome(records.facts(project.store, manifest)) == one
            )
        return self._known[name]


def bring(
    project: Project, cell: Cell, build: Descriptor, source: Source, stated: CellDigests | None
) -> None:
    """Bring a build of a cell into the store; no ref leads to it yet. Each blob is checked by
    digest and size, each document by its types, the facts by the layers, and all by what is
    `stated` of the cell's key.

    Raises:
        IntegrityError: it is not what it is said to be.
        BuilderError: the disk is full; or the source does not answer, or refuses.

    """
    store = project.store
    staging = store.staging()
    try:
        with disk(store.root):
            layers = _documents(store, build, source, staging)
            known = records.facts(store, build)
            _check(cell, project.inputs[cell.id].key, known, layers)
            if stated is not None and digests.outcome(known) != stated:
                message = f"{cell.id} comes to other bytes than {digests.NAME} has of the same key"
                raise IntegrityError(message)
            _check_space(store, cell, known)
            for blob in layers:
                _bring(store, source, blob, staging)
            derived.check(known, [store.path(blob.digest) for blob in layers], staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _documents(store: Store, build: Descriptor, source: Source, staging: Path) -> list[Descriptor]:
    """Bring the manifest of a cell, its summary and the rest of its facts; return its layers."""
    data = source.manifest(build)
    made = store.put_bytes(data, MANIFEST)
    try:
        document = from_json(data)
    except DocumentError as error:
        raise IntegrityError(f"the manifest {build.digest} {error}") from None
    blobs = blobs_of(document)
    kinds = [blob.media_type for blob in blobs]
    is_cell = document.get("artifactType") == CELL and "manifests" not in document
    if (made.digest, made.size) != (build.digest, build.size) or not is_cell:
        raise IntegrityError(f"the manifest {build.digest} is not of a cell")
    if len(blobs) < PARTS or kinds[0] != SUMMARY or kinds[-1] != FACTS:
        raise IntegrityError(f"the manifest {build.digest} lacks the facts of a cell")
    odd = [kind for kind in kinds[1:-1] if kind not in MEDIA_TYPES.values()]
    if odd:
        raise IntegrityError(f"the manifest {build.digest} has a layer of the type {odd[0]!r}")
    for blob in (blobs[0], blobs[-1]):
        if blob.size > MOST:
            raise IntegrityError(f"the facts {blob.digest} have more than {MOST >> 20} MiB")
        _bring(store, source, blob, staging)
    return blobs[1:-1]


def _bring(store: Store, source: Source, blob: Descriptor, staging: Path) -> None:
    """Bring a blob into the store, unless it is there and sound."""
    if store.has(blob):
        try:
            store.verify(blob)
        except IntegrityError:
            # It was damaged, and has been removed.
            pass
        else:
            return
    file = staging / "blob"
    source.pour(blob, file)
    if file.stat().st_size != blob.size:
        raise IntegrityError(f"{blob.digest} has another size than {blob.size} bytes")
    store.put_file(file, blob.media_type, blob.digest)


def _check(cell: Cell, key: str, known: Facts, layers: Sequence[Descriptor]) -> None:
    """Check that facts are of this cell and of these layers, and claim no more than it may."""
    if (known.cell, known.key) != (cell.id, key):
        message = f"what is offered as {cell.id} is {known.cell} of the key {known.key[:SHORT]}"
        raise IntegrityError(message)
    if known.on != cell.ancestors:
        message = f"the facts of {cell.id} say that it stands on {listed(known.on, SHOWN)}"
        raise IntegrityError(message)
    if [chunk.blob for chunk in known.delta] != list(layers):
        raise IntegrityError(f"the facts of {cell.id} are of other layers than its manifest")
    if len(layers) > chunks.MOST + 1:
        most = chunks.MOST + 1
        raise IntegrityError(f"{cell.id} has {len(layers)} layers, and no delta more than {most}")
    for path in known.replaces:
        above = [f"/{path}", *(f"/{one}" for one in PurePosixPath(path).parents)]
        if not any(_allowed(one, cell.layer.replaces) for one in above):
            message = f"the facts of {cell.id} say that it replaces /{path}, which it may not"
            raise IntegrityError(message)


def _allowed(path: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(path, glob) for glob in globs)


def _check_space(store: Store, cell: Cell, known: Facts) -> None:
    """Check that a cell has room, unpacked beside itself: a liar's would fill the disk."""
    free = shutil.disk_usage(store.root).free
    if known.size + known.unpacked > free:
        needed = (known.size + known.unpacked) / 1e6
        message = f"{store.root}: no space left for {cell.id}: it takes {needed:,.0f} MB to check"
        raise BuilderError(f"{message}, and {free / 1e6:,.0f} MB are free", hint=FULL)
