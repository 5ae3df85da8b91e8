"""A whole lock from a graph: what is locked stays, what is new or changed is resolved."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from builder.catalog.suggest import nearest
from builder.errors import FetchError, InputError, Problem
from builder.events import Monitor, Step
from builder.graph.asks import asks, stale
from builder.graph.model import Cell, Graph
from builder.lock.model import Artifact, Lock, Slice
from builder.lock.wheel import complete
from builder.resolve.accounts import with_accounts
from builder.resolve.kinds import RESOLVERS
from builder.resolve.request import Documents
from builder.resolve.settle import ONCE, settle
from builder.resolve.task import Piece, Task
from builder.resolve.turn import turn
from builder.settings import Settings

# The moment of a lock without Debian packages: the earliest that a zip file can hold.
BEFORE_ALL = "1980-01-01T00:00:00Z"
EMPTY = Lock(moment=BEFORE_ALL, artifacts={}, cells={})


def resolve(
    graph: Graph,
    previous: Lock | None,
    settings: Settings,
    monitor: Monitor,
    *,
    upgrade: Sequence[str] = (),
    documents: Documents | None = None,
) -> Lock:
    """Return the lock of a graph.

    Without `upgrade`, cells whose lock is current stay as they are, and only the others are
    resolved, at locked versions where these will do. With `upgrade` (globs over package names),
    every cell is resolved, and matching packages move to what is newest. `documents` are the
    catalog's files, for the places of problems.

    Raises:
        FetchError: a registry could not be reached.
        InputError: something asked for does not exist, or does not go together; holds all that is
        wrong with any kind, release or cell.

    """
    lock = settle(graph, previous) if previous else EMPTY
    check_upgrade(upgrade, lock)
    wrong = graph.cells if upgrade else stale(lock, graph)
    cells = tuple(cell for cell in graph.cells.values() if cell.id in wrong)
    task = Task(
        graph=graph,
        cells=cells,
        previous=lock,
        upgrade=tuple(upgrade),
        settings=settings,
        monitor=monitor,
        documents=documents or Documents(),
    )
    found: dict[str, list[Piece]] = {cell.id: [] for cell in cells}
    before: dict[str, list[Artifact]] = {
        cell: _artifacts(lock, cell) for cell in lock.cells if cell not in found
    }
    before |= {cell.id: [] for cell in cells}
    archives = dict(lock.archives)
    problems: list[Problem] = []
    silent: list[FetchError] = []
    with turn(settings.cache, monitor):
        for resolver in RESOLVERS.values():
            try:
                result = resolver(task, before)
            except InputError as error:
                problems += error.problems
                continue
            except FetchError as error:
                silent.append(error)
                continue
            problems += result.problems
            archives |= result.archives
            for cell, piece in result.pieces.items():
                found[cell].append(piece)
                before[cell] += piece.artifacts
    _raise(problems, silent)
    return with_accounts(graph, _lock(task, found, archives), lock, settings, monitor)


def check_upgrade(patterns: Sequence[str], lock: Lock) -> None:
    """Refuse patterns that match no locked package.

    Raises:
        InputError: there are such; holds the nearest name for each.

    """
    names = {artifact.name for artifact in lock.artifacts.values()}
    problems = []
    for pattern in patterns:
        if pattern == "*" or any(fnmatch.fnmatchcase(name, pattern) for name in names):
            continue
        message = f"no locked package matches {pattern!r}"
        problems.append(Problem("--upgrade", 0, 0, message, nearest(pattern, names)))
    if problems:
        raise InputError(problems)


def _raise(problems: Sequence[Problem], silent: Sequence[FetchError]) -> None:
    """Raise what is wrong with the input, else what could not be reached, if anything."""
    if problems:
        raise InputError(problems)
    if silent:
        messages = dict.fromkeys(error.message for error in silent)
        raise FetchError("\n".join(messages), hint=silent[0].hint)


def _artifacts(lock: Lock, cell: str) -> list[Artifact]:
    return [lock.artifacts[name] for name in lock.cells[cell].artifacts]


def _lock(
    task: Task, found: Mapping[str, Sequence[Piece]], archives: Mapping[str, Mapping[str, str]]
) -> Lock:
    artifacts = {
        artifact.id: artifact
        for pieces in found.values()
        for piece in pieces
        for artifact in piece.artifacts
    }
    cells = {cell.id: _slice(task, cell, found[cell.id], artifacts) for cell in task.cells}
    kept = {
        name: piece
        for name, piece in task.previous.cells.items()
        if name in task.graph.cells and name not in cells
    }
    artifacts |= {
        name: task.previous.artifacts[name] for piece in kept.values() for name in piece.artifacts
    }
    for cell in task.cells:
        task.monitor(Step(cell.id, "done", f"{len(cells[cell.id].artifacts)} packages"))
    moment = max((archive["date"] for archive in archives.values()), default=BEFORE_ALL)
    made = Lock(moment=moment, artifacts=artifacts, cells=kept | cells, archives=archives)
    if problems := disagreements(task.graph, made):
        raise InputError(problems)
    return made


def disagreements(graph: Graph, lock: Lock) -> list[Problem]:
    """Return the packages that have two versions in one image, each once: its layers could not be
    put together.
    """
    found: dict[tuple[str, ...], Problem] = {}
    for image in graph.images.values():
        seen: dict[tuple[str, str], tuple[Artifact, str]] = {}
        for cell, artifact in (
            (one, lock.artifacts[name]) for one in image.cells for name in lock.cells[one].artifacts
        ):
            other, where = seen.setdefault((artifact.kind, artifact.name), (artifact, cell))
            if other.digest != artifact.digest and artifact.kind in ONCE:
                message = (
                    f"{image.name} would hold {artifact.name} twice: {other.version} in {where},"
                    f" {artifact.version} in {cell}"
                )
                found.setdefault(
                    (where, cell, artifact.name),
                    Problem(cell, 0, 0, message, f"run `catalog lock --upgrade {artifact.name}`"),
                )
    return list(found.values())


def _slice(
    task: Task, cell: Cell, pieces: Sequence[Piece], artifacts: Mapping[str, Artifact]
) -> Slice:
    piece = Slice(
        asks=asks(cell, task.graph),
        artifacts=tuple(sorted({artifact.id for part in pieces for artifact in part.artifacts})),
        auto=tuple(sorted({name for part in pieces for name in part.auto})),
        files={path: text for part in pieces for path, text in part.files.items()},
    )
    return complete(piece, artifacts)
