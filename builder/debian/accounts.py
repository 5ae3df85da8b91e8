"""Users and groups: /etc/passwd, group, shadow, gshadow, subuid and subgid."""

from __future__ import annotations

import itertools

from builder.debian.merger import Disagreement, Table, equal
from builder.oci.model import EPOCH

LAST_CHANGE = str(EPOCH // 86400)
HINT = (
    "give the account a fixed id: create it (`useradd --system --uid N`) in a layer that both stand"
    " on, so that the package which wants it finds it"
)


def parse(text: str) -> Table:
    """Parse lines of `name:rest`."""
    return {
        line.partition(":")[0]: line.partition(":")[2] for line in text.splitlines() if line.strip()
    }


def parse_shadow(text: str) -> Table:
    """Parse /etc/shadow; the day of the last change, which is the day of the build, becomes a fixed
    one.
    """
    table = parse(text)
    for name, rest in table.items():
        parts = rest.split(":")
        if len(parts) > 1 and parts[1] not in {"", "0"}:
            parts[1] = LAST_CHANGE
            table[name] = ":".join(parts)
    return table


def parse_members(text: str) -> Table:
    """Parse /etc/group or gshadow, members sorted."""
    return {name: _with_members(rest, _members(rest)) for name, rest in parse(text).items()}


def join_members(key: str, one: str, other: str) -> str:
    """Unite the members of a group; its id must be equal."""
    members = _members(one) | _members(other)
    return equal(key, _with_members(one, members), _with_members(other, members))


def unique_ids(table: Table) -> None:
    """Refuse two names with one id.

    Raises:
        Disagreement: there are.

    """
    names: dict[str, str] = {}
    for name, rest in sorted(table.items()):
        number = rest.split(":")[1]
        if number in names:
            raise Disagreement(f"{names[number]} and {name} have the same id {number}", HINT)
        names[number] = name


def unique_ranges(table: Table) -> None:
    """Refuse overlapping ranges of subordinate ids.

    Raises:
        Disagreement: there are.

    """
    ranges = sorted(
        (int(rest.split(":")[0]), int(rest.split(":")[1]), name) for name, rest in table.items()
    )
    for (start, count, name), (following, _, other) in itertools.pairwise(ranges):
        if following < start + count:
            raise Disagreement(f"{name} and {other} share subordinate ids from {following}", HINT)


def dump(table: Table) -> str:
    """Write lines sorted by name."""
    return "".join(f"{name}:{rest}\n" for name, rest in sorted(table.items()))


def dump_by_id(table: Table) -> str:
    """Write lines sorted by id, then name: root first."""
    return "".join(
        f"{name}:{rest}\n"
        for name, rest in sorted(
            table.items(), key=lambda item: (int(item[1].split(":")[1]), item[0])
        )
    )


def _members(rest: str) -> set[str]:
    return set(rest.rpartition(":")[2].split(",")) - {""}


def _with_members(rest: str, members: set[str]) -> str:
    return f"{rest.rpartition(':')[0]}:{','.join(sorted(members))}"
