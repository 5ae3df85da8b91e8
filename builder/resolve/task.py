"""What a resolver gets, and what it returns."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Protocol

from builder.catalog.conditions import indexed, wanted
from builder.catalog.origin_rules import OF_PYTHON
from builder.catalog.packages import PackageList
from builder.errors import Problem
from builder.events import Monitor
from builder.graph.model import Cell, Graph
from builder.graph.request import Documents, Request
from builder.lock.bound import Reach, Stayed, reach
from builder.lock.model import Artifact, Lock
from builder.lock.version import newest
from builder.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """What one resolver returns for one cell."""

    artifacts: tuple[Artifact, ...] = ()
    auto: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


Pieces = dict[str, Piece]
Tell = Callable[[Stayed], object]
"""Takes note of a package that stays behind because of a bound."""


def unheard(stayed: Stayed) -> None:
    """Take no note of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """The result of one resolver: a piece for each cell that asks for its kind, the archives that
    it used, and the problems with what was asked for.
    """

    pieces: Pieces = field(default_factory=dict)
    archives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Cells to resolve, and what is already decided."""

    graph: Graph
    cells: tuple[Cell, ...]
    """What to resolve, bottom first."""
    previous: Lock
    """The previous lock. Its cells that are not in `cells` stay exactly as they are."""
    upgrade: tuple[str, ...]
    """Globs over the names of packages whose locked versions are ignored."""
    within: Reach = Reach.MAJOR
    """How far from their locked versions these may move."""
    tell: Tell = unheard
    """Hears of each package that does not move to its newest version because of `within`."""
    settings: Settings
    monitor: Monitor
    fetch: Callable[[Sequence[Artifact]], object]
    """Fetches artifacts into the cache, each verified; raises as `builder.fetch.fetch.ensure`."""
    documents: Documents = field(default_factory=Documents)
    """The files in which problems are reported."""
    away: frozenset[str] = frozenset()
    """Further repositories and indexes that do not answer. Cells that need them stay as they
    are."""

    @property
    def moment(self) -> str:
        """The moment of the previous lock."""
        return self.previous.moment

    def resolves(self, cell: str) -> bool:
        """Tell whether a cell is one to resolve."""
        return any(cell == other.id for other in self.cells)

    def locked(self, cell: str, kind: str) -> list[Artifact]:
        """Return a cell's artifacts of one kind in the previous lock."""
        piece = self.previous.cells.get(cell)
        artifacts = [self.previous.artifacts[name] for name in piece.artifacts] if piece else []
        return [artifact for artifact in artifacts if artifact.kind == kind]

    def preferred(self, cells: Iterable[Cell], kind: str) -> dict[str, Artifact]:
        """Return the locked artifacts whose versions are preferred, by package name."""
        staying: dict[str, Artifact] = {}
        for cell in cells:
            for artifact in self.locked(cell.id, kind):
                if not self.upgrades(artifact.name):
                    staying[artifact.name] = artifact
        return staying

    def upgrades(self, name: str) -> bool:
        """Tell whether a package is to be upgraded to its newest version."""
        return any(fnmatch.fnmatchcase(name, glob) for glob in self.upgrade)

    def bounded(self, cells: Iterable[Cell], kinds: Collection[str]) -> dict[str, list[Artifact]]:
        """Return the locked artifacts that move, but only so far, by package name. Cells that never
        meet may have several versions of a package.
        """
        moving: dict[str, list[Artifact]] = {}
        if self.within is Reach.MAJOR:
            return moving
        resolved = [cell for cell in cells if self.resolves(cell.id)]
        for cell, kind in product(resolved, kinds):
            for artifact in self.locked(cell.id, kind):
                if self.upgrades(artifact.name):
                    moving.setdefault(artifact.name, []).append(artifact)
        return moving

    def admits(self, artifact: Artifact, version: str) -> bool:
        """Tell whether a locked artifact may move to a version."""
        return reach(artifact.kind, artifact.version, version) <= self.within

    def compare(
        self, locked: Collection[Artifact], version: str, *, security: bool = False
    ) -> None:
        """Tell of a package, locked as these artifacts, if none of them may move to a version that
        is newer.
        """
        if not locked or any(self.admits(item, version) for item in locked):
            return
        one = min(locked)
        if newest(one.kind, [one.version, version]) == version:
            self.tell(Stayed(one.kind, one.name, one.version, version, security))

    def known(self, kind: str) -> set[str]:
        """Return the names of all locked packages of one kind."""
        return {item.name for item in self.previous.artifacts.values() if item.kind == kind}

    def result(self, cell: str, kind: str, pieces: Pieces) -> list[Artifact]:
        """Return a cell's artifacts of one kind, whether just resolved or kept."""
        if cell in pieces:
            return [artifact for artifact in pieces[cell].artifacts if artifact.kind == kind]
        return self.locked(cell, kind)


class Resolver(Protocol):
    """One kind of artifact: how to resolve it."""

    def __call__(self, task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
        """Resolve all cells of the task.

        `before` holds, by cell, the artifacts of the kinds before this one (or the locked ones). A
        cell without a piece asks for nothing of this kind. All problems are returned at once,
        together with the cells that could be resolved.

        Raises:
            FetchError: a registry could not be reached.

        """


def asked(cell: Cell, packages: PackageList) -> list[str]:
    """Return the packages wanted at the cell's point, each once, sorted."""
    return sorted(set(wanted(packages, cell.point)))


def requests(cell: Cell, key: str) -> list[Request]:
    """Return what a cell asks for under a key of layer.yaml, each once, sorted."""
    wanted: PackageList | Mapping[str, object] = getattr(cell.layer, key)
    if key in OF_PYTHON:
        pairs = indexed(getattr(cell.layer, key), cell.point)
        return [Request(cell, key, text, index) for text, index in sorted(pairs)]
    texts = sorted(wanted) if isinstance(wanted, Mapping) else asked(cell, wanted)
    return [Request(cell, key, text) for text in texts]


def groups(cells: Iterable[Cell], axes: Sequence[str]) -> dict[tuple[str, ...], list[Cell]]:
    """Return the cells by their values on some axes, in their order; '' where a cell does not
    depend on an axis.
    """
    by_values: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        by_values.setdefault(tuple(cell.point.get(axis, "") for axis in axes), []).append(cell)
    return by_values
