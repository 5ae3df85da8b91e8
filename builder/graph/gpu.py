"""What layers say that they need of a node with graphics processors, and what follows for an image.

It is what charts tell before anything is built; `catalog verify --libraries` compares it with what
the image holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from packaging.version import Version

from builder.catalog.conditions import condition, holds
from builder.catalog.parts import Gpu
from builder.graph.model import Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What an image needs of a node."""

    driver: str
    """The oldest driver that does; empty where no layer says one."""
    architectures: tuple[str, ...]
    """What all frameworks that say so have code for, in the order of the first."""


def stated(cell: Cell) -> Iterator[Gpu]:
    """Yield what a layer says at a cell's point."""
    for words in cell.layer.gpu:
        if holds(condition(words.when), cell.point):
            yield words


def needs(cells: Iterable[Cell]) -> Needs | None:
    """Return what an image of these cells needs; None where no layer says anything."""
    said = list(chain.from_iterable(map(stated, cells)))
    if not said:
        return None
    drivers = [words.driver for words in said if words.driver]
    lists = [words.architectures for words in said if words.architectures]
    common = set(lists[0]).intersection(*lists) if lists else set()
    return Needs(
        driver=max(drivers, key=Version, default=""),
        architectures=tuple(name for name in (lists[0] if lists else ()) if name in common),
    )
