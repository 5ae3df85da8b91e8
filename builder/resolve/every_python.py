"""What can be wrong with Python packages of which all Pythons share the files."""

from __future__ import annotations

from builder.errors import Problem, listed
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.resolve.task import Piece, Task

COMMON = "shared"
"""The key of layer.yaml."""
SHOWN = 5


def not_shared(task: Task, name: str, one: Piece, other: Piece) -> Problem:
    """Return the problem that two Pythons need other versions of what they share."""
    cell = task.graph.cells[name]
    ours, theirs = ({item.name: item.version for item in piece.artifacts} for piece in (one, other))
    odd = [
        f"{package} {ours.get(package, 'not at all')} and {theirs.get(package, 'not at all')}"
        for package in sorted(ours.keys() | theirs.keys())
        if ours.get(package) != theirs.get(package)
    ]
    message = f"Pythons that share these packages need different ones: {listed(odd, SHOWN, '; ')}"
    hint = "ask for versions that all Pythons have, or let a layer for each Python install them"
    return task.documents.of_layer(cell, COMMON, message, hint)


def of_one_python(task: Task, cell: Cell, artifact: Artifact) -> Problem:
    """Return the problem that a file is not for all Pythons."""
    message = f"{artifact.locator} is for one Python, and `{COMMON}` is for all"
    hint = "let the layers that need it install it: leave it out here, and what requires it"
    return task.documents.of_layer(cell, COMMON, message, hint)
