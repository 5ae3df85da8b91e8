"""Debian packages: every cell resolved against what it stands on, and every image checked as a
whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.errors import InputError, Problem
from builder.events import Step
from builder.graph.model import Cell
from builder.lock.deb import broken
from builder.lock.model import Artifact
from builder.resolve.suite import BUILD, KIND, Suite, open_suite
from builder.resolve.task import Found, Piece, Pieces, Task, asked, groups

AXES = ("debian", "arch")
HINT = "such layers cannot be in one image: take one package out, or `exclude` the image"


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve the Debian packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces: Pieces = {}
    archives: dict[str, Mapping[str, str]] = {}
    for (release, arch), cells in groups(task.graph.cells.values(), AXES).items():
        mine = [
            cell
            for cell in cells
            if task.resolves(cell.id)
            and (cell.layer.apt or cell.layer.build or cell.layer.bootstrap)
        ]
        if not mine:
            continue
        if not release:
            raise InputError(
                [
                    Problem(
                        cell.name,
                        0,
                        0,
                        "asks for Debian packages, and depends on no axis named debian",
                    )
                    for cell in mine
                ]
            )
        suite = open_suite(task, release, arch or "amd64", cells)
        archives |= suite.apt.releases()
        for cell in mine:
            task.monitor(Step(cell.id, "running", "resolving Debian packages"))
            pieces[cell.id] = _cell(task, suite, cell, pieces)
        _check_images(
            task, suite, frozenset(cell.id for cell in cells), {cell.id for cell in mine}, pieces
        )
    return Found(pieces=pieces, archives=archives)


def _cell(task: Task, suite: Suite, cell: Cell, pieces: Pieces) -> Piece:
    """Resolve one cell: what installing its packages adds to what its ancestors hold."""
    held = [
        suite.stanza(artifact)
        for ancestor in cell.ancestors
        for artifact in task.result(ancestor, KIND, pieces)
    ]
    names = asked(cell, cell.layer.apt) + (suite.index.essential() if cell.layer.bootstrap else [])
    added = suite.install(cell, held, names)
    build = suite.install(cell, held + added, asked(cell, cell.layer.build))
    return Piece(
        artifacts=tuple(stanza.artifact() for stanza in added)
        + tuple(stanza.artifact(BUILD) for stanza in build),
        auto=tuple(
            sorted({stanza.key[0] for stanza in added} - {name.partition("=")[0] for name in names})
        ),
    )


def _check_images(
    task: Task, suite: Suite, here: frozenset[str], changed: set[str], pieces: Pieces
) -> None:
    """Check that the packages of all layers of each image go together: of those layers that are of
    this release (`here`).

    Each cell's packages are complete by themselves, so a set of cells within one that goes together
    also does: only the largest sets are looked at.
    """
    sets = {
        here.intersection(image.cells)
        for image in task.graph.images.values()
        if changed.intersection(image.cells)
    }
    problems: list[Problem] = []
    for cells in sorted(
        (one for one in sets if not any(one < other for other in sets)), key=sorted
    ):
        owners = {
            artifact.id: cell
            for cell in sorted(cells)
            for artifact in task.result(cell, KIND, pieces)
        }
        artifacts = {
            artifact.id: artifact for cell in cells for artifact in task.result(cell, KIND, pieces)
        }
        output = suite.complaints(suite.stanza(artifact) for artifact in artifacts.values())
        problems += _problems(output, {artifacts[name].name: cell for name, cell in owners.items()})
    if problems:
        raise InputError(problems)


def _problems(output: str, owners: Mapping[str, str]) -> list[Problem]:
    """Say of each complaint which layers brought the packages that do not go together."""
    found = broken(output)
    problems = []
    for name, other, sentence in found:
        # A virtual package is brought by the others that complain of it.
        names = (
            [name, other]
            if other in owners
            else [name, *(one for one, what, _ in found if what == other and one != name)]
        )
        who = ", ".join(f"{one} is in {owners[one]}" for one in names if one in owners)
        problems.append(Problem(owners.get(name, name), 0, 0, f"{sentence}: {who}", HINT))
    return problems
