"""Python distributions: one resolution per Python for all layers that may meet, and each cell's
share of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from builder.errors import Problem
from builder.events import Note, Step
from builder.fetch.pypi import client
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.lock.model import Artifact
from builder.resolve.conflict import minimal
from builder.resolve.explain import Conflict, Conflicts, Kept, Wish, first_guess, named
from builder.resolve.meeting import images_of, meetings
from builder.resolve.target import KIND, SDIST, UNPACKED, Target, UnsolvableError
from builder.resolve.task import Piece, Pieces, Resolved, Task, groups, requests
from builder.resolve.worlds import ApartError, Versions, World, agree, divide
from builder.tools.uv import Distribution

PYTHON, WHEELS, SDISTS = "python", "wheels", "sdists"
AXES = ("python", "arch", "debian")
# For wheels that are only unpacked, if their layer does not depend on a Python.
ANY_PYTHON = "3.13"
Limits = frozenset[tuple[str, str]]


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Python packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces: Pieces = {}
    problems: list[Problem] = []
    conflicts = Conflicts()
    for (python, arch, _), cells in groups(task.graph.cells.values(), AXES).items():
        asking = [cell for cell in cells if requests(cell, PYTHON)]
        if not any(task.resolves(cell.id) for cell in asking):
            continue
        if not python:
            problems += [_no_python(task, cell) for cell in asking]
            continue
        target = Target(uv=client(task.settings), python=python, arch=arch or "amd64")
        task.monitor(Note(f"resolving Python {python} packages"))
        resolution = _PythonResolution(task=task, target=target, conflicts=conflicts, cells=asking)
        pieces |= resolution.pieces()
        problems += resolution.problems
    names = task.known(KIND)
    return Resolved(pieces=pieces, problems=(*problems, *conflicts.problems(task.documents, names)))


def unpacked(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve wheels that are unpacked, not installed, without their dependencies."""
    del before
    return _files(task, WHEELS, UNPACKED)


def sources(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve source distributions, without their dependencies."""
    del before
    return _files(task, SDISTS, SDIST)


def _files(task: Task, key: str, kind: str) -> Resolved:
    """Resolve files that a layer's `run` does something with."""
    sdists = kind == SDIST
    pieces: Pieces = {}
    problems: list[Problem] = []
    conflicts = Conflicts()
    for cell in task.cells:
        wanted = requests(cell, key)
        if not wanted:
            continue
        target = Target(
            uv=client(task.settings),
            python=cell.point.get("python", ANY_PYTHON),
            arch=cell.point.get("arch", "amd64"),
        )
        try:
            distributions = target.compile(
                [request.text for request in wanted],
                preferences=_versions(task.preferred([cell], kind)),
                dependencies=False,
                sdists=sdists,
            )
        except UnsolvableError:
            for request in wanted:
                _alone(target, request, conflicts, sdists=sdists)
            continue
        chosen = {
            one.name: target.sdist(one) if sdists else target.artifact(one, kind)
            for one in distributions
        }
        problems += [
            _no_file(task, target, one, wanted) for one in distributions if chosen[one.name] is None
        ]
        pieces[cell.id] = Piece(artifacts=tuple(one for one in chosen.values() if one))
    names = task.known(kind)
    return Resolved(pieces=pieces, problems=(*problems, *conflicts.problems(task.documents, names)))


def _alone(target: Target, request: Request, conflicts: Conflicts, *, sdists: bool) -> None:
    """Record a conflict if a file cannot be resolved by itself."""
    try:
        target.compile([request.text], dependencies=False, sdists=sdists)
    except UnsolvableError as error:
        conflicts.add(Conflict(wishes=(request,), said=str(error), python=target.python))


@dataclass(kw_only=True, slots=True)
class _PythonResolution:
    """The cells of one Python: resolved all together if there is a solution, else in worlds."""

    task: Task
    target: Target
    conflicts: Conflicts
    cells: Sequence[Cell]
    """Those that ask for Python packages, bottom first."""
    problems: list[Problem] = field(default_factory=list)
    _distributions: dict[tuple[str, str], Distribution] = field(default_factory=dict)
    _solutions: dict[tuple[World, Limits], Versions | None] = field(default_factory=dict)
    _needed: dict[tuple[str, Limits], Sequence[str]] = field(default_factory=dict)

    def pieces(self) -> Pieces:
        """Return each cell's share; nothing if there are problems."""
        worlds = self._worlds()
        if self.problems or not worlds:
            return {}
        pieces: Pieces = {}
        for cell in self.cells:
            if not self.task.resolves(cell.id):
                continue
            self.task.monitor(Step(cell.id, "running", "resolving Python packages"))
            versions = next(versions for world, versions in worlds if cell.id in world)
            artifacts = [
                self._artifact(cell, name, versions) for name in self._needs(cell.id, versions)
            ]
            held: set[str] = set()
            for ancestor in cell.ancestors:
                held |= {item.id for item in self.task.result(ancestor, KIND, pieces)}
            pieces[cell.id] = Piece(
                artifacts=tuple(item for item in artifacts if item and item.id not in held)
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
        if contradictory:
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
                self._solutions[key] = self._compiled(self._wishes(world), world, limits)
            except UnsolvableError:
                self._solutions[key] = None
        return self._solutions[key]

    def _compiled(
        self,
        wishes: Sequence[Wish],
        world: Collection[str],
        limits: Versions,
        pins: Versions | None = None,
    ) -> Versions:
        """Resolve wishes; cells of the world say which versions are preferred."""
        constraints = dict(pins or {})
        for kept in (wish for wish in wishes if isinstance(wish, Kept)):
            name, version = kept.artifact.name, kept.artifact.version
            if constraints.setdefault(name, version) != version:
                message = f"{name} is locked at both {version} and {constraints[name]}"
                raise UnsolvableError(message)
        cells = [cell for cell in self.cells if cell.id in world]
        distributions = self.target.compile(
            {wish.text for wish in wishes if isinstance(wish, Request)},
            constraints=constraints,
            limits=limits,
            preferences=_versions(self.task.preferred(cells, KIND)),
        )
        self._distributions |= {(one.name, one.version): one for one in distributions}
        return {one.name: one.version for one in distributions}

    def _wishes(self, world: Collection[str]) -> list[Wish]:
        """Return what cells ask for, and what is locked for those that are not resolved now."""
        wishes: list[Wish] = []
        for cell in self.cells:
            if cell.id not in world:
                continue
            wishes += requests(cell, PYTHON)
            wishes += self._kept([cell.id])
        return wishes

    def _kept(self, cells: Collection[str]) -> list[Kept]:
        """Return what is locked for those of these cells that are not resolved now."""
        kept = []
        for name in cells:
            if not self.task.resolves(name):
                kept += [Kept(name, artifact) for artifact in self.task.locked(name, KIND)]
        return kept

    def _needs(self, name: str, versions: Versions) -> Sequence[str]:
        """Return the packages that a cell and what it stands on need, at these versions."""
        key = name, frozenset(versions.items())
        if key not in self._needed:
            cell = self.task.graph.cells[name]
            texts: set[str] = set()
            for one in (*cell.ancestors, name):
                wanted = requests(self.task.graph.cells[one], PYTHON)
                texts.update(request.text for request in wanted)
            distributions = self.target.compile(texts, constraints=versions)
            self._needed[key] = [one.name for one in distributions]
        return self._needed[key]

    def _artifact(self, cell: Cell, name: str, versions: Versions) -> Artifact | None:
        """Return the file of a package: the locked one if it stays; None, with a problem recorded,
        if no wheel fits.
        """
        for kept in self._kept([one.id for one in self.cells]):
            if (kept.artifact.name, kept.artifact.version) == (name, versions[name]):
                return kept.artifact
        distribution = self._distributions[name, versions[name]]
        artifact = self.target.artifact(distribution)
        if artifact is None:
            wanted = requests(cell, PYTHON)
            self.problems.append(_no_file(self.task, self.target, distribution, wanted))
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


def _no_python(task: Task, cell: Cell) -> Problem:
    message = "asks for Python packages, but no axis of the layer is named python"
    return task.documents.of_layer(
        cell, PYTHON, message, "add it to `axes`, or stand `on` a layer that has it"
    )


def _no_file(
    task: Task, target: Target, distribution: Distribution, wanted: Sequence[Request]
) -> Problem:
    what = f"no wheel for Python {target.python} on {target.arch}"
    if wanted[0].key == SDISTS:
        what = "no source distribution"
    message = f"{distribution.name} {distribution.version} has {what}"
    hint = "ask for another version of it"
    for request in wanted:
        if named(request.text) == distribution.name:
            return task.documents.problem(request, message, hint)
    return task.documents.of_layer(wanted[0].cell, wanted[0].key, message, hint)


def _versions(artifacts: Mapping[str, Artifact]) -> dict[str, str]:
    return {name: artifact.version for name, artifact in artifacts.items()}
