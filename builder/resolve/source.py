"""Debian source packages of a release that a layer names, whatever the image's own is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.errors import FetchError
from builder.events import Step
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.resolve.source_index import RELEASE, SourceIndex
from builder.resolve.task import Piece, Resolved, Task, requests

KIND, KEY = "source", "sources"


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the source packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces, problems = {}, []
    index = SourceIndex(task, KIND)
    for cell in task.cells:
        if not cell.layer.sources:
            continue
        task.monitor(Step(cell.id, "running", "resolving source packages"))
        files: list[Artifact] = []
        for request in requests(cell, KEY):
            name, _, release = request.text.partition("/")
            locked = held(task, cell, KIND, name, release)
            moving = locked if task.upgrades(name) else []
            package = staying(task, name, locked) or index.newest(name, release, moving)
            files += package
            if not package:
                message = f"Debian {release} has no source package {name!r}"
                problems.append(task.documents.problem(request, message, index.near(name, release)))
        pieces[cell.id] = Piece(artifacts=tuple(files))
    return Resolved(pieces=pieces, archives=index.states, problems=tuple(problems))


def held(task: Task, cell: Cell, kind: str, name: str, release: str) -> list[Artifact]:
    """Return the files of a package that are locked for a cell."""
    return [
        item
        for item in task.locked(cell.id, kind)
        if item.name == name and item.extra.get(RELEASE) == release
    ]


def staying(task: Task, name: str, files: list[Artifact]) -> list[Artifact]:
    """Return the files of the locked version, as long as they can be had."""
    if task.upgrades(name):
        return []
    try:
        task.fetch(files)
    except FetchError:
        return []
    return files
