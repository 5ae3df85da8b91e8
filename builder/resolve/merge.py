"""The locks of two branches in git, merged into one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builder.catalog.levels import Levels
from builder.errors import InputError, Problem
from builder.events import Monitor, Note
from builder.graph.asks import stale
from builder.graph.model import Graph
from builder.lock.accounts import united
from builder.lock.decode import decode
from builder.lock.file import read
from builder.lock.former import decode_former
from builder.lock.merge import merge, renewed
from builder.lock.model import NAME, Lock
from builder.resolve.settle import settle
from builder.tools import git


def merged(root: Path, graph: Graph, monitor: Monitor) -> Lock:
    """Return the union of the locks of two branches that git is merging in a catalog's directory.

    Cells that were never resolved in this form are marked to be resolved again.

    Raises:
        BuilderError: git is not merging anything.
        InputError: the lock of a side is inconsistent.

    """
    sides = git.sides(root)
    base = _lock(root, sides.base) if sides.base else None
    ours, theirs = _lock(root, sides.ours), _lock(root, sides.theirs)
    if ours is None or theirs is None:
        return ours or theirs or Lock(moment="", artifacts={}, cells={})
    kept = united(ours.accounts, theirs.accounts)
    for name in sorted((ours.accounts.keys() | theirs.accounts.keys()) - kept.keys()):
        sentence = f"the account {name} gets a new id: the other branch gave its id to another one"
        monitor(Note(sentence, "warning"))
    return settle(graph, merge(base, ours, theirs), base)


def from_upstream(
    levels: Levels, graph: Graph, ours: Lock | None, monitor: Monitor, *, needed: bool
) -> Lock | None:
    """Return a fork's lock with what the lock of its nearest upstream that has one says of the
    cells that both have; without a lock of its own, that of upstream. If none has one, it is the
    fork's own.

    Raises:
        InputError: upstream's lock is inconsistent; there is none, and it is `needed`.

    """
    below = [level for level in reversed(levels.levels[:-1]) if (level.root / NAME).exists()]
    if not below:
        if needed:
            message = "no catalog that this one extends has a lock"
            raise InputError([Problem("--upstream", 0, 0, message, "lock upstream first")])
        return ours
    file = below[0].root / NAME
    monitor(Note(f"taking what {file} says of the same cells"))
    theirs = read(file)
    late = stale(theirs, graph)
    current = [name for name in theirs.cells if name in graph.cells and name not in late]
    there = {name: piece for name, piece in theirs.cells.items() if name in graph.cells}
    mine = ours or replace(theirs, cells=there)
    return settle(graph, renewed(mine, theirs, current), mine)


def _lock(root: Path, commit: str) -> Lock | None:
    """Return the lock of a commit, in either format; None if it has none."""
    files = git.files(root, commit, NAME)
    if files is None:
        return None
    name = f"{NAME} of {commit[:12]}"
    return decode_former(files, name) if isinstance(files, str) else decode(files, name)
