"""How a file that many packages write to is split into entries and merged again.

A merger treats such a file as a mapping from keys (a package, a user, a question, a line) to
values. `diff` returns what a build added; `merge` joins contributions. Both use the file's own
format, so people can read a contribution. `merge` is commutative, associative and idempotent, or
refuses: the values of two contributions for one key must be equal, unless the merger's `join` joins
them in a way that does not depend on their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from builder.errors import listed


@dataclass(frozen=True, slots=True)
class Disagreement(Exception):  # noqa: N818  it is caught by whoever knows the layers, and becomes a ConflictError
    """Two contributions have different values for a key; `text` is a sentence about it."""

    text: str
    hint: str = ""


LISTED = 10
"""Disagreements about one file that are reported."""
Table = dict[str, str]
Join = Callable[[str, str, str], str]


def equal(key: str, one: str, other: str) -> str:
    """Join two values by requiring that they are the same.

    Raises:
        Disagreement: they are not.

    """
    if one != other:
        raise Disagreement(f"{key}: {_brief(one, other)} against {_brief(other, one)}")
    return one


def accept(table: Table) -> None:
    """Check nothing."""


def never(_key: str) -> bool:
    """Match no key."""
    return False


def same(table: Table) -> Table:
    """Change nothing."""
    return table


@dataclass(frozen=True, slots=True)
class Merger:
    """One kind of shared file."""

    pattern: str
    """Glob over paths without leading slash; `*` stops at slashes."""
    parse: Callable[[str], Table]
    dump: Callable[[Table], str]
    join: Join = equal
    check: Callable[[Table], None] = accept
    """Raises Disagreement if the merged table is not valid."""
    finish: Callable[[Table], Table] = same
    """From the union of contributions to the contents of the file."""
    removed: Callable[[str, str], str | None] | None = None
    """The value to contribute for a key that was removed from the file. Without it, removing is
    refused."""
    always: Callable[[str], bool] = never
    """Whether a key is part of every contribution, because others make no sense without it."""
    links: bool = False
    """Whether the paths are symlinks, with their targets as text; otherwise they are files."""
    mode: int = 0o644
    gid: int = 0
    expression: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the pattern."""
        object.__setattr__(
            self, "expression", re.compile(re.escape(self.pattern).replace(r"\*", "[^/]+"))
        )

    def diff(self, before: str, after: str) -> str:
        """Return what was added or changed between two versions of the file; empty if nothing
        was.

        Raises:
            Disagreement: something was removed, or changed in a way that `join` does not allow.

        """
        old, new = self.parse(before), self.parse(after)
        if old and not new and self.removed is None:
            raise Disagreement("it is removed or empty")
        added, problems = {key: value for key, value in new.items() if old.get(key) != value}, []
        for key, value in sorted(old.items()):
            try:
                added |= self._kept(key, value, new)
            except Disagreement as error:
                problems.append(error.text)
        if problems:
            raise Disagreement(listed(problems, LISTED, "; "))
        return (
            self.dump({key: value for key, value in new.items() if self.always(key)} | added)
            if added
            else ""
        )

    def _kept(self, key: str, value: str, new: Table) -> Table:
        """Check that an earlier entry is still there, or was changed in a way that is allowed;
        return what to contribute for that.
        """
        if key in new:
            self.join(key, value, new[key])
            return {}
        gone = self.removed(key, value) if self.removed is not None else None
        if gone is None:
            raise Disagreement(f"{key} is removed")
        return {key: gone} if gone != value else {}

    def merge(self, contributions: Sequence[str]) -> str:
        """Return the union of contributions, itself a contribution.

        Raises:
            Disagreement: two of them have different values for a key.

        """
        union: Table = {}
        for text in contributions:
            for key, value in self.parse(text).items():
                union[key] = (
                    self.join(key, union[key], value)
                    if key in union and union[key] != value
                    else value
                )
        self.check(union)
        return self.dump(union)

    def file(self, contributions: Sequence[str]) -> str:
        """Return the text of the file that these contributions make. Raises as `merge` does."""
        return self.dump(self.finish(self.parse(self.merge(contributions))))


def _brief(text: str, other: str) -> str:
    """Return the first line of a text that the other one lacks."""
    theirs = set(other.splitlines())
    line = next(
        (line for line in text.splitlines() if line not in theirs),
        text.splitlines()[0] if text else "nothing",
    )
    return repr(line if len(line) < 90 else line[:87] + "…")
