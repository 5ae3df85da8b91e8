"""The locks of two branches, from git, as one."""

from __future__ import annotations

from pathlib import Path

from builder.events import Monitor, Note
from builder.graph.model import Graph
from builder.lock.accounts import united
from builder.lock.decode import decode
from builder.lock.former import decode_former
from builder.lock.merge import merge
from builder.lock.model import NAME, Lock
from builder.resolve.settle import settle
from builder.tools import git


def merged(root: Path, graph: Graph, monitor: Monitor) -> Lock:
    """Return the union of the locks of two branches that git is merging in a catalog's directory.

    Cells that nobody has resolved in this form are marked to be resolved anew.

    Raises:
        BuilderError: git is not merging anything.
        InputError: the lock of a side does not hold together.

    """
    sides = git.sides(root)
    base = _lock(root, sides.base) if sides.base else None
    ours, theirs = _lock(root, sides.ours), _lock(root, sides.theirs)
    if ours is None or theirs is None:
        return ours or theirs or Lock(moment="", artifacts={}, cells={})
    kept = united(ours.accounts, theirs.accounts)
    for name in sorted((ours.accounts.keys() | theirs.accounts.keys()) - kept.keys()):
        sentence = f"the account {name} gets another id: the branches gave its own to two accounts"
        monitor(Note(sentence, "warning"))
    return settle(graph, merge(base, ours, theirs), base)


def _lock(root: Path, commit: str) -> Lock | None:
    """Return the lock of a commit, of whichever format; None when it has none."""
    files = git.files(root, commit, NAME)
    if files is None:
        return None
    name = f"{NAME} of {commit[:12]}"
    return decode_former(files, name) if isinstance(files, str) else decode(files, name)
