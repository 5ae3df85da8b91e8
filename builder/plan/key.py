"""Keys: what a cell's bytes depend on, and nothing else. Never the clock, git or a host name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.digest import canonical, sha256
from builder.graph.accounts import given
from builder.graph.build import abi_of
from builder.graph.model import Cell, Graph
from builder.lock.model import Lock
from builder.render.dockerfile import context

FORMAT = 2
"""Raise it when this program would make other bytes from the same inputs: every cell is then
rebuilt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Everything that goes into a cell's key. Kept beside the cell, so that a later plan can tell
    what moved.
    """

    document: Mapping[str, object]

    @property
    def key(self) -> str:
        """Sha256 hex of the inputs."""
        return sha256(canonical(self.document))


def inputs(
    graph: Graph, cell: Cell, lock: Lock, directory: Path, abi: Mapping[str, tuple[str, ...]]
) -> Inputs:
    """Return the inputs of a cell's key.

    They are the rendered Dockerfile and context, the cell's slice of the lock, and the ABI of what
    the cell stands on: not the parents' digests, so that a parent's patch release rebuilds no child
    whose own packages stay.
    """
    piece = lock.cells[cell.id]
    tree = context(graph, cell, lock, directory)
    once = {"once.paths": list(cell.layer.once.paths)} if cell.layer.once else {}
    # Of the layer made by bootstrap: they decide what the packages of every layer above it bring.
    filters = [path for one in (*cell.ancestors, cell.id) for path in graph.cells[one].layer.dpkg]
    dpkg = {"dpkg": filters} if filters else {}
    ids = given(cell, lock)
    accounts = {"accounts": ids} if ids else {}
    return Inputs(
        document={
            "format": FORMAT,
            "context": {path: [sha256(file.data), f"{file.mode:o}"] for path, file in tree.items()},
            "artifacts": {name: lock.artifacts[name].digest for name in piece.artifacts},
            "auto": list(piece.auto),
            "files": {path: sha256(text.encode()) for path, text in sorted(piece.files.items())},
            "replaces": list(cell.layer.replaces),
            "abi": sorted({value for ancestor in cell.ancestors for value in abi[ancestor]}),
            **once,
            **dpkg,
            **accounts,
        },
    )


def all_inputs(graph: Graph, lock: Lock, directories: Mapping[str, Path]) -> dict[str, Inputs]:
    """Return the inputs of every cell's key, by cell id."""
    abi = {cell.id: abi_of(cell) for cell in graph.cells.values()}
    return {
        cell.id: inputs(graph, cell, lock, directories[cell.name], abi)
        for cell in graph.cells.values()
    }
