"""Which system accounts a cell makes, and which ids the lock has for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.catalog import script
from builder.graph.asks import stale
from builder.graph.model import Cell, Graph
from builder.lock.accounts import made_by
from builder.lock.model import Artifact, Lock
from builder.lock.scripts import Made, made_by_shell


def packages(cell: Cell, lock: Lock) -> Iterator[Artifact]:
    """Yield the Debian packages that the cell installs."""
    for name in lock.cells[cell.id].artifacts:
        if lock.artifacts[name].kind == "deb":
            yield lock.artifacts[name]


def own(cell: Cell) -> frozenset[Made]:
    """Return the accounts that the layer itself declares, or makes in `prepare` and `run`."""
    declared = {Made(name) for name in cell.layer.accounts}
    for key in script.KEYS:
        declared |= made_by_shell(cell.scripts.get(key, str(getattr(cell.layer, key))))
    return frozenset(declared)


def made(cell: Cell, lock: Lock) -> frozenset[Made]:
    """Return the accounts that the cell makes, as far as they are known."""
    known = set(own(cell))
    for package in packages(cell, lock):
        known |= made_by(package) or frozenset()
    return frozenset(known)


def given(cell: Cell, lock: Lock) -> dict[str, int]:
    """Return the ids for the accounts that the cell makes: name -> id, sorted."""
    names = {one.name for one in made(cell, lock) if not one.id}
    return {name: lock.accounts[name] for name in sorted(names & lock.accounts.keys())}


def behind(lock: Lock, graph: Graph) -> Mapping[str, str]:
    """Return the cells for which the lock is out of date, with the reason: it lacks the packages
    that they ask for now, or the ids of accounts that they make.
    """
    late = dict(stale(lock, graph))
    for cell in graph.cells.values():
        why = "" if cell.id in late else _undecided(cell, lock)
        if why:
            late[cell.id] = why
    return late


def _undecided(cell: Cell, lock: Lock) -> str:
    names = {one.name for one in made(cell, lock) if not one.id} - lock.accounts.keys()
    if names:
        return f"makes the account {min(names)}, which has no id in the lock"
    unread = [package.name for package in packages(cell, lock) if made_by(package) is None]
    return (
        f"installs {unread[0]}, and the lock does not say which accounts it makes" if unread else ""
    )


def wanted(lock: Lock, graph: Graph) -> frozenset[Made]:
    """Return all accounts that the cells of a catalog make."""
    every: set[Made] = set()
    for cell in graph.cells.values():
        every |= made(cell, lock)
    return frozenset(every)
