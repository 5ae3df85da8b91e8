"""Julia packages: one choice of releases for all layers that may meet, and each cell's share of
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from builder.catalog.suggest import nearest
from builder.errors import Problem, listed
from builder.events import Step
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.kinds.julia import KEY
from builder.lock.julia import KIND, Need, Release, request, version_key
from builder.lock.julia import Request as Wanted
from builder.lock.model import Artifact
from builder.resolve.julia_ground import Ground, brought, ground
from builder.resolve.julia_server import Server
from builder.resolve.julia_solve import Chosen, Offers, UnfitError, Wish, choose, closure
from builder.resolve.meeting import images_of, meetings
from builder.resolve.task import Piece, Pieces, Resolved, Task, requests
from builder.resolve.worlds import ApartError, Versions, World, settle

SHOWN = 3


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Julia packages of all cells; see `builder.resolve.task.Resolver`."""
    server = Server(task)
    pieces: Pieces = {}
    problems: list[Problem] = []
    asking = [cell for cell in task.graph.cells.values() if requests(cell, KEY)]
    if not any(task.resolves(cell.id) for cell in asking):
        return Resolved()
    together: dict[tuple[str, str], list[Cell]] = {}
    grounds: dict[str, Ground] = {}
    for cell in asking:
        file = brought(cell, before)
        if file is None:
            message = "asks for Julia packages, but neither it nor a layer below has Julia"
            hint = "stand `on` a layer that has it"
            problems.append(task.documents.of_layer(cell, KEY, message, hint))
            continue
        if file.id not in grounds:
            grounds[file.id] = ground(task, file)
        together.setdefault((cell.point.get("arch", "amd64"), file.id), []).append(cell)
    for key, cells in together.items():
        if any(task.resolves(cell.id) for cell in cells):
            resolution = _Resolution(
                task=task, server=server, cells=cells, ground=grounds[key[1]], architecture=key[0]
            )
            pieces |= resolution.pieces()
            problems += resolution.problems
    return Resolved(pieces=pieces, problems=tuple(dict.fromkeys(problems)))


@dataclass(kw_only=True, slots=True)
class _Resolution:
    """The cells of one Julia: resolved all together if there is a solution, else in worlds."""

    task: Task
    server: Server
    cells: Sequence[Cell]
    """Those that ask for Julia packages, bottom first."""
    ground: Ground
    architecture: str
    problems: list[Problem] = field(default_factory=list)
    _requests: list[Request] = field(default_factory=list)
    _wishes: dict[str, list[Wish]] = field(default_factory=dict)
    _releases: dict[tuple[str, str], Release] = field(default_factory=dict)
    _refusals: dict[World, UnfitError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look up what is asked for."""
        for cell in self.cells:
            wishes = self._wishes.setdefault(cell.id, [])
            for one in requests(cell, KEY) if self.task.resolves(cell.id) else ():
                wanted = request(one.text)
                uuid = self._uuid(one, wanted) if wanted else ""
                if wanted and uuid:
                    need = Need(wanted.name, uuid, wanted.spec)
                    wishes.append(Wish(need, len(self._requests)))
                    self._requests.append(one)

    def pieces(self) -> Pieces:
        """Return each cell's share; nothing if there are problems."""
        worlds = [] if self.problems else self._worlds()
        pieces: Pieces = {}
        for cell in self.cells if worlds else ():
            if not self.task.resolves(cell.id):
                continue
            self.task.monitor(Step(cell.id, "running", "resolving Julia packages"))
            versions = next(versions for world, versions in worlds if cell.id in world)
            held: set[tuple[str, str]] = set()
            for ancestor in cell.ancestors:
                there = self.task.result(ancestor, KIND, pieces)
                held |= {(item.name, item.version) for item in there}
            share = closure(self._wishes[cell.id], self._chosen(versions), self.ground)
            added = [one for one in share if (one.name, one.version) not in held]
            artifacts = self.server.artifacts(added, self.architecture, self.ground.version)
            pieces[cell.id] = Piece(artifacts=tuple(artifacts))
        return pieces

    def _uuid(self, asked: Request, wanted: Wanted) -> str:
        """Return the UUID of what is asked for; record a problem where that cannot be told."""
        if wanted.name in self.ground.names:
            message, hint = f"{wanted.name} is a part of Julia {self.ground.version}", "remove it"
        else:
            known = self._locked_uuid(asked, wanted)
            there = [known] if known else [one.uuid for one in self.server.named(wanted.name)]
            fitting = [one for one in there if wanted.uuid in {"", one}]
            if len(fitting) == 1:
                return fitting[0]
            message, hint = self._ambiguous(wanted, there)
        self.problems.append(self.task.documents.problem(asked, message, hint))
        return ""

    def _locked_uuid(self, asked: Request, wanted: Wanted) -> str:
        before = self.task.preferred([asked.cell], KIND).get(wanted.name)
        return self.server.locked(before).uuid if before else ""

    def _ambiguous(self, wanted: Wanted, there: Sequence[str]) -> tuple[str, str]:
        if not there:
            message = f"the package server has no package {wanted.name}"
            return message, nearest(wanted.name, self.server.names())
        if wanted.uuid:
            message = f"no package {wanted.name} has the UUID {wanted.uuid}"
        else:
            message = f"{len(there)} packages are called {wanted.name}"
        return message, f"write {' or '.join(f'{wanted.name}={uuid}' for uuid in sorted(there))}"

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
                order=version_key,
            )
        except ApartError as error:
            self.problems.append(self._apart(error))
            return []

    def _refuse(self, meeting: World) -> None:
        self.problems += self._explained(meeting)

    def _solve(self, world: World, limits: Versions) -> Versions | None:
        """Return the versions of all packages of a world, by UUID; None without a solution."""
        wishes: list[Wish] = []
        for name in sorted(world):
            wishes += self._wishes[name]
        # What is locked is tried by itself: the server is asked where that does not do.
        chosen: Chosen = {}
        for is_all in (False, True):
            try:
                offers = self._offers(world, limits, is_all=is_all)
                chosen = choose(wishes, offers, self.ground)
                break
            except UnfitError as error:
                self._refusals[world] = error
        else:
            return None
        self._releases |= {(one.uuid, one.version): one for one in chosen.values()}
        return {uuid: one.version for uuid, one in chosen.items()}

    def _chosen(self, versions: Versions) -> Chosen:
        return {uuid: self._releases[uuid, version] for uuid, version in versions.items()}

    def _needs(self, name: str, versions: Versions) -> list[str]:
        """Return the UUIDs that a cell needs, at these versions."""
        taken = closure(self._wishes[name], self._chosen(versions), self.ground)
        return [one.uuid for one in taken]

    def _offers(self, world: World, limits: Versions, *, is_all: bool = True) -> Offers:
        """Return what gives the releases of a package in a world: only that of a cell which stays,
        if one has it; else the locked ones, and those of the registries, the newest first, if it
        gives `all`.
        """
        fixed, preferred = self._locked(world, stays=True), self._locked(world, stays=False)
        moving = self.task.bounded([cell for cell in self.cells if cell.id in world], (KIND,))
        known: dict[str, list[Release]] = {}

        def offers(uuid: str) -> list[Release]:
            if uuid not in known:
                found = fixed.get(uuid) or preferred.get(uuid, [])
                if is_all and uuid not in fixed:
                    found = self._known(found, uuid, moving)
                limit = limits.get(uuid)
                known[uuid] = [
                    one
                    for one in found
                    if limit is None or version_key(one.version) <= version_key(limit)
                ]
            return known[uuid]

        return offers

    def _known(
        self, preferred: Sequence[Release], uuid: str, moving: Mapping[str, list[Artifact]]
    ) -> list[Release]:
        """Return what may be chosen of a package, the most wanted first. What is moving moves only
        so far.
        """
        found = list(preferred)
        for one in self.server.releases(uuid, self.ground.version):
            if one.yanked or self.ground.obstacle(one):
                continue
            held = moving.get(one.name, ())
            self.task.compare(held, one.version)
            if not held or any(self.task.admits(item, one.version) for item in held):
                found.append(one)
        return list({one.version: one for one in reversed(found)}.values())[::-1]

    def _locked(self, world: World, *, stays: bool) -> dict[str, list[Release]]:
        """Return the locked releases of cells that stay, or those preferred for the others, by
        UUID; the newest first.
        """
        locked: dict[str, dict[str, Release]] = {}
        for cell in self.cells:
            if cell.id not in world or self.task.resolves(cell.id) == stays:
                continue
            for item in self.task.locked(cell.id, KIND):
                one = self.server.locked(item)
                is_held = stays or not self.task.upgrades(item.name)
                if is_held and not self.ground.obstacle(one):
                    locked.setdefault(one.uuid, {})[one.version] = one
        return {
            uuid: [items[version] for version in sorted(items, key=version_key, reverse=True)]
            for uuid, items in locked.items()
        }

    def _explained(self, meeting: World) -> list[Problem]:
        """Return why a meeting has no solution: a problem for each request that has none by itself;
        if there is none, one for all of them together.
        """
        offers = self._offers(meeting, {})
        problems = []
        for name in sorted(meeting):
            for wish in self._wishes[name]:
                try:
                    choose([wish], offers, self.ground)
                except UnfitError as error:
                    problems.append(self._problem(error, wish.root, meeting))
        if problems:
            return problems
        whole = self._refusals[meeting]
        roots = [wish.root for wish in whole.wishes if wish.root >= 0]
        for name in sorted(meeting):
            roots += [wish.root for wish in self._wishes[name]]
        return [self._problem(whole, roots[0], meeting)]

    def _problem(self, error: UnfitError, root: int, world: World) -> Problem:
        asked = self._requests[root]
        fixed = self._locked(world, stays=True)
        lines = [self._described(wish, root) for wish in error.wishes]
        message = listed(list(dict.fromkeys(lines)), SHOWN, " and ")
        hint = "ask for compatible versions, or leave one of the layers out of these images"
        alone = {wish.need.uuid for wish in error.wishes}
        if len(error.wishes) == 1:
            (wish,) = error.wishes
            message, hint = self._lacking(wish)
        for uuid in alone & fixed.keys():
            one = fixed[uuid][0]
            message += f", and {one} is locked in another layer"
            hint = f"run `catalog lock --upgrade {one.name}`"
        if not any(wish.root == root for wish in error.wishes):
            message = f"{asked.text} cannot be installed: {message}"
        cells = {self._requests[wish.root].cell.id for wish in error.wishes if wish.root >= 0}
        images = images_of(self.task.graph, cells) if len(cells) > 1 else []
        met = f"; the layers meet in {listed(images, SHOWN)}" if images else ""
        return self.task.documents.problem(asked, message + met, hint)

    def _lacking(self, wish: Wish) -> tuple[str, str]:
        """Return why no release answers a single wish, and what to do about it."""
        known = self.server.releases(wish.need.uuid, self.ground.version)
        fitting = [one for one in known if wish.need.spec.admits(one.version)]
        if not known:
            return f"{wish}, and the package server has no such package", ""
        if not fitting:
            there = listed([one.version for one in known], SHOWN)
            return f"{wish}, and the package server has {there}", ""
        usable = [one for one in fitting if not one.yanked]
        if not usable:
            gone = listed([one.version for one in fitting], SHOWN)
            return f"{wish}, and {gone} is yanked", "ask for another version"
        obstacle = self.ground.obstacle(usable[0])
        hint = f"ask for another release, as in {wish.need.name}@1.2, or for another Julia"
        return (f"{wish}, but {obstacle}" if obstacle else str(wish)), hint

    def _described(self, wish: Wish, root: int) -> str:
        if wish.root in {-1, root}:
            return str(wish)
        asked = self._requests[wish.root]
        return f"{wish} of {asked.cell.name} ({self.task.documents.place(asked)})"

    def _apart(self, error: ApartError) -> Problem:
        """Return the problem that shared cells would need two versions of a package."""
        cell = self.task.graph.cells[error.cells[0]]
        name = next(one.name for (uuid, _), one in self._releases.items() if uuid == error.package)
        message = (
            f"{cell.name} can have only one version of {name} for all images, and layers above it"
            f" ask for {' and '.join(error.versions)}"
        )
        hint = "ask for compatible versions, or remove the package from the shared layer"
        return self.task.documents.of_layer(cell, KEY, message, hint)
