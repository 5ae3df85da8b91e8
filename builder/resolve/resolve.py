"""A whole lock from a graph: what is locked stays, what is new or changed is resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.errors import InputError, Problem
from builder.events import Monitor, Step
from builder.fetch.fetch import ensure
from builder.graph.asks import asks, stale
from builder.graph.model import Cell, Graph
from builder.kinds.table import BY_NAME
from builder.lock.file import complete
from builder.lock.model import Artifact, Lock, Slice
from builder.resolve.kinds import SUPPLIERS
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
) -> Lock:
    """Return the lock of a graph.

    Without `upgrade`, cells whose lock is current stay as they are, and only the others are
    resolved, at locked versions where these will do. With `upgrade` (globs over package names),
    every cell is resolved, and matching packages move to what is newest.

    Raises:
        FetchError: a registry could not be had.
        InputError: something asked for does not exist, or does not go together.

    """
    lock = previous or EMPTY
    wrong = graph.cells if upgrade else stale(lock, graph)
    cells = tuple(cell for cell in graph.cells.values() if cell.id in wrong)
    task = Task(
        graph=graph,
        cells=cells,
        previous=lock,
        upgrade=tuple(upgrade),
        settings=settings,
        monitor=monitor,
        fetch=lambda artifacts: ensure(artifacts, lock.moment, settings, monitor),
    )
    found: dict[str, list[Piece]] = {cell.id: [] for cell in cells}
    before: dict[str, list[Artifact]] = {
        cell: _artifacts(lock, cell) for cell in lock.cells if cell not in found
    }
    before |= {cell.id: [] for cell in cells}
    archives = dict(lock.archives)
    with turn(settings.cache, monitor):
        resolvers = [supplier.resolve for supplier in SUPPLIERS.values() if supplier.resolve]
        for resolver in resolvers:
            result = resolver(task, before)
            archives |= result.archives
            for cell, piece in result.pieces.items():
                found[cell].append(piece)
                before[cell] += piece.artifacts
    return _lock(task, found, archives)


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
            if other.digest != artifact.digest and BY_NAME[artifact.kind].installed:
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
