"""Cells that replace files of layers below: whether those still are the files that they replaced.

Such a cell is made from what it found there (it appended to a file, say), and its key does not
know: keys hold no digest of what a cell stands on. So whether it has to be built again is seen once
all below it are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.cells import inputs, records
from builder.cells.tree import agree, held_by
from builder.debian.model import Facts
from builder.errors import IntegrityError
from builder.graph.model import Cell
from builder.oci.store import Store
from builder.plan.key import Inputs

BELOW = "below"
"""Kept beside the inputs of a cell that replaces something: cell below -> digest of the manifest
for which that was found right."""


def changed(facts: Facts, below: Sequence[Facts]) -> list[str]:
    """Return, in words, each path below that is no longer what the cell replaced."""
    found = []
    for path, entry in facts.replaces.items():
        holder = held_by(below, path)
        if holder is None:
            found.append(f"/{path}, which it replaces, is no longer there")
        elif not agree(entry, holder.entries[path], times=False):
            found.append(f"/{path} of {holder.cell}, which it replaces, changed")
    return found


def outdated(store: Store, cell: Cell, known: Mapping[str, Inputs]) -> tuple[str, ...]:
    """Return why a cell that is in the store, with all below it, has to be built again; empty when
    it need not be.
    """
    below = manifests(store, cell, known)
    if remembered(store, cell.id, known[cell.id]) == below:
        return ()
    try:
        facts = [_facts(store, known[name]) for name in (cell.id, *cell.ancestors)]
    except IntegrityError as error:
        return (error.message,)
    return tuple(changed(facts[0], facts[1:]))


def remember(store: Store, cell: Cell, known: Mapping[str, Inputs]) -> None:
    """Keep the inputs of a cell that has just been built, or found to be right on what is below it
    now.
    """
    own = known[cell.id].document
    inputs.remember(
        store,
        cell.id,
        {**own, BELOW: manifests(store, cell, known)} if cell.layer.replaces else own,
    )


def remembered(store: Store, cell: str, known: Inputs) -> Mapping[str, str] | None:
    """Return on what a cell of this key was last found right; None when that is not known."""
    document = dict(inputs.recall(store, cell) or {})
    below: Mapping[str, str] | None = document.pop(BELOW, None)
    return below if Inputs(document=document).key == known.key else None


def manifests(store: Store, cell: Cell, known: Mapping[str, Inputs]) -> dict[str, str]:
    """Return the digests of what is below a cell now."""
    found = {name: records.find(store, known[name].key) for name in cell.ancestors}
    return {name: manifest.digest for name, manifest in found.items() if manifest is not None}


def _facts(store: Store, item: Inputs) -> Facts:
    manifest = records.find(store, item.key)
    if manifest is None:
        raise IntegrityError("what the store holds of it, or of what is below it, was damaged")
    return records.facts(store, manifest)
