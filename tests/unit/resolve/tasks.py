"""A task for a resolver of packages that come from a server on loopback, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypedDict, Unpack

from builder.catalog.source import parse
from builder.events import silent
from builder.fetch.fetch import ensure
from builder.graph.model import Cell
from builder.graph.request import Documents
from builder.lock.bound import Reach, Stayed
from builder.lock.model import Lock, Slice
from builder.resolve.resolve import EMPTY
from builder.resolve.task import Resolved, Task, unheard
from builder.settings import read
from tests.unit.resolve.test_resolve import cell, graph, graph_of


class Told(TypedDict, total=False):
    """What a test may say of a task."""

    stay: tuple[Cell, ...]
    previous: Lock
    upgrade: tuple[str, ...]
    images: Mapping[str, tuple[str, ...]] | None
    within: Reach
    tell: Callable[[Stayed], object]


def task_of(
    home: Path,
    cells: tuple[Cell, ...],
    *,
    ground: str,
    key: str,
    wanted: Iterable[object],
    url: str,
    **told: Unpack[Told],
) -> Task:
    """Return a task for cells that stand on the layer `ground`. Places of errors are those of the
    first cell, which has `wanted` below its key.
    """
    settings = read(home, {"HOME": str(home), f"CATALOG_MIRROR_{key.upper()}": url})
    every = [cell(ground), *told.get("stay", ()), *cells]
    images = told.get("images")
    text = f"{key}:\n" + "".join(f"  - {one}\n" for one in wanted)
    return Task(
        graph=graph_of(every, **images) if images else graph(*every),
        cells=cells,
        previous=told.get("previous", EMPTY),
        upgrade=told.get("upgrade", ()),
        within=told.get("within", Reach.MAJOR),
        tell=told.get("tell", unheard),
        settings=settings,
        monitor=silent,
        fetch=lambda artifacts: ensure(artifacts, "", settings, silent),
        documents=Documents(layers={cells[0].name: parse(text.encode(), "a/layer.yaml")}),
    )


def lock_of(made: Resolved, *cells: Cell) -> Lock:
    """Return the lock that a result comes to."""
    assert not made.problems, made.problems
    items = chain.from_iterable(piece.artifacts for piece in made.pieces.values())
    artifacts = {item.id: item for item in items}
    slices = {
        one.id: Slice("", tuple(item.id for item in made.pieces[one.id].artifacts)) for one in cells
    }
    return replace(EMPTY, artifacts=artifacts, cells=slices)


def has(made: Resolved, name: str = "a") -> dict[str, str]:
    """Return what a cell holds: name -> version."""
    assert not made.problems, made.problems
    return {item.name: item.version for item in made.pieces[name].artifacts}
