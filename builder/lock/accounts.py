"""The ids of system accounts: decided once for a whole catalog, and kept in its lock.

Debian gives each new system account the next free id, so two packages that are installed apart get
the same one. Here every name has an id before anything is installed. The preferred id of an account
is a hash of its name: branches that add different accounts seldom collide, and branches that add
the same one agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from builder.digest import sha256
from builder.errors import InputError, Problem
from builder.lock.model import NAME, Artifact
from builder.lock.scripts import LEAST_ID, MOST_ID, Made

# Debian's own programs begin at the ends: adduser at 100, useradd and systemd-sysusers at 999. So
# the id that they give to an unknown account seldom collides with one that is decided here.
FIRST, LAST = 200, 899
KEY = "accounts"
"""The entry of an artifact's `extra` that names the accounts which its package makes. It is empty
for a package that makes none, and missing if the package was not read."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which account has which id."""

    ids: Mapping[str, int]
    moved: tuple[str, ...] = ()
    """Sentences about accounts that could not keep their ids."""


def written(made: Iterable[Made]) -> dict[str, str]:
    """Return what an artifact's `extra` says of the accounts that its package makes."""
    return {KEY: " ".join(map(str, sorted(made)))}


def made_by(artifact: Artifact) -> frozenset[Made] | None:
    """Return the accounts that a package makes; None if it was not read."""
    text = artifact.extra.get(KEY)
    if text is None:
        return None
    made = set()
    for word in text.split():
        name, _, number = word.partition("=")
        made.add(Made(name, int(number) if number.isdecimal() else 0))
    return frozenset(made)


def decide(before: Mapping[str, int], made: Iterable[Made]) -> Decision:
    """Return an id for each account that is made.

    An account keeps its id. A new one gets its preferred id, or the next free one. If a package
    itself gives an id to an account, no other account gets that id. The result does not depend on
    any order.

    Raises:
        InputError: there are more accounts than ids.

    """
    made = sorted(made, reverse=True)
    fixed = {one.name: one.id for one in made if one.id}
    open_names = {one.name for one in made if not one.id}
    ids: dict[str, int] = {}
    # Packages may give an account different ids: none of them is another's.
    owners = {one.id: one.name for one in made if one.id}
    for name in sorted(open_names & fixed.keys()):
        if owners[fixed[name]] == name:
            ids[name] = fixed[name]
    moved: list[str] = []
    rest = open_names - ids.keys()
    known = {name: before[name] for name in rest & before.keys()}
    for name in _by_right(known):
        number = known[name]
        if LEAST_ID <= number <= MOST_ID and owners.setdefault(number, name) == name:
            ids[name] = number
    for name in sorted(rest - ids.keys()):
        ids[name] = _free(name, owners)
        owners[ids[name]] = name
        if before.get(name) in owners:
            owner = owners[before[name]]
            moved.append(
                f"the accounts {owner} and {name} both had the id {before[name]}: {name} now has"
                f" {ids[name]}, and the cells that make it are built again"
            )
    return Decision(dict(sorted(ids.items())), tuple(moved))


def united(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the accounts of two branches, in either order. Of two accounts with one id, one is
    left out, to get a new one.
    """
    ids = dict(one)
    for name, number in other.items():
        # Of two ids of one account, the preferred one, else the smaller.
        ids[name] = min(ids.get(name, number), number, key=lambda each: _rank(name, each))
    owners: dict[int, str] = {}
    for name in _by_right(ids):
        owners.setdefault(ids[name], name)
    return {name: number for name, number in ids.items() if owners[number] == name}


def _by_right(ids: Mapping[str, int]) -> list[str]:
    """Return accounts, those with their preferred ids first: so branches that gave one id to two
    accounts agree on which one gets a new one.
    """
    return sorted(ids, key=lambda name: (ids[name] != _wish(name), name))


def _rank(name: str, number: int) -> tuple[bool, int]:
    return number != _wish(name), number


def _wish(name: str) -> int:
    """Return the preferred id of an account."""
    return FIRST + int(sha256(name.encode())[:8], 16) % (LAST - FIRST + 1)


def _free(name: str, owners: Mapping[int, str]) -> int:
    for step in range(LAST - FIRST + 1):
        number = FIRST + (_wish(name) - FIRST + step) % (LAST - FIRST + 1)
        if number not in owners:
            return number
    message = f"there is no id for the account {name}: all from {FIRST} to {LAST} are given"
    raise InputError([Problem(NAME, 0, 0, message, "remove some packages")])
