"""Python distributions that are not installed, but left to a layer's `run`: wheels and sources,
without their dependencies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from builder.errors import Problem
from builder.fetch.pypi import client
from builder.graph.request import Request
from builder.lock.model import Artifact
from builder.resolve.explain import Conflict, Conflicts, named
from builder.resolve.target import (
    SDIST,
    UNPACKED,
    Target,
    UnsolvableError,
    answering,
    bounds_of,
)
from builder.resolve.task import Piece, Pieces, Resolved, Task, requests
from builder.tools.uv import Distribution

WHEELS, SDISTS = "wheels", "sdists"
ANY_PYTHON = "3.13"
"""For wheels of a layer that does not depend on a Python."""


def wheels(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
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
    conflicts = Conflicts(within=task.within)
    for cell in task.cells:
        wanted = requests(cell, key)
        if not wanted:
            continue
        target = Target(
            uv=client(task.settings),
            python=cell.point.get("python", ANY_PYTHON),
            arch=cell.point.get("arch", "amd64"),
        )
        moving = answering([one.text for one in wanted], task.bounded([cell], (kind,)))
        bounds = bounds_of(task, moving)
        try:
            distributions = target.compile(
                [request.text for request in wanted],
                bounds=bounds,
                preferences=versions_of(task.preferred([cell], kind)),
                dependencies=False,
                sdists=sdists,
            )
            if moving:
                _compare(task, target, wanted, moving, sdists=sdists)
        except UnsolvableError:
            for request in wanted:
                _alone(target, request, conflicts, bounds, sdists=sdists)
            continue
        chosen = {
            one.name: target.sdist(one) if sdists else target.artifact(one, kind)
            for one in distributions
        }
        problems += [
            no_file(task, target, one, wanted) for one in distributions if chosen[one.name] is None
        ]
        pieces[cell.id] = Piece(artifacts=tuple(one for one in chosen.values() if one))
    names = task.known(kind)
    return Resolved(pieces=pieces, problems=(*problems, *conflicts.problems(task.documents, names)))


def _compare(
    task: Task,
    target: Target,
    wanted: Sequence[Request],
    moving: Mapping[str, Sequence[Artifact]],
    *,
    sdists: bool,
) -> None:
    """Tell which of these files would be newer without the bound."""
    texts = [request.text for request in wanted]
    for free in target.compile(texts, dependencies=False, sdists=sdists):
        task.compare(moving.get(free.name, ()), free.version)


def _alone(
    target: Target,
    request: Request,
    conflicts: Conflicts,
    bounds: Collection[str],
    *,
    sdists: bool,
) -> None:
    """Record a conflict if a file cannot be resolved by itself."""
    try:
        target.compile([request.text], bounds=bounds, dependencies=False, sdists=sdists)
    except UnsolvableError as error:
        conflicts.add(Conflict(wishes=(request,), said=str(error), python=target.python))


def no_file(
    task: Task, target: Target, distribution: Distribution, wanted: Sequence[Request]
) -> Problem:
    """Return the problem that a distribution has no file for a Python."""
    what = f"no wheel for Python {target.python} on {target.arch}"
    if wanted[0].key == SDISTS:
        what = "no source distribution"
    message = f"{distribution.name} {distribution.version} has {what}"
    hint = "ask for another version of it"
    for request in wanted:
        if named(request.text) == distribution.name:
            return task.documents.problem(request, message, hint)
    return task.documents.of_layer(wanted[0].cell, wanted[0].key, message, hint)


def versions_of(artifacts: Mapping[str, Artifact]) -> dict[str, str]:
    """Return the versions of artifacts by name."""
    return {name: artifact.version for name, artifact in artifacts.items()}
