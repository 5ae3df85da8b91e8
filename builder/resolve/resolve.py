"""A whole lock from a graph: what is locked stays, what is new or changed is resolved."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from builder.catalog.suggest import nearest
from builder.errors import FetchError, InputError, Problem
from builder.events import Monitor, Step
from builder.fetch.fetch import ensure
from builder.graph.asks import asks, stale
from builder.graph.model import Cell, Graph
from builder.graph.request import Documents
from builder.kinds.table import complete
from builder.lock.bound import Reach
from builder.lock.model import Artifact, Lock, Slice
from builder.resolve.accounts import with_accounts
from builder.resolve.away import away, needs
from builder.resolve.kinds import SUPPLIERS
from builder.resolve.settle import disagreements, settle
from builder.resolve.task import Piece, Task, Tell, unheard
from builder.resolve.turn import turn
from builder.settings import Settings

# The moment of a lock without Debian packages: the earliest that a zip file can store.
BEFORE_ALL = "1980-01-01T00:00:00Z"
EMPTY = Lock(moment=BEFORE_ALL, artifacts={}, cells={})


def resolve(
    graph: Graph,
    previous: Lock | None,
    settings: Settings,
    monitor: Monitor,
    *,
    upgrade: Sequence[str] = (),
    within: Reach = Reach.MAJOR,
    tell: Tell = unheard,
    documents: Documents | None = None,
) -> Lock:
    """Return the lock of a graph.

    Without `upgrade`, cells whose lock is current stay as they are, and only the others are
    resolved, at locked versions if these fit. With `upgrade` (globs over package names), every cell
    is resolved, and matching packages move to their newest versions `within` a bound; `tell` hears
    of those for which there is a newer one. `documents` are the catalog's files, for the places of
    problems.

    Raises:
        FetchError: a registry could not be reached.
        InputError: requests do not exist or are incompatible; holds the problems of all kinds,
        releases and cells.

    """
    lock = settle(graph, previous) if previous else EMPTY
    check_upgrade(upgrade, lock)
    late = stale(lock, graph)
    wrong = graph.cells if upgrade else late
    cells = tuple(cell for cell in graph.cells.values() if cell.id in wrong)
    silent_origins = away(graph, late, settings, monitor) if cells else frozenset[str]()
    cells = tuple(cell for cell in cells if not needs(cell, graph, silent_origins))
    task = Task(
        graph=graph,
        cells=cells,
        previous=lock,
        upgrade=tuple(upgrade),
        within=within,
        tell=tell,
        settings=settings,
        monitor=monitor,
        fetch=lambda artifacts: ensure(artifacts, lock.moment, settings, monitor),
        documents=documents or Documents(),
        away=silent_origins,
    )
    pieces: dict[str, list[Piece]] = {cell.id: [] for cell in cells}
    before: dict[str, list[Artifact]] = {
        cell: _artifacts(lock, cell) for cell in lock.cells if cell not in pieces
    }
    before |= {cell.id: [] for cell in cells}
    archives = dict(lock.archives)
    problems: list[Problem] = []
    silent: list[FetchError] = []
    with turn(settings.cache, monitor):
        resolvers = [supplier.resolve for supplier in SUPPLIERS.values() if supplier.resolve]
        for resolver in resolvers:
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
                pieces[cell].append(piece)
                before[cell] += piece.artifacts
    _raise(problems, silent)
    return with_accounts(graph, _lock(task, pieces, archives), lock, settings, monitor)


def check_upgrade(patterns: Sequence[str], lock: Lock) -> None:
    """Refuse patterns that match no locked package.

    Raises:
        InputError: there are some; holds the nearest name for each.

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
    """Raise the problems of the input if there are any, else what could not be reached."""
    if problems:
        raise InputError(problems)
    if silent:
        messages = dict.fromkeys(error.message for error in silent)
        raise FetchError("\n".join(messages), hint=silent[0].hint)


def _artifacts(lock: Lock, cell: str) -> list[Artifact]:
    return [lock.artifacts[name] for name in lock.cells[cell].artifacts]


def _lock(
    task: Task, pieces: Mapping[str, Sequence[Piece]], archives: Mapping[str, Mapping[str, str]]
) -> Lock:
    artifacts: dict[str, Artifact] = {}
    cells: dict[str, Slice] = {}
    for cell in task.cells:
        own = _together(pieces[cell.id])
        artifacts |= own
        cells[cell.id] = _slice(task, cell, pieces[cell.id], own)
    kept: dict[str, Slice] = {}
    for name, piece in task.previous.cells.items():
        if name in task.graph.cells and name not in cells:
            kept[name] = piece
            artifacts |= {one: task.previous.artifacts[one] for one in piece.artifacts}
    for cell in task.cells:
        task.monitor(Step(cell.id, "done", f"{len(cells[cell.id].artifacts)} packages"))
    moment = max((archive["date"] for archive in archives.values()), default=BEFORE_ALL)
    made = Lock(moment=moment, artifacts=artifacts, cells=kept | cells, archives=archives)
    if problems := disagreements(task.graph, made, task.documents):
        raise InputError(problems)
    return made


def _together(pieces: Sequence[Piece]) -> dict[str, Artifact]:
    """Return the artifacts of several pieces by id.

    Raises:
        IntegrityError: a registry gave words of which no path or address may be made.

    """
    artifacts: dict[str, Artifact] = {}
    for piece in pieces:
        artifacts |= {artifact.id: artifact.checked() for artifact in piece.artifacts}
    return artifacts


def _slice(
    task: Task, cell: Cell, pieces: Sequence[Piece], artifacts: Mapping[str, Artifact]
) -> Slice:
    auto: set[str] = set()
    files: dict[str, str] = {}
    for piece in pieces:
        auto.update(piece.auto)
        files |= piece.files
    whole = Slice(
        asks=asks(cell, task.graph),
        artifacts=tuple(sorted(artifacts)),
        auto=tuple(sorted(auto)),
        files=files,
    )
    return complete(whole, artifacts)
