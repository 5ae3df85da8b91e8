"""Build one cell: artifacts from the cache, an engine without a network, and the delta into the
store.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from errno import ENOSPC
from pathlib import Path

from builder.cells import compose, delta, records
from builder.debian.model import Facts
from builder.errors import BuilderError, IntegrityError, ToolError
from builder.events import Monitor, Note, Output
from builder.execute import damage
from builder.execute.accounts import surprises
from builder.execute.project import Project
from builder.execute.replaced import changed, remember
from builder.fetch.context import context as lay_out
from builder.fetch.fetch import fetch
from builder.graph.accounts import given
from builder.graph.model import Cell, Graph
from builder.lock.model import Lock
from builder.oci import tar
from builder.oci.blob import disk
from builder.oci.model import EPOCH, LAYER_ZSTD, Descriptor
from builder.oci.store import Store
from builder.plan.key import Inputs
from builder.render.accounts import ACCOUNTS
from builder.render.config import config
from builder.render.dockerfile import ARTIFACTS, PARENT
from builder.render.dockerfile import context as build_context
from builder.settings import Settings
from builder.tools import buildx, mmdebstrap

FULL = "no space left on device"
LITTLE = 1 << 20
"""Bytes: a disk with less free space is full."""
LINES = 500
"""Lines at the end of a log in which the cause of a failure is looked for."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What building needs: the graph and its lock, the store, and an engine."""

    graph: Graph
    lock: Lock
    directories: Mapping[str, Path]
    """Layer -> its directory."""
    inputs: Mapping[str, Inputs]
    store: Store
    settings: Settings
    builder: str
    """The buildx builder; empty when nothing needs one."""
    logs: Path
    monitor: Monitor
    cache: bool = True
    """Whether the engine may use what its own cache holds."""
    _facts: dict[str, Facts] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def facts(self, cell: str) -> Facts:
        """Return the facts of a cell that has been built; they are read once."""
        with self._guard:
            if cell not in self._facts:
                self._facts[cell] = self._read(cell)
            return self._facts[cell]

    def forget(self, cell: str) -> None:
        """Read a cell's facts again when they are asked for next."""
        with self._guard:
            self._facts.pop(cell, None)

    def _read(self, cell: str) -> Facts:
        key = self.inputs[cell].key
        manifest = records.find(self.store, key)
        if manifest is None:
            raise BuilderError(f"{cell} is not in the store", hint=f"run `catalog build {cell}`")
        try:
            return records.facts(self.store, manifest)
        except IntegrityError as error:
            # A cell of which nothing is known is of no use: it is built again.
            self.store.untag([records.ref(key)])
            raise IntegrityError(f"{cell}: {error.message}", hint="run the build again") from error

    def compose(self, below: Sequence[str]) -> Descriptor:
        """Compose, in the store, the image that a cell on these cells is built on, and return its
        manifest.
        """
        found = [self.graph.cells[name] for name in below]
        made = config([cell.layer for cell in found], found[0].point.get("arch", "amd64"), {})
        return compose.compose(self.store, [self.facts(name) for name in below], made)

    def log(self, cell: str) -> Path:
        """Return the path of a cell's log."""
        return self.logs / f"{cell}.log"


def workshop(
    project: Project, builder: str, logs: Path, monitor: Monitor, *, cache: bool = True
) -> Workshop:
    """Return what building the cells of a project needs."""
    return Workshop(
        graph=project.graph,
        lock=project.lock,
        directories=project.loaded.layer_dirs,
        inputs=project.inputs,
        store=project.store,
        settings=project.settings,
        builder=builder,
        logs=logs,
        monitor=monitor,
        cache=cache,
    )


def build(shop: Workshop, name: str) -> str:
    """Build a cell and record it in the store; return what it came to, in words.

    Raises:
        BuilderError: the build failed, a layer disagrees with another, the disk is full; nothing is
        recorded then.

    """
    with disk(shop.store.root):
        return _build(shop, shop.graph.cells[name])


def check(shop: Workshop, name: str) -> str:
    """Build a cell again if a file that it replaces is no longer what it was; return what it came
    to, in words.

    Raises:
        BuilderError: as `build` does.

    """
    cell = shop.graph.cells[name]
    with disk(shop.store.root):
        why = changed(shop.facts(name), [shop.facts(ancestor) for ancestor in cell.ancestors])
        if why:
            fetch(shop.lock, [cell], shop.settings, shop.monitor)
            return f"{_build(shop, cell)}; {why[0]}"
        remember(shop.store, cell, shop.inputs)
        return "is right on what is below it now"


def _build(shop: Workshop, cell: Cell) -> str:
    below = [shop.facts(ancestor) for ancestor in cell.ancestors]
    staging = shop.store.staging()
    try:
        artifacts = staging / "artifacts"
        artifacts.mkdir()
        lay_out(cell, shop.lock, shop.settings.cache, artifacts)
        layers = (
            _bootstrap(shop, cell, artifacts, staging)
            if cell.layer.bootstrap
            else _run(shop, cell, artifacts, staging)
        )
        facts = delta.normalise(
            layers,
            cell=cell.id,
            key=shop.inputs[cell.id].key,
            ancestors=below,
            store=shop.store,
            built_since=locked_at(shop.lock),
            replaces=cell.layer.replaces,
            within=cell.layer.once.paths if cell.layer.once else (),
        )
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for sentence in surprises(cell, shop.lock, facts, below):
        shop.monitor(Note(sentence, "warning"))
    records.record(shop.store, facts)
    remember(shop.store, cell, shop.inputs)
    shop.forget(cell.id)
    return f"{len(facts.entries):,} paths, {facts.delta.size / 1e6:,.1f} MB"


def locked_at(lock: Lock) -> int:
    """Return the moment of a lock in seconds since 1970: what packages bring is older than it, what
    a build writes is younger.

    The time at which a build starts would not do: what the engine has in its cache was written
    before.
    """
    return int(datetime.fromisoformat(lock.moment).timestamp())


def _bootstrap(shop: Workshop, cell: Cell, artifacts: Path, staging: Path) -> list[Path]:
    root = staging / "root.tar"
    names = sorted(
        {
            shop.lock.artifacts[name].name
            for name in shop.lock.cells[cell.id].artifacts
            if name.startswith("deb:")
        }
    )
    log = shop.log(cell.id)
    try:
        mmdebstrap.bootstrap(
            cell.point["debian"],
            names,
            artifacts,
            root,
            epoch=EPOCH,
            log=log,
            paths=cell.layer.dpkg,
            accounts=artifacts / ACCOUNTS if given(cell, shop.lock) else None,
        )
    except ToolError as error:
        raise _failed(cell, f"{error.message}\n{error.hint}".rstrip(), log) from error
    return [root]


def _run(shop: Workshop, cell: Cell, artifacts: Path, staging: Path) -> list[Path]:
    """Run the cell's Dockerfile on the composed image of its ancestors; return the layers that it
    added, uncompressed.
    """
    parent, output, directory = (
        shop.compose(cell.ancestors),
        staging / "output",
        staging / "context",
    )
    below = _prepare(shop.store, parent, output)
    build_context(shop.graph, cell, shop.lock, shop.directories[cell.name]).write(directory)
    spec = buildx.Build(
        context=directory,
        output=output,
        contexts={
            PARENT: f"oci-layout://{shop.store.root}@{parent.digest}",
            ARTIFACTS: str(artifacts),
        },
        log=shop.log(cell.id),
        arguments={"SOURCE_DATE_EPOCH": str(EPOCH)},
        cache=shop.cache,
    )
    try:
        digest = buildx.build(spec, shop.builder, lambda line: shop.monitor(Output(cell.id, line)))
    except BuilderError as error:
        # Where the engine's client could not write, it does not always say why.
        if shutil.disk_usage(shop.store.root).free < LITTLE:
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(shop.store.root)) from error
        if not isinstance(error, ToolError):
            raise
        damage.check(shop.store, parent)
        raise _failed(cell, buildx.failure(_end(spec.log) or [error.message]), spec.log) from error
    added = buildx.layers(output, digest)[below:]
    if not added:
        shop.monitor(Note(f"{cell.id} adds nothing to what it stands on", "warning"))
    return [_unpacked(blob, staging / f"{number}.tar") for number, blob in enumerate(added)]


def _unpacked(blob: Path, target: Path) -> Path:
    """Write a layer of the engine's as an uncompressed tar, which can be read at any place."""
    with tar.decompressed(blob, LAYER_ZSTD) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, tar.CHUNK)
    return target


def _failed(cell: Cell, why: str, log: Path) -> BuilderError:
    more = (
        "; free some space, for example with `catalog prune` or `docker system prune`"
        if FULL in why.lower()
        else ""
    )
    return BuilderError(f"{cell.id} failed to build:\n{why}", hint=f"all of it: {log}{more}")


def _end(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-LINES:] if log.exists() else []


def _prepare(store: Store, parent: Descriptor, output: Path) -> int:
    """Fill the output with hard links to the parent's blobs, so that only new layers are written;
    return how many it has.
    """
    document = store.read_json(parent)
    blobs = output / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for digest in {
        parent.digest,
        document["config"]["digest"],
        *(layer["digest"] for layer in document["layers"]),
    }:
        os.link(store.path(digest), blobs / digest.removeprefix("sha256:"))
    return len(document["layers"])
