"""Promises: cells that were kept while a layer below them, with an ABI, changed.

A layer that declares an ABI promises that what is built on it comes to the same bytes as long as
the ABI stays. Children are kept on that word, so that a security update of the base takes seconds.
Here the word is checked: each such cell is built again on what is below it now, and the bytes are
compared. Where they differ, the promise broke: the new bytes take the place of the old.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from builder.cells import records
from builder.cells.tree import PathDifference, diff_filesystems
from builder.debian.model import Facts
from builder.execute.cells import keep, made
from builder.execute.replaced import manifests
from builder.execute.schedule import Result
from builder.execute.schedule import run as schedule
from builder.execute.workshop import Workshop
from builder.fetch.fetch import fetch
from builder.graph.model import Cell
from builder.oci.blob import disk
from builder.oci.writers import writing

Outcome = Literal["kept", "broken", "unsteady"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What building a cell again came to."""

    cell: str
    outcome: Outcome
    """kept: the same bytes. broken: others, on what is below it now. unsteady: others at each
    build, so nothing can be said of the promise."""
    parents: tuple[str, ...] = ()
    """The cells below that are not those on which it was built, each with its ABI in words."""
    differences: tuple[PathDifference, ...] = ()
    """Where the new bytes differ from the old."""


@dataclass(slots=True)
class Verification:
    """What was verified, and how each step ended."""

    rebuilt: dict[str, Rebuilt] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Cells that are not in the store: nothing is kept there, so there is nothing to verify."""

    @property
    def replaced(self) -> tuple[str, ...]:
        """The cells that came to other bytes."""
        return tuple(name for name, one in self.rebuilt.items() if one.outcome != "kept")


def due(shop: Workshop, *, everything: bool) -> tuple[list[str], tuple[str, ...]]:
    """Return the cells that were kept on a promise (or, if `everything`, all), and those that the
    store lacks.
    """
    project = shop.project
    wanted: list[str] = []
    missing: list[str] = []
    for cell in project.graph.cells.values():
        if records.find(project.store, project.inputs[cell.id].key) is None:
            missing.append(cell.id)
        elif everything or project.moved(cell, promised=True):
            wanted.append(cell.id)
    return wanted, tuple(missing)


def verify(shop: Workshop, *, jobs: int, everything: bool = False) -> Verification:
    """Build cells again that were kept on a promise; what came out otherwise takes their place.

    What such a cell carries with it is verified too: a child of a cell that came to other bytes.

    Raises:
        BuilderError: the store cannot be written.

    """
    project = shop.project
    wanted, missing = due(shop, everything=everything)
    verification = Verification(missing=missing)
    if not wanted:
        return verification
    # Whatever stands on a verified cell waits for it, and is looked at again if it changed.
    waiting: dict[str, set[str]] = {}
    for cell in project.graph.cells.values():
        below = set(cell.ancestors) & waiting.keys()
        if cell.id not in missing and (below or cell.id in wanted):
            waiting[cell.id] = below
    guard = threading.Lock()

    def work(name: str) -> str:
        one = _verify(shop, project.graph.cells[name], required=name in wanted)
        if one is None:
            return "stands on what it was built on"
        with guard:
            verification.rebuilt[name] = one
        return WORDS[one.outcome]

    with writing(project.store):
        verification.results = schedule(waiting, work, jobs, shop.monitor)
    return verification


WORDS: Mapping[Outcome, str] = {
    "kept": "the same bytes",
    "broken": "other bytes: a promise broke",
    "unsteady": "other bytes at each build",
}


def _verify(shop: Workshop, cell: Cell, *, required: bool) -> Rebuilt | None:
    """Build a cell again; return None where nothing below it changed and nobody asked for it."""
    project = shop.project
    key = project.inputs[cell.id].key
    moved = project.moved(cell, promised=True)
    manifest = records.find(shop.store, key)
    if manifest is None or not (moved or required):
        return None
    before = shop.facts(cell.id)
    fetch(project.lock, [cell], project.settings, shop.monitor, project.documents)
    with disk(shop.store.root):
        after = made(shop, cell)
        if same(before, after):
            below = manifests(shop.store, cell, project.inputs)
            records.built_on(shop.store, key, manifest, below)
            return Rebuilt(cell=cell.id, outcome="kept")
        # A build that never comes out the same says nothing of what is below it.
        steady = same(after, made(shop, cell))
        keep(shop, cell, after)
    return Rebuilt(
        cell=cell.id,
        outcome="broken" if steady and moved else "unsteady",
        parents=tuple(_named(shop, name) for name in moved),
        differences=tuple(differences(before, after)),
    )


def same(one: Facts, other: Facts) -> bool:
    """Tell whether two builds of a cell came to the same bytes, bookkeeping included."""
    layers = [chunk.diff_id for chunk in one.delta]
    return (
        layers == [chunk.diff_id for chunk in other.delta]
        and one.bookkeeping == other.bookkeeping
        and one.replaces == other.replaces
    )


def differences(before: Facts, after: Facts) -> Collection[PathDifference]:
    """Return the paths at which two builds of a cell differ, bookkeeping included."""
    paths = diff_filesystems(before.entries, after.entries, times=True)
    for path in sorted(before.bookkeeping.keys() | after.bookkeeping.keys()):
        one, other = before.bookkeeping.get(path, ""), after.bookkeeping.get(path, "")
        if one != other:
            paths.append(
                PathDifference(path, "one entry" if one else "", "another" if other else "")
            )
    return paths


def _named(shop: Workshop, name: str) -> str:
    abi = shop.project.graph.cells[name].abi
    return f"{name} (ABI {', '.join(abi)})" if abi else name
