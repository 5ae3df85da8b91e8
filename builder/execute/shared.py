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
    for cell in graph.cells.values():
        if cell.id not in inputs:
            continue
        key = inputs[cell.id].key
        ref = records.ref(key)
        if ref in others and records.find(shelf, key) is None:
            below = manifests(shelf, cell, inputs)
            if len(below) < len(cell.ancestors):
                # Something below it is to be built, and nobody knows yet to what.
                continue
            for other, manifest in others[ref].items():
                was_ours = ref in own and not other
                as_good = was_ours or not records.moved(manifest, below)
                if as_good and shelf.intact(manifest):
                    shelf.lend(ref, manifest)
                    break
