"""Cells that replace files of layers below: whether those still are the files that they replaced.

Such a cell is made from what it found there (it appended to a file, say), and where what it stands
on declares an ABI, its key does not know. So whether it has to be built again is seen once all
below it are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.cells import records
from builder.cells.tree import agree, held_by
from builder.debian.model import Facts
from builder.errors import IntegrityError
from builder.graph.model import Cell
from builder.oci.model import DIRECTORY, WHITEOUT
from builder.oci.store import Store
from builder.plan.key import Inputs


def changed(facts: Facts, below: Sequence[Facts]) -> list[str]:
    """Return, in words, each path below that is no longer what the cell replaced."""
    changes = []
    for path, entry in facts.replaces.items():
        holder = held_by(below, path)
        if holder is None:
            changes.append(f"/{path}, which it replaces, is no longer there")
        elif not agree(entry, holder.entries[path], times=False):
            changes.append(f"/{path} of {holder.cell}, which it replaces, changed")
    return changes + _new_in_deleted(facts, below)


def _new_in_deleted(facts: Facts, below: Sequence[Facts]) -> list[str]:
    """Return, in words, what layers below hold by now in directories that the cell deletes."""
    tops = []
    for path, entry in facts.entries.items():
        if entry.type == WHITEOUT and facts.replaces[path].type == DIRECTORY:
            tops.append(path)
    changes = []
    for holder in below if tops else ():
        for path in holder.entries.keys() - facts.replaces.keys():
            if any(path.startswith(f"{top}/") for top in tops):
                changes.append(f"/{path} of {holder.cell} is new in a directory that it deletes")
    return sorted(changes)


def outdated(store: Store, cell: Cell, known: Mapping[str, Inputs]) -> tuple[str, ...]:
    """Return why a cell that is in the store, with all below it, has to be built again; empty when
    it need not be.
    """
    manifest = records.find(store, known[cell.id].key)
    below = manifests(store, cell, known)
    if manifest is not None and not records.moved(manifest, below, records.CHECKED):
        return ()
    try:
        facts = [_facts(store, known[name]) for name in (cell.id, *cell.ancestors)]
    except IntegrityError as error:
        return (error.message,)
    return tuple(changed(facts[0], facts[1:]))


def manifests(store: Store, cell: Cell, known: Mapping[str, Inputs]) -> dict[str, str]:
    """Return the digests of the manifests of what is below a cell now, by cell id."""
    digests = {}
    for name in cell.ancestors:
        manifest = records.find(store, known[name].key)
        if manifest is not None:
            digests[name] = manifest.digest
    return digests


def _facts(store: Store, item: Inputs) -> Facts:
    manifest = records.find(store, item.key)
    if manifest is None:
        raise IntegrityError("what the store holds of it, or of what is below it, was damaged")
    return records.facts(store, manifest)
