"""System accounts of a build that did not get the id of the lock.

It is reported, but is not an error: such an account does no harm until two layers that were built
apart meet with the same id, which is an error then. The package that makes the account may be one
that the reader cannot change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from builder.debian.accounts import system_ids
from builder.debian.model import Facts
from builder.graph.accounts import made
from builder.graph.model import Cell
from builder.lock.model import Lock

PASSWD, GROUP = "etc/passwd", "etc/group"


def surprises(cell: Cell, lock: Lock, facts: Facts, below: Sequence[Facts]) -> Iterator[str]:
    """Yield a sentence for each account that the cell makes with an id that nobody decided on."""
    fixed = {(one.name, one.id) for one in made(cell, lock)}
    known: set[str] = set()
    for one in below:
        known |= _ids(one).keys()
    for name, numbers in sorted(_ids(facts).items()):
        decided = lock.accounts.get(name)
        odd = [number for number in sorted(numbers - {decided}) if (name, number) not in fixed]
        if odd and name not in known:
            yield _sentence(cell, name, odd[0], decided)


def _ids(facts: Facts) -> dict[str, set[int]]:
    return system_ids(facts.bookkeeping.get(PASSWD, ""), facts.bookkeeping.get(GROUP, ""))


def _sentence(cell: Cell, name: str, number: int, decided: int | None) -> str:
    begin = f"{cell.id} makes the account {name} with the id {number}"
    if decided is None:
        return (
            f"{begin}, which another layer may give to another account: add `accounts: [{name}]` to"
            f" {cell.name}/layer.yaml and run `catalog lock`"
        )
    return (
        f"{begin} instead of {decided}, which the lock has for it: make it in a layer below, with"
        f" `run: useradd --system --uid {decided} {name}`, where its package finds it"
    )
