"""What cells ask for of Python packages, and what of that moves only so far."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from builder.errors import Problem
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.lock.model import Artifact
from builder.resolve.every_python import COMMON
from builder.resolve.target import KIND, SHARED, answering
from builder.resolve.task import Task, requests

PYTHON = "python"


def wanted(cell: Cell) -> list[Request]:
    """Return what a cell asks for, to install it or to share it."""
    return [*requests(cell, COMMON), *requests(cell, PYTHON)]


def below(task: Task, cells: Sequence[Cell]) -> list[Cell]:
    """Return what these stand on that asks for packages which all Pythons share."""
    ancestors = set(chain.from_iterable(cell.ancestors for cell in cells))
    every = task.graph.cells.values()
    return [cell for cell in every if cell.id in ancestors and requests(cell, COMMON)]


def moving(task: Task, cells: Sequence[Cell]) -> dict[str, list[Artifact]]:
    """Return what these cells have that moves only so far."""
    texts = [request.text for request in chain.from_iterable(map(wanted, cells))]
    return answering(texts, task.bounded(cells, (KIND, SHARED)))


def no_python(task: Task, cell: Cell) -> Problem:
    """Return the problem that a cell asks for packages, and has no Python."""
    message = "asks for Python packages, but no axis of the layer is named python"
    hint = "add it to `axes`, or stand `on` a layer that has it"
    return task.documents.of_layer(cell, PYTHON, message, hint)
