"""Keys: what a cell's bytes depend on, and nothing else. Never the clock, git or a host name.

A key holds what the cell itself says (its Dockerfile, files, slice of the lock, and which of its
packages share a chunk), what its build sees of the image below (environment, what dpkg leaves out),
and each cell below by name: by its key, or by its ABI where it declares one. So a new edge, a
changed parent or a renamed layer changes the key. A declared ABI is a promise that what
children use stays the same: they are kept when the parent changes, and `catalog verify` builds them
again and compares. docs/design.md says what may be promised where.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.catalog.folder import Folder
from builder.digest import canonical, sha256
from builder.graph.accounts import given
from builder.graph.model import Cell, Graph
from builder.lock import chunks
from builder.lock.model import Lock
from builder.render.config import config
from builder.render.dockerfile import context

FORMAT = 3
"""To be raised when this program makes different bytes from the same inputs: every cell is then
rebuilt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Everything that goes into a cell's key. Stored beside the cell, so that a later plan can
    tell what changed.
    """

    document: Mapping[str, object]

    @property
    def key(self) -> str:
        """Sha256 hex of the inputs."""
        return sha256(canonical(self.document))


def inputs(
    graph: Graph, cell: Cell, lock: Lock, directory: Path | Folder, keys: Mapping[str, str]
) -> Inputs:
    """Return the inputs of a cell's key. `keys` holds the keys of the cells below that declare no
    ABI.
    """
    piece = lock.cells[cell.id]
    tree = context(graph, cell, lock, directory)
    below = [graph.cells[ancestor] for ancestor in cell.ancestors]
    once, divided = cell.layer.once, chunks.of_cell(lock, cell.id)
    # From the layer made by bootstrap: they apply to the packages of every layer above it.
    filters: list[str] = []
    for one in (*below, cell):
        filters += one.layer.dpkg
    return Inputs(
        document={
            "format": FORMAT,
            "cell": cell.id,
            "context": {path: [sha256(file.data), f"{file.mode:o}"] for path, file in tree.items()},
            "artifacts": {name: lock.artifacts[name].digest for name in piece.artifacts},
            "auto": list(piece.auto),
            "files": {path: sha256(text.encode()) for path, text in sorted(piece.files.items())},
            "replaces": list(cell.layer.replaces),
            "once.paths": list(once.paths) if once else [],
            "dpkg": filters,
            "environment": _environment(below),
            "below": {one.name: relied_on(one, keys.get(one.id, "")) for one in below},
            "accounts": given(cell, lock),
            # Only where there are some: the key of a delta that is one layer stays as it was.
            **({"chunks": divided} if divided else {}),
        },
    )


def all_inputs(
    graph: Graph, lock: Lock, directories: Mapping[str, Path | Folder]
) -> dict[str, Inputs]:
    """Return the inputs of every cell's key, by cell id."""
    return inputs_of(graph, lock, directories, graph.cells)


def inputs_of(
    graph: Graph, lock: Lock, directories: Mapping[str, Path | Folder], cells: Collection[str]
) -> dict[str, Inputs]:
    """Return the inputs of the keys of some cells; these must include all that they stand on."""
    made: dict[str, Inputs] = {}
    keys: dict[str, str] = {}
    for cell in graph.cells.values():
        if cell.id in cells:
            made[cell.id] = inputs(graph, cell, lock, directories[cell.name], keys)
            keys[cell.id] = made[cell.id].key
    return made


def strict(graph: Graph, cell: Cell) -> tuple[str, ...]:
    """Return the cells below that declare no ABI: when one of them changes, this cell does."""
    return tuple(name for name in cell.ancestors if not graph.cells[name].abi)


def relied_on(cell: Cell, key: str) -> dict[str, object]:
    """Return what represents a cell in the keys of the cells above it."""
    return {"abi": list(cell.abi)} if cell.abi else {"key": key}


def _environment(below: Sequence[Cell]) -> dict[str, object]:
    """Return the settings of the cells below that processes of a build see."""
    settings = config([one.layer for one in below], "", {})
    return {
        "env": dict(sorted(settings.env.items())),
        "path": list(settings.path),
        "workdir": settings.workdir,
    }
