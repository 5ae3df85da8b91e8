"""Debian packages: every cell resolved against what it stands on, and every image checked as a
whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from builder.catalog.origins import parted
from builder.errors import Problem, listed
from builder.events import Note, Step
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.kinds.backport import KIND as SOURCES
from builder.lock.backport import built
from builder.lock.bound import Reach
from builder.lock.deb import Complaint, Stanza
from builder.lock.model import Artifact
from builder.resolve import backport, built_with, interpreter
from builder.resolve.meeting import images_of, meetings
from builder.resolve.refused import AptRefusedError
from builder.resolve.repository import doubled, unknown
from builder.resolve.suite import (
    BUILD,
    BUILD_DEPENDENCY,
    KIND,
    NEEDS,
    Suite,
    open_suite,
)
from builder.resolve.task import Piece, Pieces, Resolved, Task, groups, requests

AXES = ("debian", "arch")
APT = "apt"
# `name`, `name=version`, `name/suite` or `name:architecture`, as apt takes them.
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")
APART = "remove one of the packages, or `exclude` the image"
SHOWN = 3


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Debian packages of all cells; see `builder.resolve.task.Resolver`."""
    pieces: Pieces = {}
    archives: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    for (release, arch), cells in groups(task.graph.cells.values(), AXES).items():
        mine = [cell for cell in cells if task.resolves(cell.id) and _asks(cell)]
        if not mine:
            continue
        if not release:
            problems += [_no_release(task, cell) for cell in mine]
            continue
        suite = open_suite(task, release, arch or "amd64", cells)
        archives |= suite.states
        locked = task.preferred(cells, KIND) | task.preferred(cells, BUILD)
        resolution = _DebianResolution(
            task=task, suite=suite, pieces=pieces, locked=locked, before=before
        )
        for cell in mine:
            task.monitor(Step(cell.id, "running", "resolving Debian packages"))
            resolution.cell(cell)
        if not resolution.problems:
            resolution.check_images(cells, mine)
        problems += resolution.problems
    return Resolved(pieces=pieces, archives=archives, problems=tuple(problems))


def _asks(cell: Cell) -> bool:
    layer = cell.layer
    return bool(layer.apt or layer.build or layer.bootstrap or layer.backports)


def _no_release(task: Task, cell: Cell) -> Problem:
    key = APT if cell.layer.apt else BUILD
    message = "asks for Debian packages, but no axis of the layer is named debian"
    return task.documents.of_layer(cell, key, message, "stand `on` a layer made by `bootstrap`")


@dataclass(kw_only=True, slots=True)
class _DebianResolution:
    """The cells of one release, resolved bottom first."""

    task: Task
    suite: Suite
    pieces: Pieces
    locked: Mapping[str, Artifact]
    """Packages that keep their versions, by name."""
    before: Mapping[str, Sequence[Artifact]]
    """The source packages of each cell, which are built and installed, too."""
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def cell(self, cell: Cell) -> None:
        """Resolve one cell: what its packages add to those of its ancestors."""
        apt = self._existing(requests(cell, APT))
        build = self._existing(requests(cell, BUILD))
        if self.failed.intersection(cell.ancestors):
            self.failed.add(cell.id)
            return
        owners = self._owners(cell)
        held = [self.suite.stanza(artifact) for artifact, _ in owners.values()]
        sources = self._sources(cell.id)
        for name in (*cell.ancestors, cell.id):
            held += backport.stanzas(self._sources(name))
        essential = self.suite.index.essential() if cell.layer.bootstrap else []
        added = self._install(cell, held, apt, owners, essential)
        needed = None if added is None else self._install(cell, held + added, build, owners)
        with_them = built_with.resolve(self.task, self.suite, cell, self.pieces, sources)
        self.problems += with_them.problems
        if added is None or needed is None or with_them.problems:
            self.failed.add(cell.id)
            return
        asked = {_name(request.text) for request in apt} | set(essential)
        debs = [stanza.artifact() for stanza in added]
        self.pieces[cell.id] = Piece(
            artifacts=(
                *debs,
                *(stanza.artifact(BUILD) for stanza in needed),
                *(stanza.artifact(BUILD_DEPENDENCY) for stanza in with_them.stanzas),
            ),
            auto=tuple(sorted({artifact.name for artifact in debs} - asked)),
        )
        below = [self.task.graph.cells[name] for name in cell.ancestors]
        here = [*debs, *(artifact for artifact, _ in owners.values())]
        self.problems += interpreter.check(self.task.documents, self.suite, cell, below, here)

    def check_images(self, cells: Sequence[Cell], changed: Sequence[Cell]) -> None:
        """Check that the packages of all layers of each image are compatible.

        The packages of each cell are complete. So if a set of cells is compatible, all its
        subsets are: only the largest sets are checked.
        """
        moved = {cell.id for cell in changed}
        for meeting in meetings(self.task.graph, [cell.id for cell in cells]):
            if not moved.intersection(meeting):
                continue
            owners: dict[str, tuple[Artifact, str]] = {}
            stanzas = {}
            for name in sorted(self._comparable(meeting)):
                for artifact in self.task.result(name, KIND, self.pieces):
                    owners[artifact.name] = artifact, name
                    stanzas[artifact.id] = self.suite.stanza(artifact)
                sources = self._sources(name)
                owners |= {one: (made, name) for one, made in built(sources).items()}
                stanzas |= {made.text: made for made in backport.stanzas(sources)}
            self.problems += [
                self._apart(complaint, sentence, owners)
                for complaint, sentence in sentences(
                    self.suite.complaints(stanzas.values()), owners
                )
            ]

    def _comparable(self, meeting: Collection[str]) -> set[str]:
        """Return the cells whose packages are known, and those of what they stand on: a repository
        that does not answer holds back nothing else.
        """
        unknown_cells = set()
        for name in meeting:
            if any(map(self.suite.lacks, self.task.result(name, KIND, self.pieces))):
                unknown_cells.add(name)
                why = f"the packages of {name} are not compared with others: they are not known now"
                self.task.monitor(Note(why, "warning"))
        cells = self.task.graph.cells
        return {
            name for name in meeting if unknown_cells.isdisjoint((*cells[name].ancestors, name))
        }

    def _apart(
        self, complaint: Complaint, sentence: str, owners: Mapping[str, tuple[Artifact, str]]
    ) -> Problem:
        """Return the problem that two layers of an image have packages that conflict."""
        cells = self.task.graph.cells
        names = [name for name in (complaint.package, complaint.other) if name in owners]
        if not names:
            return Problem(str(complaint.package), 0, 0, sentence, APART)
        both = {owners[name][1] for name in names}
        images = images_of(self.task.graph, both)
        message = f"{sentence}; they meet in {listed(images, SHOWN)}" if images else sentence
        last = cells[owners[names[-1]][1]]
        request = Request(last, APT, names[-1])
        return self.task.documents.problem(request, message, APART)

    def _existing(self, wanted: Sequence[Request]) -> list[Request]:
        """Return the requests for packages that exist; the others are problems."""
        existing = []
        self.problems += doubled(self.task, wanted)
        for request in wanted:
            name, repository = _name(request.text), parted(request.text)[1]
            index = self.suite.index
            if index.knows(name, repository):
                existing.append(request)
            elif repository:
                one = request.cell.repositories[repository]
                self.problems.append(unknown(self.task, request, index, name, one))
            else:
                message = f"Debian {self.suite.release} has no package {name!r}"
                having = [f"{name}/{origin}" for origin in index.origins(name)]
                hint = f"write {having[0]!r}" if having else index.nearest(name)
                self.problems.append(self.task.documents.problem(request, message, hint))
        return existing

    def _sources(self, cell: str) -> list[Artifact]:
        """Return the source packages that are built for a cell."""
        return [item for item in self.before.get(cell, ()) if item.kind == SOURCES]

    def _owners(self, cell: Cell) -> dict[str, tuple[Artifact, str]]:
        """Return the packages that a cell stands on, by name, each with the cell that has it."""
        owners = {}
        for ancestor in cell.ancestors:
            for artifact in self.task.result(ancestor, KIND, self.pieces):
                owners[artifact.name] = artifact, ancestor
        return owners

    def _install(
        self,
        cell: Cell,
        held: Sequence[Stanza],
        wanted: Sequence[Request],
        owners: Mapping[str, tuple[Artifact, str]],
        also: Sequence[str] = (),
    ) -> list[Stanza] | None:
        """Return what a cell's requests add; None, with problems recorded, if apt refuses."""
        names = [request.text for request in wanted]
        try:
            return self.suite.install(held, [*also, *names], cell.repositories)
        except AptRefusedError as error:
            refusal = error
        alone = [(request, self._refused(held, request)) for request in wanted]
        culprits = [(request, why) for request, why in alone if why is not None]
        if not culprits:
            # Each can be installed, but not all of them together.
            named = {one.package for one in refusal.complaints}
            named |= {one.other for one in refusal.complaints}
            together = [request for request in wanted if _name(request.text) in named]
            culprits = [(request, refusal) for request in together or wanted[:1]]
        for request, why in culprits:
            message, hint = self._explained(request, why, owners)
            self.problems.append(self.task.documents.problem(request, message, hint))
        if not wanted:
            message = f"apt cannot install the packages of {cell.id}:\n{refusal.said}"
            self.problems.append(self.task.documents.of_layer(cell, APT, message))
        return None

    def _refused(self, held: Sequence[Stanza], request: Request) -> AptRefusedError | None:
        """Return why apt cannot install one package alone; None when it can."""
        try:
            self.suite.install(held, [request.text], request.cell.repositories)
        except AptRefusedError as error:
            return error
        return None

    def _explained(
        self, request: Request, why: AptRefusedError, owners: Mapping[str, tuple[Artifact, str]]
    ) -> tuple[str, str]:
        """Return why a package cannot be installed, and what to do about it."""
        name, version = _name(request.text), request.text.partition("=")[2]
        versions = self.suite.index.versions(name)
        if version and version not in versions:
            message = f"Debian {self.suite.release} has no {name} {version}"
            return message, f"it has {listed(versions, SHOWN)}"
        present = {name: (artifact, "the lock") for name, artifact in self.locked.items()}
        present.update(owners)
        reasons = [sentence for _, sentence in sentences(why.complaints, present)]
        needed = [one.other for one in why.complaints if one.relation in NEEDS]
        stale = {name for name in needed if name in present}
        for other, old, new in why.upgrades:
            reasons.append(f"it needs {other} {new}, but {_owner(other, owners)} has {old}")
            stale.add(other)
            is_debians = new in self.suite.index.versions(other)
            having = [one for one in request.cell.repositories if not is_debians]
            if having and other in owners:
                message = f"{request.text} cannot be installed: {'; '.join(reasons)}"
                return (
                    message,
                    f"ask for {other}/{having[0]} in {owners[other][1].partition('@')[0]}",
                )
        reasons += [
            f"it conflicts with {other} of {_owner(other, owners)}" for other in why.removals
        ]
        message = f"{request.text} cannot be installed: {'; '.join(reasons) or why.said}"
        missing = [name for name in needed if not self.suite.index.knows(name)]
        return message, self._advice(stale, missing)

    def _advice(self, stale: Collection[str], missing: Sequence[str]) -> str:
        """Return what to do if packages have the wrong version, or do not exist."""
        if missing:
            return f"Debian {self.suite.release} has no {listed(missing, SHOWN)} in main"
        locked = sorted(name for name in stale if not self.task.upgrades(name))
        if locked:
            return f"run `catalog lock --upgrade {' '.join(locked)}`"
        if stale and self.task.within is not Reach.MAJOR:
            names = " ".join(sorted(stale))
            return f"run `catalog lock --upgrade {names}` without --within {self.task.within}"
        return "remove one of the packages, or ask for another version"


def _name(text: str) -> str:
    """Return the package that a request names."""
    match = NAME.match(text)
    return match[0] if match else text


def _owner(name: str, owners: Mapping[str, tuple[Artifact, str]]) -> str:
    return owners[name][1] if name in owners else "what it stands on"


def sentences(
    complaints: Sequence[Complaint], owners: Mapping[str, tuple[Artifact, str]]
) -> list[tuple[Complaint, str]]:
    """Return each complaint with a sentence that names the cells of its packages."""
    return [(one, _sentence(one, complaints, owners)) for one in complaints]


def _sentence(
    complaint: Complaint,
    complaints: Sequence[Complaint],
    owners: Mapping[str, tuple[Artifact, str]],
) -> str:
    package = complaint.package
    if package in owners:
        package = f"{package} of {owners[package][1]}"
    verb = "needs" if complaint.relation in NEEDS else "conflicts with"
    sentence = f"{package} {verb} {complaint.wants}"
    if complaint.other in owners:
        artifact, owner = owners[complaint.other]
        return f"{sentence}, but {owner} has {artifact.name} {artifact.version}"
    # A virtual package is provided by the other packages that have the same complaint.
    rivals = [
        f"{one.package} of {owners[one.package][1]}"
        for one in complaints
        if one.other == complaint.other
        and one.package != complaint.package
        and one.package in owners
    ]
    if rivals:
        return f"{sentence}, as {listed(rivals, SHOWN)} does"
    return sentence
