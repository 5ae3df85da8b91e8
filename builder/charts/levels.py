"""Changes between two versions of a chart, and which number of its version each one raises
(SemVer 2).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from semver import Version

ChangeKind = Literal["added", "removed", "changed"]


class Level(IntEnum):
    """Which number of a version is raised."""

    PATCH = 1
    """Whoever upgrades has nothing to do, and sees the same behaviour."""
    MINOR = 2
    """There is something new, or something behaves differently; nothing has to be done."""
    MAJOR = 3
    """The upgrade is refused, or something is lost: saved files, an address, a name, a value."""

    def __str__(self) -> str:
        """`patch`, `minor` or `major`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class ChartChange:
    """One change, in a line."""

    level: Level
    text: str

    def __str__(self) -> str:
        """`major: removed the option a.b`."""
        return f"{self.level}: {self.text}"


def raised(version: str, changes: Sequence[ChartChange]) -> str:
    """Return the next version, with the number raised that the greatest change requires.

    Raises:
        ValueError: the version is not SemVer, or there is no change.

    """
    last = Version.parse(version).finalize_version()
    level = max(change.level for change in changes)
    if level is Level.MAJOR:
        return str(last.bump_major())
    if level is Level.MINOR:
        return str(last.bump_minor())
    return str(last.bump_patch())


def shown(value: object) -> str:
    """Return a value as a message shows it: text as it is, everything else as JSON."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and value:
        return value
    return json.dumps(value, ensure_ascii=False)
