"""Users and groups: /etc/passwd, group, shadow, gshadow, subuid and subgid."""

from __future__ import annotations

import itertools

from builder.debian.merger import Disagreement, Table, equal
from builder.oci.model import EPOCH

LAST_CHANGE = str(EPOCH // 86400)
HINT = (
    "add the accounts to `accounts` of the layers that make them, then run `catalog lock`, which"
    " decides on their ids, and build these layers again; if a script itself gives an id, use"
    " another number there"
)
RANGES_HINT = "give one of them a different range (`usermod --add-subuids`, or /etc/subuid)"
SYSTEM = range(100, 1000)
USERS = "users"
"""The only one of Debian's own groups whose id is in that range."""


def parse(text: str) -> Table:
    """Parse lines of `name:rest`."""
    return {
        line.partition(":")[0]: line.partition(":")[2] for line in text.splitlines() if line.strip()
    }


def parse_shadow(text: str) -> Table:
    """Parse /etc/shadow; the day of the last change, which is that of the build, becomes a fixed
    day.
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


def join_user(key: str, one: str, other: str) -> str:
    """Join two entries of one user or group, which must be equal."""
    try:
        return equal(key, one, other)
    except Disagreement as error:
        other_id = one.split(":")[1:2] != other.split(":")[1:2]
        raise Disagreement(error.text, HINT if other_id else "") from None


def join_members(key: str, one: str, other: str) -> str:
    """Join the members of a group; its id must be equal."""
    members = _members(one) | _members(other)
    return join_user(key, _with_members(one, members), _with_members(other, members))


def system_ids(passwd: str, group: str) -> dict[str, set[int]]:
    """Return the ids of the system accounts in these texts: users and groups by name."""
    ids: dict[str, set[int]] = {}
    for name, rest in (*parse(passwd).items(), *parse(group).items()):
        number = int(rest.split(":")[1])
        if number in SYSTEM and name != USERS:
            ids.setdefault(name, set()).add(number)
    return ids


def unique_ids(table: Table) -> None:
    """Refuse two names with one id.

    Raises:
        Disagreement: there are some.

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
        Disagreement: there are some.

    """
    ranges = sorted(
        (int(rest.split(":")[0]), int(rest.split(":")[1]), name) for name, rest in table.items()
    )
    for (start, count, name), (following, _, other) in itertools.pairwise(ranges):
        if following < start + count:
            message = f"{name} and {other} share subordinate ids from {following}"
            raise Disagreement(message, RANGES_HINT)


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
