"""Debian packages: one moment of the archive, every cell resolved against what it stands on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import BuilderError, InputError, Problem, ToolError
from builder.events import Note, Step
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror
from builder.graph.model import Cell
from builder.lock.deb import Index, Simulation, Stanza, pins, simulation, status
from builder.lock.model import Artifact
from builder.resolve.task import Found, Piece, Pieces, Task, asked, groups
from builder.tools.apt import Apt, Source

AXES = ("debian", "arch")
KIND, BUILD = "deb", "build"
MISSING = re.compile(r"^E: (?:Unable to locate package |Package ')(?P<name>[^\s']+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """One Debian release on one architecture, as it is at one moment."""

    release: str
    arch: str
    apt: Apt
    index: Index

    def stanza(self, artifact: Artifact) -> Stanza:
        """Return the stanza of a package that some cell holds."""
        arch = artifact.id.rpartition(":")[2]
        found = self.index.find(artifact.name, artifact.version, arch)
        if found is None:
            raise BuilderError(
                f"{artifact.name} {artifact.version} is locked, and no longer in the archive of {self.release}",
                hint="run `catalog lock --upgrade`",
            )
        return found


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve the Debian packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces: Pieces = {}
    archives: dict[str, Mapping[str, str]] = {}
    for (release, arch), cells in groups(task.graph.cells.values(), AXES).items():
        mine = [cell for cell in cells if task.resolves(cell.id) and (cell.layer.apt or cell.layer.build or cell.layer.bootstrap)]
        if not mine:
            continue
        if not release:
            raise InputError([Problem(cell.name, 0, 0, "asks for Debian packages, and depends on no axis named debian") for cell in mine])
        archive = open_archive(task, release, arch or "amd64", cells)
        archives |= archive.apt.releases()
        for cell in mine:
            task.monitor(Step(cell.id, "running", "resolving Debian packages"))
            pieces[cell.id] = _cell(task, archive, cell, pieces)
    return Found(pieces=pieces, archives=archives)


def open_archive(task: Task, release: str, arch: str, cells: Sequence[Cell]) -> Archive:
    """Fetch the indexes of a release as they are now."""
    settings = task.settings
    main, security = (debian_mirror(origin, settings) for origin in (DEBIAN, SECURITY))
    apt = Apt(root=settings.cache / "apt" / f"{release}-{arch}", arch=arch, ca_bundle=settings.ca_bundle)
    locked = task.preferred(cells, KIND) | task.preferred(cells, BUILD)
    apt.prepare(
        [
            Source(uri=main, suites=(release, f"{release}-updates"), keyring=settings.keyring),
            Source(uri=security, suites=(f"{release}-security",), keyring=settings.keyring),
        ],
        preferences=pins({name: artifact.version for name, artifact in locked.items()}),
    )
    task.monitor(Note(f"reading the archive of {release}"))
    apt.update()
    index = Index()
    for uri, _, path in apt.indexes():
        index.add(path.read_text(), SECURITY if uri.startswith(security + "/") else DEBIAN)
    return Archive(release=release, arch=arch, apt=apt, index=index)


def _cell(task: Task, archive: Archive, cell: Cell, pieces: Pieces) -> Piece:
    """Resolve one cell: what installing its packages adds to what its ancestors hold."""
    below = [artifact for ancestor in cell.ancestors for artifact in task.result(ancestor, KIND, pieces)]
    names = asked(cell, cell.layer.apt)
    first = archive.index.essential() if cell.layer.bootstrap else []
    held = [archive.stanza(artifact) for artifact in below]
    added = _simulate(archive, cell, held, first + names)
    own = {name.partition("=")[0] for name in first + names}
    for_build = asked(cell, cell.layer.build)
    build = _simulate(archive, cell, held + added, for_build) if for_build else []
    return Piece(
        artifacts=tuple(stanza.artifact() for stanza in added) + tuple(stanza.artifact(BUILD) for stanza in build),
        auto=tuple(sorted({stanza.key[0] for stanza in added} - own)),
    )


def _simulate(archive: Archive, cell: Cell, held: Sequence[Stanza], names: Sequence[str]) -> list[Stanza]:
    if not names:
        return []
    with TemporaryDirectory() as directory:
        path = Path(directory) / "status"
        path.write_text(status(held))
        try:
            found = simulation(archive.apt.simulate(names, path))
        except ToolError as error:
            raise _impossible(cell, archive, error) from error
    _refuse_changes(cell, found)
    stanzas = [archive.index.find(*package) for package in found.install]
    return [stanza for stanza in stanzas if stanza]


def _impossible(cell: Cell, archive: Archive, error: ToolError) -> InputError:
    """Say which package apt could not find, or why it found no way."""
    file = f"{cell.name}/layer.yaml"
    missing = sorted(set(MISSING.findall(error.tail)))
    if missing:
        return InputError([
            Problem(file, 0, 0, f"{archive.release} has no package {name!r}", archive.index.nearest(name)) for name in missing
        ])
    return InputError([Problem(file, 0, 0, f"apt finds no way to install the packages of {cell.id}:\n{error.tail}")])


def _refuse_changes(cell: Cell, found: Simulation) -> None:
    problems = [f"needs {name} {new}, and what it stands on has {old}" for name, old, new in found.upgrade]
    problems += [f"conflicts with {name}, which it stands on" for name in found.remove]
    if problems:
        hint = "run `catalog lock --upgrade` where a newer version is needed, or take one of the packages out"
        raise InputError([Problem(cell.id, 0, 0, problem, hint) for problem in problems])
