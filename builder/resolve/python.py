"""Python distributions: one resolution per Python for all layers that may meet, and each cell's
share of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from builder.errors import Problem
from builder.events import Note, Step
from builder.fetch.pypi import ORIGIN, client
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.lock.model import Artifact
from builder.lock.wheel import is_of_any_python
from builder.resolve.asking import PYTHON, below, moving, no_python, wanted
from builder.resolve.away import needs
from builder.resolve.conflict import minimal
from builder.resolve.every_python import COMMON, not_shared, of_one_python
from builder.resolve.explain import Conflict, Conflicts, Kept, Wish, first_guess, named, words
from builder.resolve.indexes import Mixed, taken
from builder.resolve.meeting import images_of, meetings
from builder.resolve.target import KIND, SHARED, Target, UnsolvableError, bounds_of
from builder.resolve.task import Piece, Pieces, Resolved, Task, groups, requests
from builder.resolve.unpacked import no_file, versions_of
from builder.resolve.worlds import ApartError, Versions, World, agree, divide
from builder.tools.uv import Distribution

AXES = ("python", "arch", "debian")
Limits = frozenset[tuple[str, str]]


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Python packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces: Pieces = {}
    problems: list[Problem] = []
    conflicts = Conflicts(within=task.within)
    for (python, arch, _), cells in groups(task.graph.cells.values(), AXES).items():
        asking = [cell for cell in cells if requests(cell, PYTHON)]
        if asking and python:
            asking = [*below(task, asking), *asking]
        if not any(task.resolves(cell.id) for cell in asking):
            continue
        if not python:
            problems += [no_python(task, cell) for cell in asking]
            continue
        further: dict[str, str] = {}
        for one in asking:
            further |= one.indexes
        uv = client(task.settings, further)
        target = Target(uv=uv, python=python, arch=arch or "amd64")
        task.monitor(Note(f"resolving Python {python} packages"))
        resolution = _PythonResolution(task=task, target=target, conflicts=conflicts, cells=asking)
        for cell, piece in resolution.pieces().items():
            if pieces.setdefault(cell, piece) != piece:
                problems.append(not_shared(task, cell, pieces[cell], piece))
        problems += resolution.problems
    names = task.known(KIND)
    return Resolved(pieces=pieces, problems=(*problems, *conflicts.problems(task.documents, names)))


@dataclass(kw_only=True, slots=True)
class _PythonResolution:
    """The cells of one Python: resolved all together if there is a solution, else in worlds."""

    task: Task
    target: Target
    conflicts: Conflicts
    cells: Sequence[Cell]
    """Those that ask for Python packages, bottom first; before them, those of which all Pythons
    share packages."""
    problems: list[Problem] = field(default_factory=list)
    _distributions: dict[tuple[str, str, str], Distribution] = field(default_factory=dict)
    """By name, version and further index."""
    _solutions: dict[tuple[World, Limits], Versions | None] = field(default_factory=dict)
    _needed: dict[tuple[str, Limits], Sequence[str]] = field(default_factory=dict)

    def pieces(self) -> Pieces:
        """Return each cell's share; nothing if there are problems."""
        worlds = self._worlds()
        if self.problems or not worlds:
            return {}
        for world, _ in worlds:
            self._compare(world)
        pieces: Pieces = {}
        for cell in self.cells:
            if not self.task.resolves(cell.id):
                continue
            self.task.monitor(Step(cell.id, "running", "resolving Python packages"))
            world, versions = next(pair for pair in worlds if cell.id in pair[0])
            sources = taken(self._wishes(world))
            artifacts = [
                self._artifact(cell, name, versions[name], sources.get(name, ""))
                for name in self._needs(cell.id, versions)
            ]
            held: set[str] = set()
            for ancestor in cell.ancestors:
                held |= {item.digest for item in self.task.result(ancestor, KIND, pieces)}
                held |= {item.digest for item in self.task.result(ancestor, SHARED, pieces)}
            pieces[cell.id] = Piece(
                artifacts=tuple(item for item in artifacts if item and item.digest not in held)
            )
        return pieces

    def _worlds(self) -> list[tuple[World, Versions]]:
        """Return the worlds with their versions; nothing if there are conflicts."""
        everything = frozenset(cell.id for cell in self.cells)
        versions = self._solve(everything, {})
        if versions is not None:
            return [(everything, versions)]
        sets = meetings(self.task.graph, everything)
        contradictory = [meeting for meeting in sets if self._contradicts(meeting)]
        if contradictory or self._tell_mixed(sets):
            return []
        worlds = divide(sets, self._solve)
        try:
            return list(zip(worlds, agree(worlds, self._solve, self._needs), strict=True))
        except ApartError as error:
            self._apart(worlds, error)
            return []

    def _solve(self, world: World, limits: Versions) -> Versions | None:
        """Return the versions of all packages of a world; None when there is no solution."""
        key = world, frozenset(limits.items())
        if key not in self._solutions:
            try:
                versions = self._compiled(self._wishes(world), world, limits)
                self._solutions[key] = None if any(self._mixed(world, versions)) else versions
            except UnsolvableError:
                self._solutions[key] = None
        return self._solutions[key]

    def _mixed(self, world: World, versions: Versions) -> Iterator[Mixed]:
        """Yield the cells that would get packages from a further index that others name, and they
        themselves do not.
        """
        sources = taken(self._wishes(world))
        here = [cell for cell in self.cells if cell.id in world and not self._waits(cell)]
        for cell in here if sources else ():
            own = taken(self._asked(cell.id))
            others = sources.keys() - own.keys()
            try:
                needed = set(self._needs(cell.id, versions))
            except UnsolvableError as error:
                # The usual index has no such version.
                needed = words(str(error))
            yield from (Mixed(cell, name, sources[name]) for name in sorted(others & needed))

    def _tell_mixed(self, sets: Sequence[World]) -> bool:
        """Record what would be mixed in an image; tell whether there is something."""
        told: dict[tuple[str, str], Mixed] = {}
        for world in sets:
            if taken(self._wishes(world)):
                versions = self._compiled(self._wishes(world), world, {})
                for one in self._mixed(world, versions):
                    told.setdefault((one.cell.name, one.package), one)
        self.problems += [one.problem(self.task.documents) for one in told.values()]
        return bool(told)

    def _waits(self, cell: Cell) -> bool:
        """Tell whether a cell stays as it is, because an index does not answer."""
        return needs(cell, self.task.graph, self.task.away)

    def _stays(self, cells: Collection[str]) -> bool:
        """Tell whether no cell of these is resolved now, nor waits for an index."""
        those = self._of(cells)
        return not any(self.task.resolves(cell.id) or self._waits(cell) for cell in those)

    def _compare(self, world: World) -> None:
        """Tell what would be newer in a world if its packages could move as far as they want."""
        bounded = moving(self.task, self._of(world))
        if not bounded:
            return
        try:
            free = self._compiled(self._wishes(world), world, {}, bounded=False)
        except UnsolvableError:
            return
        for name, locked in bounded.items():
            if name in free:
                self.task.compare(locked, free[name])

    def _of(self, world: Collection[str]) -> list[Cell]:
        return [cell for cell in self.cells if cell.id in world]

    def _compiled(
        self,
        wishes: Sequence[Wish],
        world: Collection[str],
        limits: Versions,
        pins: Versions | None = None,
        *,
        bounded: bool = True,
    ) -> Versions:
        """Resolve wishes; cells of the world say which versions are preferred, and how far those
        that move may.
        """
        constraints = dict(pins or {})
        for kept in (wish for wish in wishes if isinstance(wish, Kept)):
            name, version = kept.artifact.name, kept.artifact.version
            if constraints.setdefault(name, version) != version:
                message = f"{name} is locked at both {version} and {constraints[name]}"
                raise UnsolvableError(message)
        # A cell's lock, with those below it, holds all that it needs: such cells contradict each
        # other only where they hold one package in two versions.
        if not limits and self._stays(world):
            return constraints
        cells = self._of(world)
        distributions = self.target.compile(
            {wish.text for wish in wishes if isinstance(wish, Request)},
            constraints=constraints,
            limits=limits,
            sources=taken(wishes),
            bounds=bounds_of(self.task, moving(self.task, cells)) if bounded else (),
            preferences={
                **versions_of(self.task.preferred(cells, SHARED)),
                **versions_of(self.task.preferred(cells, KIND)),
            },
        )
        self._distributions |= {(one.name, one.version, one.index): one for one in distributions}
        return {one.name: one.version for one in distributions}

    def _wishes(self, world: Collection[str]) -> list[Wish]:
        """Return what cells ask for, and what is locked for those that are not resolved now."""
        wishes: list[Wish] = []
        for cell in self.cells:
            if cell.id not in world:
                continue
            waits = self._waits(cell)
            wishes += () if waits else wanted(cell)
            kept = self._kept([cell.id])
            wishes += [one for one in kept if not waits or one.artifact.origin == ORIGIN]
        return wishes

    def _kept(self, cells: Collection[str]) -> list[Kept]:
        """Return what is locked for those of these cells that are not resolved now."""
        kept = []
        for name in cells:
            if not self.task.resolves(name):
                locked = [*self.task.locked(name, SHARED), *self.task.locked(name, KIND)]
                kept += [Kept(name, artifact) for artifact in locked]
        return kept

    def _needs(self, name: str, versions: Versions) -> Sequence[str]:
        """Return the packages that a cell and what it stands on need, at these versions."""
        cell = self.task.graph.cells[name]
        if self._waits(cell) or self._stays([*cell.ancestors, name]):
            kept = self._kept([*cell.ancestors, name])
            return [one.artifact.name for one in kept if one.artifact.name in versions]
        key = name, frozenset(versions.items())
        if key not in self._needed:
            asked = self._asked(name)
            texts = {request.text for request in asked}
            distributions = self.target.compile(texts, constraints=versions, sources=taken(asked))
            self._needed[key] = [one.name for one in distributions]
        return self._needed[key]

    def _asked(self, name: str) -> list[Request]:
        """Return what a cell and what it stands on ask for."""
        cells = self.task.graph.cells
        ids = (*cells[name].ancestors, name)
        return list(chain.from_iterable(wanted(cells[one]) for one in ids))

    def _artifact(self, cell: Cell, name: str, version: str, index: str) -> Artifact | None:
        """Return the file of a package: the locked one if it stays; None, with a problem recorded,
        if no wheel fits.
        """
        kind = SHARED if requests(cell, COMMON) else KIND
        for kept in self._kept([one.id for one in self.cells]):
            one = kept.artifact
            same = (one.name, one.version, one.kind) == (name, version, kind)
            if same and one.origin == (index or ORIGIN):
                return one
        distribution = self._distributions[name, version, index]
        artifact = self.target.artifact(distribution, kind)
        if artifact is None:
            problem = no_file(self.task, self.target, distribution, wanted(cell))
            self.problems.append(problem)
        elif kind == SHARED and not is_of_any_python(artifact.locator):
            self.problems.append(of_one_python(self.task, cell, artifact))
        return artifact

    def _contradicts(self, meeting: World) -> bool:
        """Tell whether cells of one image contradict each other; record all conflicts."""
        wishes = self._wishes(meeting)
        conflict = self._conflict(wishes, meeting, {})
        if conflict is None:
            return False
        while conflict is not None:
            self.conflicts.add(conflict)
            # There may be further conflicts among the rest.
            left_out = conflict.requests[-1] if conflict.requests else conflict.wishes[-1]
            wishes = [wish for wish in wishes if wish != left_out]
            conflict = self._conflict(wishes, meeting, {})
        return True

    def _conflict(self, wishes: Sequence[Wish], world: World, pins: Versions) -> Conflict | None:
        """Return a minimal set of wishes without a solution; None if all of them have one."""
        said = self._why_not(wishes, world, pins)
        if said is None:
            return None

        def fails(some: Sequence[Wish]) -> bool:
            return self._why_not(some, world, pins) is not None

        guess = first_guess(wishes, said)
        culprits = minimal(guess if guess and fails(guess) else wishes, fails)
        cells = {wish.cell.id for wish in culprits if isinstance(wish, Request)}
        return Conflict(
            wishes=tuple(culprits),
            said=self._why_not(culprits, world, pins) or said,
            python=self.target.python,
            images=tuple(images_of(self.task.graph, cells)),
        )

    def _why_not(self, wishes: Sequence[Wish], world: World, pins: Versions) -> str | None:
        """Return why wishes have no solution at these versions; None if they have one."""
        try:
            self._compiled(wishes, world, {}, pins)
        except UnsolvableError as error:
            return str(error)
        return None

    def _apart(self, worlds: Sequence[World], error: ApartError) -> None:
        """Record a package of which shared cells would need two versions."""
        shared = self.task.graph.cells[error.cells[0]]
        reasons = []
        for version in error.versions:
            for world in worlds:
                conflict = self._conflict(self._wishes(world), world, {error.package: version})
                if conflict is not None and conflict.requests:
                    last = conflict.requests[-1]
                    place = self.task.documents.place(last)
                    reasons.append(
                        f"{error.package} {version} is incompatible with {last.text} of"
                        f" {last.cell.name} ({place})"
                    )
        message = (
            f"{shared.name} can have only one version of {error.package} for all images, and none"
            f" fits all: {'; '.join(dict.fromkeys(reasons))}"
        )
        wanted = [one for one in requests(shared, PYTHON) if named(one.text) == error.package]
        hint = "ask for compatible versions, or remove the package from the shared layer"
        if wanted:
            self.problems.append(self.task.documents.problem(wanted[0], message, hint))
        else:
            self.problems.append(self.task.documents.of_layer(shared, PYTHON, message, hint))
