"""What cells ask registries for, and whether a lock still matches that."""

from __future__ import annotations

from collections.abc import Mapping

from builder.digest import canonical, sha256
from builder.graph.model import Cell, Graph
from builder.graph.origins import taken_from
from builder.kinds import table
from builder.lock.model import Lock


def wishes(cell: Cell) -> dict[str, object]:
    """Return what the cell itself asks for, by key of layer.yaml, in an order that does not depend
    on how it is written.
    """
    asked = table.wishes(cell.layer, cell.point)
    # A bootstrapped system consists of packages, too.
    if cell.layer.bootstrap:
        asked["bootstrap"] = True
    # Keys that only those have who use them: the locks of all others stay as they are.
    if cell.repositories:
        asked["repositories"] = {name: one.decides for name, one in cell.repositories.items()}
    if cell.indexes:
        asked["indexes"] = {"addresses": dict(cell.indexes), "packages": taken_from(cell)}
    return asked


def asks(cell: Cell, graph: Graph) -> str:
    """Return the sha256 of what decides the cell's slice: its matrix point, its wishes, and those
    of what it stands on.
    """
    below = {ancestor: wishes(graph.cells[ancestor]) for ancestor in cell.ancestors}
    document = {"point": dict(cell.point), "own": wishes(cell), "below": below}
    return sha256(canonical(document))


def stale(lock: Lock, graph: Graph) -> Mapping[str, str]:
    """Return the cells for which the lock is out of date, in the graph's order, with the reason;
    empty if it is current.
    """
    reasons: dict[str, str] = {}
    for cell in graph.cells.values():
        piece = lock.cells.get(cell.id)
        below = [ancestor for ancestor in cell.ancestors if ancestor in reasons]
        if piece is None:
            reasons[cell.id] = "is not in the lock"
        elif piece.asks != asks(cell, graph):
            reasons[cell.id] = (
                f"stands on {below[0]}, which {reasons[below[0]]}"
                if below
                else "asks for something else now"
            )
    for name in lock.cells.keys() - graph.cells.keys():
        reasons[name] = "is no longer in the catalog"
    return reasons
