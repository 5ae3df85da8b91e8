"""Make a merged lock consistent: one version of a package in each image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from builder.catalog.origin_rules import OF_PYTHON
from builder.errors import Problem
from builder.fetch.pypi import ORIGIN as PYPI
from builder.graph.model import Graph
from builder.graph.request import Documents
from builder.kinds.table import BY_NAME
from builder.lock.deb import PREFERRED_ORIGINS
from builder.lock.merge import STALE, substitute
from builder.lock.model import Artifact, Lock, Slice, layer_of
from builder.lock.version import newest

USUAL = (*PREFERRED_ORIGINS, PYPI)
"""Origins that layers take packages from where they name no other."""


def settle(graph: Graph, lock: Lock, base: Lock | None = None) -> Lock:
    """Return a lock in which the cells of each image name the same version of each package.

    If they do not, a version that `base` did not have wins, because a branch moved to it; else the
    newest. Cells that change, and those that stand on them, are marked to be resolved again.
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


def disagreements(graph: Graph, lock: Lock, documents: Documents | None = None) -> list[Problem]:
    """Return a problem for each package of which an image would have two versions, once for each
    pair of cells.
    """
    places = documents or Documents()
    problems: dict[tuple[str, str, str], Problem] = {}
    for image in graph.images.values():
        seen: dict[tuple[str, str], tuple[Artifact, str]] = {}
        for cell, artifact in _held(lock, image.cells):
            other, where = seen.setdefault((artifact.kind, artifact.name), (artifact, cell))
            pair = where, cell, artifact.name
            if other.digest == artifact.digest or pair in problems:
                continue
            message = (
                f"{image.name} would have {artifact.name} twice: {other.version} in {where},"
                f" {artifact.version} in {cell}"
            )
            hint = _ways_out((other, where), (artifact, cell))
            key = BY_NAME[artifact.kind].key
            problems[pair] = places.of_layer(graph.cells[cell], key, message, hint)
    return list(problems.values())


def _ways_out(*rivals: tuple[Artifact, str]) -> str:
    """Return what to do about two versions of a package, in these cells."""
    (one, where), (other, cell) = rivals
    name = one.name
    further = {one.origin, other.origin}.difference(USUAL)
    if one.origin == other.origin or not further:
        return f"run `catalog lock --upgrade {name}`"
    # What asked for a further origin has it; the other layer can ask for it, too.
    is_second = other.origin in further
    origin, layer = (other.origin, layer_of(where)) if is_second else (one.origin, layer_of(cell))
    if BY_NAME[one.kind].key in OF_PYTHON:
        return f"take {name} from the index {origin} in {layer}, too, or `exclude` the image"
    return f"ask for {name}/{origin} in {layer}, too, or `exclude` the image"


def _held(lock: Lock, cells: Iterable[str]) -> Iterator[tuple[str, Artifact]]:
    """Yield the artifacts of cells, for kinds that allow one version of a package in an image."""
    for cell in cells:
        for name in lock.cells[cell].artifacts:
            if BY_NAME[lock.artifacts[name].kind].installed:
                yield cell, lock.artifacts[name]


def _rivals(lock: Lock, cells: Collection[str]) -> list[list[Artifact]]:
    """Return the artifacts of each package that these cells have in several versions."""
    held: dict[tuple[str, str], dict[str, Artifact]] = {}
    for _, artifact in _held(lock, cells):
        held.setdefault((artifact.kind, artifact.name), {})[artifact.digest] = artifact
    return [list(same.values()) for same in held.values() if len(same) > 1]


def _holding(
    lock: Lock, cells: Collection[str], artifacts: Collection[Artifact]
) -> list[tuple[str, Artifact]]:
    """Return which of these cells have which of these artifacts."""
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
