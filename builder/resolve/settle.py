"""A lock whose parts come from two branches, so that every image holds one version of a package."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from builder.graph.model import Graph
from builder.lock.merge import STALE, substitute
from builder.lock.model import Artifact, Lock, Slice
from builder.lock.version import newest

# The kinds of which an image holds one version of each package.
ONCE = {"deb", "python"}


def settle(graph: Graph, lock: Lock, base: Lock | None = None) -> Lock:
    """Return a lock in which the cells of each image name the same version of each package.

    Where they do not, a version that `base` did not have wins, as somebody moved to it; else the
    newest. Cells that change, and those that stand on them, are marked to be resolved anew.
    """
    cells: dict[str, Slice] = dict(lock.cells)
    known = frozenset(base.artifacts) if base else frozenset[str]()
    changed: set[str] = set()
    for image in graph.images.values():
        present = [cell for cell in image.cells if cell in cells]
        current = replace(lock, cells=cells)
        for rivals in _rivals(current, present):
            winner = _winner(rivals, known)
            losers = [rival for rival in rivals if rival.id != winner.id]
            for cell, loser in _holding(current, present, losers):
                cells[cell] = substitute(replace(lock, cells=cells), cell, loser, winner)
                changed.add(cell)
    for name in _standing_on(graph, changed):
        if name in cells:
            cells[name] = replace(cells[name], asks=STALE)
    return replace(lock, cells=cells)


def _rivals(lock: Lock, cells: Collection[str]) -> list[list[Artifact]]:
    """Return the artifacts of each package that these cells hold in several versions."""
    held: dict[tuple[str, str], dict[str, Artifact]] = {}
    for cell in cells:
        for name in lock.cells[cell].artifacts:
            artifact = lock.artifacts[name]
            if artifact.kind in ONCE:
                held.setdefault((artifact.kind, artifact.name), {})[artifact.digest] = artifact
    return [list(same.values()) for same in held.values() if len(same) > 1]


def _holding(
    lock: Lock, cells: Collection[str], artifacts: Collection[Artifact]
) -> list[tuple[str, Artifact]]:
    """Return which of these cells hold which of these artifacts."""
    holding = []
    for cell in cells:
        held = lock.cells[cell].artifacts
        holding += [(cell, artifact) for artifact in artifacts if artifact.id in held]
    return holding


def _winner(rivals: Collection[Artifact], known: Collection[str]) -> Artifact:
    moved = [rival for rival in rivals if rival.id not in known]
    candidates = {rival.version: rival for rival in moved or rivals}
    kind = next(iter(candidates.values())).kind
    return candidates[newest(kind, list(candidates))]


def _standing_on(graph: Graph, cells: Collection[str]) -> list[str]:
    """Return the cells that stand on some of these."""
    return [cell.id for cell in graph.cells.values() if set(cell.ancestors) & set(cells)]
