"""What catalogs on one store have in common: cells of the same key, on the same bytes.

A catalog takes another's cell as its own if every cell below it is, byte for byte, what the other
one's was built on. The key alone does not say so: where a layer declares an ABI, that word stands
in the keys of its children, and it is a promise between the layers of one catalog. Somebody else's
base may have the same ABI and anything inside.
"""

from __future__ import annotations

from collections.abc import Mapping

from builder.cells import records
from builder.execute import uses
from builder.execute.replaced import manifests
from builder.graph.model import Graph
from builder.oci.model import Descriptor
from builder.oci.shelf import Shelf
from builder.plan.key import Inputs


def lend(shelf: Shelf, graph: Graph, inputs: Mapping[str, Inputs], catalog: str) -> None:
    """Lend to a catalog the cells that it lacks and others have, as far as they are as good as its
    own. `catalog` is its name: what a former version of this program noted under it is its own.
    """
    others = shelf.others(records.PREFIX)
    if not others:
        return
    own = uses.former_refs(shelf, catalog)
    wanted = [cell for cell in graph.cells.values() if cell.id in inputs]
    for cell in wanted:
        key = inputs[cell.id].key
        candidates = others.get(records.ref(key), {})
        if not candidates or records.find(shelf, key) is not None:
            continue
        below = manifests(shelf, cell, inputs)
        # Where something below it is to be built, nobody knows yet to what.
        if len(below) == len(cell.ancestors):
            was_ours = records.ref(key) in own
            chosen = _as_good(candidates, below, former=was_ours)
            whole = [manifest for manifest in chosen if shelf.intact(manifest)]
            if whole:
                shelf.lend(records.ref(key), whole[0])


def _as_good(
    candidates: Mapping[str, Descriptor], below: Mapping[str, str], *, former: bool
) -> list[Descriptor]:
    """Return the manifests of other owners that were built on what is below; that of the former
    format is taken at its word if it was the catalog's own.
    """
    return [
        manifest
        for owner, manifest in candidates.items()
        if (former and not owner) or not records.moved(manifest, below)
    ]
