"""Two locks with a common ancestor, merged into one.

What one side changed is taken from that side. If both changed the same package, the newer version
wins. A cell that both changed is marked to be resolved again, because its packages were never
resolved together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from builder.kinds.table import complete
from builder.lock import chunks
from builder.lock.accounts import united
from builder.lock.model import Artifact, Lock, Slice, layer_of
from builder.lock.version import newest

V = TypeVar("V")
STALE = ""
"""A value of `Slice.asks` that matches nothing, so that the cell is resolved again."""
Package = tuple[str, str]
"""Kind and name."""


def merge(base: Lock | None, ours: Lock, theirs: Lock) -> Lock:
    """Return the union of two locks, in either order; `base` is their common ancestor."""
    root = base or Lock(moment=ours.moment, artifacts={}, cells={})
    artifacts = _artifacts(root, ours, theirs)
    cells = {}
    for name in sorted({*ours.cells, *theirs.cells}):
        united_piece = _cell(name, root, ours, theirs)
        if united_piece is not None:
            cells[name] = complete(united_piece, artifacts)
    held: set[str] = set()
    for piece in cells.values():
        held.update(piece.artifacts)
    archives = _archives(root, ours, theirs)
    dates = [archive["date"] for archive in archives.values() if "date" in archive]
    made = Lock(
        moment=max(dates, default=max(ours.moment, theirs.moment)),
        artifacts={name: artifacts[name] for name in sorted(held)},
        cells=cells,
        archives=archives,
        accounts=united(ours.accounts, theirs.accounts),
    )
    groupings = chunks.united(root.chunks, ours.chunks, theirs.chunks)
    return replace(made, chunks=chunks.present(made, groupings))


def renewed(ours: Lock, theirs: Lock, current: Collection[str]) -> Lock:
    """Return a fork's lock with what its upstream's says of the cells that are `current` there:
    that answers what the fork asks for.
    """
    cells = {**ours.cells, **{name: theirs.cells[name] for name in current}}
    known = {**ours.artifacts, **theirs.artifacts}
    held: set[str] = set()
    for piece in cells.values():
        held.update(piece.artifacts)
    made = Lock(
        moment=max(ours.moment, theirs.moment),
        artifacts={name: known[name] for name in sorted(held)},
        cells=cells,
        archives=_archives(Lock(moment="", artifacts={}, cells={}), ours, theirs),
        accounts=united(theirs.accounts, ours.accounts),
    )
    # Upstream's cells are the same as the fork's only where both are divided alike.
    groupings = {**theirs.chunks, **ours.chunks}
    for layer in sorted({layer_of(name) for name in current}):
        # A layer that upstream has not divided is whole there.
        upstream = theirs.chunks.get(layer, {})
        groupings[layer] = {**ours.chunks.get(layer, {}), **upstream} if upstream else {}
    return replace(made, chunks=chunks.present(made, groupings))


def _cell(name: str, base: Lock, ours: Lock, theirs: Lock) -> Slice | None:
    """Return one cell's slice; None if one side removed it and the other left it unchanged."""
    before = base.cells.get(name)
    mine, other = ours.cells.get(name), theirs.cells.get(name)
    if other in (mine, before):
        return mine
    if mine == before or mine is None:
        return other
    if other is None:
        return mine
    versions = [_packages(lock, name) for lock in (base, ours, theirs)]
    chosen: set[str] = set()
    for package in {*versions[1], *versions[2]}:
        chosen |= _choice(package, *(one.get(package, frozenset()) for one in versions))
    return replace(
        mine,
        asks=STALE,
        artifacts=tuple(sorted(chosen)),
        auto=tuple(sorted({*mine.auto, *other.auto})),
    )


def _artifacts(base: Lock, ours: Lock, theirs: Lock) -> dict[str, Artifact]:
    """Return the artifacts of both sides. If one side replaced an artifact under the same id (a
    release that was rebuilt), its version is taken.
    """
    artifacts = {**theirs.artifacts, **ours.artifacts}
    for name, artifact in theirs.artifacts.items():
        mine = artifacts[name]
        if mine == artifact:
            artifacts[name] = replace(mine, extra={**artifact.extra, **mine.extra})
        elif mine == base.artifacts.get(name):
            artifacts[name] = artifact
    return artifacts


def _packages(lock: Lock, cell: str) -> dict[Package, frozenset[str]]:
    """Return the ids of a cell's artifacts by package; npm may hold several versions of one."""
    packages: dict[Package, frozenset[str]] = {}
    piece = lock.cells.get(cell)
    for name in piece.artifacts if piece else ():
        artifact = lock.artifacts[name]
        key = artifact.kind, artifact.name
        packages[key] = packages.get(key, frozenset()) | {name}
    return packages


def _choice(
    package: Package, before: frozenset[str], mine: frozenset[str], other: frozenset[str]
) -> frozenset[str]:
    """Return one package's artifacts: of the side that moved it, or of the newer if both did."""
    if other == before:
        return mine
    if mine in {before, other}:
        return other
    sides = {_version(side): side for side in (mine, other) if side}
    return sides[newest(package[0], list(sides))] if sides else frozenset()


def _version(ids: frozenset[str]) -> str:
    """Return the version in an id; of several ids, the highest."""
    return max(name.partition("=")[2] for name in ids)


def _archives(base: Lock, ours: Lock, theirs: Lock) -> dict[str, Mapping[str, str]]:
    """Return the latest state of each of Debian's archives."""
    archives: dict[str, Mapping[str, str]] = {}
    for name in sorted({*ours.archives, *theirs.archives}):
        states = [lock.archives[name] for lock in (ours, theirs) if name in lock.archives]
        gone = len(states) == 1 and states[0] == base.archives.get(name)
        if not gone:
            archives[name] = max(states, key=lambda state: (state.get("date", ""), sorted(state)))
    return archives


def substitute(lock: Lock, cell: str, old: Artifact, new: Artifact) -> Slice:
    """Return a cell's slice with an artifact replaced by another one of the same package, marked
    to be resolved again.
    """
    piece = lock.cells[cell]
    ids = {new.id if name == old.id else name for name in piece.artifacts}
    known = {**lock.artifacts, new.id: new}
    return complete(replace(piece, asks=STALE, artifacts=tuple(sorted(ids))), known)
