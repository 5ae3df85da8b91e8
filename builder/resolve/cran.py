"""R packages: one choice of releases for all layers that may meet, and each cell's share of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from graphlib import CycleError

from builder.catalog.suggest import nearest
from builder.errors import Problem, listed
from builder.events import Step
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.kinds.r import KEY
from builder.lock.cran import (
    KIND,
    Asking,
    Ground,
    GroundError,
    Offers,
    UnfitError,
    Wish,
    choose,
    closure,
    in_order,
    of_debian_name,
)
from builder.lock.description import R, Release, Requirement, of_debian, requirement
from builder.lock.model import Artifact
from builder.lock.version import newest, r_key
from builder.resolve.cran_repository import Repository
from builder.resolve.meeting import images_of, meetings
from builder.resolve.task import Piece, Pieces, Resolved, Task, groups, requests
from builder.resolve.worlds import ApartError, Versions, World, settle

AXES = ("debian", "arch", "r")
R_AXIS = "r"
INTERPRETERS = {"deb": "r-base-core", "source": "r-base"}
"""Kind -> Debian's package of R itself, installed or built by a layer."""
SHOWN = 3
Refusal = UnfitError | GroundError
Before = Mapping[str, Sequence[Artifact]]


def resolve(task: Task, before: Before) -> Resolved:
    """Resolve the R packages of all cells; see `builder.resolve.task.Resolver`."""
    repository = Repository(task)
    pieces: Pieces = {}
    problems: list[Problem] = []
    for cells in groups(task.graph.cells.values(), AXES).values():
        asking = [cell for cell in cells if requests(cell, KEY)]
        if not any(task.resolves(cell.id) for cell in asking):
            continue
        grounds = {cell.id: ground(cell, before) for cell in asking}
        without = [cell for cell in asking if grounds[cell.id] is None]
        problems += [_no_r(task, cell) for cell in without]
        if without:
            continue
        resolution = _Resolution(
            task=task,
            repository=repository,
            cells=asking,
            grounds={name: one for name, one in grounds.items() if one},
        )
        pieces |= resolution.pieces()
        problems += resolution.problems
    return Resolved(pieces=pieces, problems=tuple(dict.fromkeys(problems)))


def ground(cell: Cell, before: Before) -> Ground | None:
    """Return what a cell's packages are installed on; None where there is no R.

    R and Debian's R packages are those of the cell itself and of what it stands on, also where a
    layer builds them from Debian's sources.
    """
    r: list[str] = []
    held: dict[str, str] = {}
    for name in (*cell.ancestors, cell.id):
        for artifact in before.get(name, ()):
            if artifact.kind not in INTERPRETERS:
                continue
            version = of_debian(artifact.version)
            if artifact.name == INTERPRETERS[artifact.kind]:
                r.append(version)
            elif package := of_debian_name(artifact.name):
                held[package] = newest(KIND, [version, held.get(package, version)])
    if r:
        return Ground(r=newest(KIND, r), held=held)
    axis = cell.point.get(R_AXIS)
    return Ground(r=axis, is_exact=False, held=held) if axis else None


def _no_r(task: Task, cell: Cell) -> Problem:
    message = "asks for R packages, but neither it nor a layer below has R"
    return task.documents.of_layer(cell, KEY, message, "stand `on` a layer that has it")


@dataclass(kw_only=True, slots=True)
class _Resolution:
    """The cells of one R: resolved all together if there is a solution, else in worlds."""

    task: Task
    repository: Repository
    cells: Sequence[Cell]
    """Those that ask for R packages, bottom first."""
    grounds: Mapping[str, Ground]
    problems: list[Problem] = field(default_factory=list)
    _requests: list[Request] = field(default_factory=list)
    _asking: dict[str, Asking] = field(default_factory=dict)
    _releases: dict[tuple[str, str], Release] = field(default_factory=dict)
    _refusals: dict[World, Refusal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the requests."""
        for cell in self.cells:
            wishes = []
            for request in requests(cell, KEY):
                if wanted := requirement(request.text):
                    wishes.append(Wish(wanted, len(self._requests)))
                    self._requests.append(request)
            self._asking[cell.id] = Asking(self.grounds[cell.id], tuple(wishes))

    def pieces(self) -> Pieces:
        """Return each cell's share; nothing if there are problems."""
        worlds = self._worlds()
        pieces: Pieces = {}
        for cell in self.cells if worlds else ():
            if not self.task.resolves(cell.id):
                continue
            self.task.monitor(Step(cell.id, "running", "resolving R packages"))
            versions = next(versions for world, versions in worlds if cell.id in world)
            held: set[str] = set()
            for ancestor in cell.ancestors:
                held |= {item.name for item in self.task.result(ancestor, KIND, pieces)}
            share = [
                self._releases[name, versions[name]] for name in self._needs(cell.id, versions)
            ]
            added = [one for one in share if one.name not in held]
            if self._can_be_ordered(cell, added):
                pieces[cell.id] = Piece(artifacts=tuple(self.repository.artifacts(added)))
        return pieces

    def _worlds(self) -> list[tuple[World, Versions]]:
        """Return the worlds with their versions; nothing if there are conflicts."""
        everything = frozenset(cell.id for cell in self.cells)
        try:
            return settle(
                everything,
                partial(meetings, self.task.graph, everything),
                self._solve,
                self._needs,
                refuse=self._refuse,
                order=r_key,
            )
        except ApartError as error:
            self.problems.append(self._apart(error))
            return []

    def _refuse(self, meeting: World) -> None:
        self.problems += self._explained(meeting)

    def _solve(self, world: World, limits: Versions) -> Versions | None:
        """Return the versions of all packages of a world; None when there is no solution."""
        resolved = [name for name in self._asking if name in world and self.task.resolves(name)]
        asking = [self._asking[name] for name in resolved]
        try:
            chosen = choose(asking, self._offers(world, limits))
        except (UnfitError, GroundError) as error:
            self._refusals[world] = error
            return None
        self._releases |= {(one.name, one.version): one for one in chosen.values()}
        return {name: one.version for name, one in chosen.items()}

    def _needs(self, name: str, versions: Versions) -> list[str]:
        """Return the packages that a cell needs, at these versions; none for one that stays."""
        if not self.task.resolves(name):
            return []
        taken = closure(
            self._asking[name],
            lambda wish: self._releases[wish.requirement.name, versions[wish.requirement.name]],
        )
        return list(taken)

    def _offers(self, world: World, limits: Versions) -> Offers:
        """Return what gives the releases of a package in a world: only that of a cell which stays,
        if one has it; else the locked ones, the newest one, and those that are named by version.
        """
        fixed = self._locked(world, stays=True)
        preferred = self._locked(world, stays=False)
        moving = self.task.bounded([cell for cell in self.cells if cell.id in world], (KIND,))
        named: dict[str, list[str]] = {}
        for cell in sorted(world):
            for wish in self._asking[cell].wishes:
                if wish.requirement.operator == "==":
                    named.setdefault(wish.requirement.name, []).append(wish.requirement.version)

        def offers(wanted: Requirement) -> Iterator[Release]:
            name, limit = wanted.name, limits.get(wanted.name)
            if name in fixed:
                yield from fixed[name]
                return
            exact = [*named.get(name, ()), *([limit] if limit else [])]
            held = moving.get(name, ())
            for release in self._known(wanted, preferred.get(name, ()), held, exact):
                if limit is None or r_key(release.version) <= r_key(limit):
                    yield release

        return offers

    def _known(
        self,
        wanted: Requirement,
        preferred: Sequence[Release],
        held: Sequence[Artifact],
        exact: Sequence[str],
    ) -> Iterator[Release]:
        """Yield releases, the most wanted first; the repository is asked when none before does.
        What is `held` moves only so far, unless a layer asks for more.
        """
        yield from preferred
        for release in self.repository.newest(wanted.name):
            self.task.compare(held, release.version)
            if not held or any(self.task.admits(item, release.version) for item in held):
                yield release
        yield from map(self.repository.locked, held)
        own = [wanted.version] if wanted.operator == "==" else []
        for version in dict.fromkeys([*own, *exact]):
            if named := self.repository.exactly(wanted.name, version):
                yield named

    def _locked(self, world: World, *, stays: bool) -> dict[str, list[Release]]:
        """Return the locked releases of cells that stay, or those preferred for the others; the
        newest first.
        """
        locked: dict[str, dict[str, Artifact]] = {}
        for cell in self.cells:
            if cell.id not in world or self.task.resolves(cell.id) == stays:
                continue
            for item in self.task.locked(cell.id, KIND):
                if stays or not self.task.upgrades(item.name):
                    locked.setdefault(item.name, {})[item.version] = item
        return {
            name: [
                self.repository.locked(items[version])
                for version in sorted(items, key=r_key, reverse=True)
            ]
            for name, items in locked.items()
        }

    def _can_be_ordered(self, cell: Cell, releases: Sequence[Release]) -> bool:
        """Tell whether packages can be installed one after the other; record a problem if not."""
        needs = {one.name: [need.name for need in one.needs] for one in releases}
        try:
            in_order(needs)
        except CycleError as error:
            circle = " → ".join(error.args[1])
            message = f"these R packages need each other: {circle}"
            self.problems.append(self.task.documents.of_layer(cell, KEY, message))
            return False
        return True

    def _explained(self, meeting: World) -> list[Problem]:
        """Return why a meeting has no solution: a problem for each request that has none by itself;
        if there is none, one for all of them together.
        """
        whole = self._refusals[meeting]
        offers = self._offers(meeting, {})
        problems = []
        for name in sorted(meeting):
            asking = self._asking[name]
            for wish in asking.wishes if self.task.resolves(name) else ():
                try:
                    choose([Asking(asking.ground, (wish,))], offers)
                except (UnfitError, GroundError) as error:
                    problems.append(self._problem(error, meeting))
        return problems or [self._problem(whole, meeting)]

    def _problem(self, error: Refusal, world: World) -> Problem:
        request = self._requests[error.wish.root]
        if isinstance(error, GroundError):
            message = f"{error.wish}, and here is R {error.ground.r}"
            by = error.wish.by
            hint = f"ask for an older release: {by.name} (== VERSION)" if by else ""
        else:
            message, hint = self._unfit(error, world)
        if error.wish.by is not None:
            message = f"{request.text} cannot be installed: {message}"
        return self.task.documents.problem(request, message, hint)

    def _unfit(self, error: UnfitError, world: World) -> tuple[str, str]:
        """Return why no release of a package does, and what to do about it."""
        wish, name = error.wish, error.wish.requirement.name
        fixed = self._locked(world, stays=True)
        if name in fixed:
            message = f"{wish}, and {name} {fixed[name][0].version} is locked in another layer"
            return message, f"run `catalog lock --upgrade {name}`"
        if not error.obstacles:
            hint = "" if wish.by else nearest(name, self.repository.names())
            archived = f"what is archived alone is asked for by its version: {name} (== VERSION)"
            return f"{wish}, and the repository has no such package", hint or archived
        against = [one for one in error.obstacles.values() if one.requirement.name != name]
        others = [one for one in error.obstacles.values() if one.root != wish.root]
        if others and not against:
            cells = {self._requests[one.root].cell.id for one in (*others, wish)}
            images = images_of(self.task.graph, cells) if len(cells) > 1 else []
            met = f"; the layers meet in {listed(images, SHOWN)}" if images else ""
            rivals = listed([self._described(one) for one in others], SHOWN, " and ")
            hint = "ask for compatible versions, or leave one of the layers out of these images"
            return f"{wish} is incompatible with {rivals}{met}", hint
        if against:
            reasons = [self._obstacle(one) for one in against]
            return listed(reasons, SHOWN, "; "), f"ask for an older release: {name} (== VERSION)"
        there = listed(list(error.obstacles), SHOWN)
        hint = f"an older one that is archived is asked for by its version: {name} (== VERSION)"
        return f"{wish}, and the repository has {there}", hint

    def _obstacle(self, wish: Wish) -> str:
        if wish.requirement.name != R:
            return f"{wish}, which cannot be had"
        return f"{wish}, and here is R {self.grounds[self._requests[wish.root].cell.id].r}"

    def _described(self, wish: Wish) -> str:
        request = self._requests[wish.root]
        return f"{wish} of {request.cell.name} ({self.task.documents.place(request)})"

    def _apart(self, error: ApartError) -> Problem:
        """Return the problem that shared cells would need two versions of a package."""
        cell = self.task.graph.cells[error.cells[0]]
        message = (
            f"{cell.name} can have only one version of {error.package} for all images, and layers"
            f" above it ask for {' and '.join(error.versions)}"
        )
        hint = "ask for compatible versions, or remove the package from the shared layer"
        return self.task.documents.of_layer(cell, KEY, message, hint)
