"""Build one cell: artifacts from the cache, an engine without a network, and the delta into the
store.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from errno import ENOSPC
from pathlib import Path

from builder import confined
from builder.cells import delta, inputs, loadable, notes, records
from builder.debian.model import Facts
from builder.errors import BuilderError, ToolError
from builder.events import Note, Output
from builder.execute import backports, damage
from builder.execute.accounts import surprises
from builder.execute.failure import explain
from builder.execute.replaced import changed, manifests
from builder.execute.workshop import Workshop
from builder.fetch.context import context as lay_out
from builder.fetch.fetch import fetch
from builder.graph.accounts import given
from builder.graph.model import Cell
from builder.lock import chunks
from builder.lock.model import Lock
from builder.oci import tar
from builder.oci.blob import blobs_of, disk
from builder.oci.model import EPOCH, LAYER_ZSTD, Descriptor
from builder.oci.store import Store
from builder.render.accounts import ACCOUNTS
from builder.render.dockerfile import ARTIFACTS, PARENT, dockerfile
from builder.render.dockerfile import context as build_context
from builder.sbom import contents
from builder.tools import buildx, mmdebstrap

FULL = "no space left on device"
LITTLE = 1 << 20
"""Bytes: a disk with less free space is full."""
LINES = 500
"""Lines at the end of a log in which the cause of a failure is looked for."""
LOCKED = "CATALOG_LOCKED"
"""Build argument of a cell's Dockerfile: the moment of the lock."""


def build(shop: Workshop, name: str) -> str:
    """Build a cell and record it in the store; return what it came to, in words.

    Raises:
        BuilderError: the build failed, a layer disagrees with another, the disk is full; nothing is
        recorded then.

    """
    cell = shop.project.graph.cells[name]
    with disk(shop.store.root):
        facts = made(shop, cell)
        keep(shop, cell, facts)
    return f"{len(facts.entries):,} paths, {facts.size / 1e6:,.1f} MB"


def check(shop: Workshop, name: str) -> str:
    """Build a cell again if what it relies on below it is no longer what it was; return what it
    came to, in words.

    Raises:
        BuilderError: as `build` does.

    """
    project = shop.project
    cell = project.graph.cells[name]
    with disk(shop.store.root):
        why = [f"{below} came to other bytes" for below in project.moved(cell)]
        if not why and cell.layer.replaces:
            why = changed(shop.facts(name), [shop.facts(ancestor) for ancestor in cell.ancestors])
        if why:
            fetch(project.lock, [cell], project.settings, shop.monitor, project.documents)
            return f"{build(shop, name)}; {why[0]}"
        manifest = records.find(shop.store, project.inputs[name].key)
        if manifest is not None:
            below = manifests(shop.store, cell, project.inputs)
            records.checked_on(shop.store, project.inputs[name].key, manifest, below)
        return "is right on what is below it now"


def made(shop: Workshop, cell: Cell) -> Facts:
    """Build a cell on what is below it now. Its delta is in the store then, and no ref leads to it
    yet.

    Raises:
        BuilderError: as `build` does.

    """
    project = shop.project
    staging = shop.store.staging()
    try:
        artifacts = staging / "artifacts"
        artifacts.mkdir()
        lay_out(cell, project.lock, project.settings.cache, artifacts)
        backports.lay(shop, cell, artifacts)
        if cell.layer.bootstrap:
            layers = _bootstrap(shop, cell, artifacts, staging)
        else:
            layers = _run(shop, cell, artifacts, staging)
        return delta.normalise(
            layers,
            cell=cell.id,
            key=project.inputs[cell.id].key,
            ancestors=[shop.facts(ancestor) for ancestor in cell.ancestors],
            store=shop.store,
            built_since=locked_at(project.lock),
            replaces=cell.layer.replaces,
            within=cell.layer.once.paths if cell.layer.once else (),
            grouping=chunks.of_cell(project.lock, cell.id),
        )
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def keep(shop: Workshop, cell: Cell, facts: Facts) -> None:
    """Record what a cell was built to, and on what. Accounts that no lock decides are told."""
    known = shop.project.inputs
    below = [shop.facts(ancestor) for ancestor in cell.ancestors]
    for sentence in surprises(cell, shop.project.lock, facts, below):
        shop.monitor(Note(sentence, "warning"))
    records.record(shop.store, facts, manifests(shop.store, cell, known))
    note(shop.store, facts)
    inputs.remember(shop.store, cell.id, known[cell.id].document)
    shop.forget(cell.id)


def note(store: Store, facts: Facts) -> None:
    """Note what a cell has to load, and its packages, in one pass over its layers."""
    if loadable.recall(store, facts) and contents.recall(store, facts):
        return
    objects, packages = loadable.Reader(), contents.Reader()
    notes.read(store, facts, [objects, packages])
    objects.record(store, facts)
    packages.record(store, facts)


def locked_at(lock: Lock) -> int:
    """Return the moment of a lock in seconds since 1970: what packages bring is older than it, what
    a build writes is younger.

    The time at which a build starts would not do: what the engine has in its cache was written
    before.
    """
    return int(datetime.fromisoformat(lock.moment).timestamp())


def _bootstrap(shop: Workshop, cell: Cell, artifacts: Path, staging: Path) -> list[Path]:
    root, lock = staging / "root.tar", shop.project.lock
    debs = [name for name in lock.cells[cell.id].artifacts if name.startswith("deb:")]
    names = sorted({lock.artifacts[name].name for name in debs})
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
            accounts=artifacts / ACCOUNTS if given(cell, lock) else None,
        )
    except ToolError as error:
        raise _failed(cell, error.message, error.hint, log) from error
    return [root]


def _run(shop: Workshop, cell: Cell, artifacts: Path, staging: Path) -> list[Path]:
    """Run the cell's Dockerfile on the composed image of its ancestors; return the layers that it
    added, uncompressed.
    """
    project = shop.project
    parent = shop.compose(cell.ancestors)
    output, directory = staging / "output", staging / "context"
    below = _prepare(shop.store, parent, output)
    source = project.loaded.layer_dirs[cell.name]
    build_context(project.graph, cell, project.lock, source).write(directory, settled=False)
    spec = buildx.Build(
        context=directory,
        output=output,
        contexts={
            PARENT: f"oci-layout://{shop.store.root}@{parent.digest}",
            ARTIFACTS: str(artifacts),
        },
        log=shop.log(cell.id),
        # The moment parts what packages bring from what the build writes, by the times of files.
        # A step that the engine keeps from before a later moment would be on the wrong side of it.
        arguments={"SOURCE_DATE_EPOCH": str(EPOCH), LOCKED: project.lock.moment},
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
        raise _failed(cell, *_explained(shop, cell, spec.log, error), spec.log) from error
    added = buildx.layers(output, digest)[below:]
    if not added:
        shop.monitor(Note(f"{cell.id} adds nothing to what it stands on", "warning"))
    return [_unpacked(blob, staging / f"{number}.tar") for number, blob in enumerate(added)]


def _unpacked(blob: Path, target: Path) -> Path:
    """Write a layer of the engine's as an uncompressed tar, which can be read at any place."""
    with tar.decompressed(blob, LAYER_ZSTD) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, tar.CHUNK)
    return target


def _explained(shop: Workshop, cell: Cell, log: Path, error: ToolError) -> tuple[str, str]:
    """Return why a cell's build failed, and what to do about it."""
    project = shop.project
    printed = _end(log) or error.message.splitlines()
    step = buildx.broken_step(printed)
    directory = project.loaded.layer_dirs[cell.name]
    if not step.line and not step.output:
        return buildx.last_words(printed), ""
    text = dockerfile(project.graph, cell, project.lock, directory, marked=True)
    yaml = project.loaded.layer_sources[cell.name]
    return explain(step, text, cell.layer, yaml, directory)


def _failed(cell: Cell, why: str, hint: str, log: Path) -> BuilderError:
    advice = [hint] if hint else []
    if FULL in why.lower():
        advice.append("free some space, for example with `catalog prune` or `docker system prune`")
    advice.append(f"all of it: {log}")
    return BuilderError(f"{cell.id} failed to build:\n{why}", hint="; ".join(advice))


def _end(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-LINES:] if log.exists() else []


def _prepare(store: Store, parent: Descriptor, output: Path) -> int:
    """Fill the output with hard links to the parent's blobs, so that only new layers are written;
    return how many it has.
    """
    config, *layers = blobs_of(store.read_json(parent))
    output.mkdir()
    for digest in {blob.digest for blob in (parent, config, *layers)}:
        name = digest.removeprefix("sha256:")
        confined.link(store.path(digest), output, f"blobs/sha256/{name}")
    return len(layers)
