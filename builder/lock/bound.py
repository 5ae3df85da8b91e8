"""How far a package moves between two versions, and how far it may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from packaging.version import InvalidVersion, Version

from builder.lock.version import DEBIAN, debian_parts

PYTHON = frozenset({"python", "shared", "wheel", "sdist"})
"""Kinds whose versions are those of PEP 440."""
NUMBERS = re.compile(r"v?(\d+)(?:[.-](\d+))?")
# Go's toolchains are versions of a module: the release of Go stands behind its own version.
TOOLCHAIN = re.compile(r"v0\.0\.1-go(\d+)\.(\d+)")
Series = tuple[int, int | str, int]
"""Epoch, major and minor number of a version; a version without numbers is its own major one."""


class Reach(IntEnum):
    """How far a version moves."""

    PATCH = 1
    """The major and the minor number stay."""
    MINOR = 2
    """The major number stays."""
    MAJOR = 3
    """Anything may change."""

    def __str__(self) -> str:
        """`patch`, `minor` or `major`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Stayed:
    """A package that stays behind because of a bound."""

    kind: str
    name: str
    locked: str
    """The version from which it may move only so far."""
    newest: str
    """The version that it would have without the bound."""
    security: bool = False
    """Whether that is in Debian's security archive."""

    def told(self, within: Reach) -> str:
        """Return it as a sentence."""
        kept = series_name(self.kind, self.locked, within)
        where = "in the security archive" if self.security else "there"
        newer = f"{self.name} {self.newest} is {where}"
        return f"{newer}; --within {within} keeps {kept} ({self.kind})"

    def document(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "kind": self.kind,
            "package": self.name,
            "locked": self.locked,
            "newest": self.newest,
            "security": self.security,
        }


def series(kind: str, version: str) -> Series:
    """Return what the order of a kind takes for epoch, major and minor number of a version."""
    if kind in PYTHON:
        try:
            parsed = Version(version)
        except InvalidVersion:
            return 0, version, 0
        return parsed.epoch, parsed.major, parsed.minor
    epoch, rest, _ = debian_parts(version) if kind in DEBIAN else (0, version, "")
    numbers = TOOLCHAIN.match(rest) or NUMBERS.match(rest)
    if numbers is None:
        return epoch, rest, 0
    return epoch, int(numbers[1]), int(numbers[2] or 0)


def reach(kind: str, old: str, new: str) -> Reach:
    """Return how far a package of a kind moves between two versions."""
    before, after = series(kind, old), series(kind, new)
    if before == after:
        return Reach.PATCH
    return Reach.MINOR if before[:2] == after[:2] else Reach.MAJOR


def series_name(kind: str, version: str, within: Reach) -> str:
    """Return the versions that a bound admits, for people: `2.4.x`."""
    epoch, major, minor = series(kind, version)
    if isinstance(major, str):
        return major
    before = f"{epoch}:" if epoch and kind in DEBIAN else f"{epoch}!" if epoch else ""
    return f"{before}{major}.x" if within is Reach.MINOR else f"{before}{major}.{minor}.x"


def requirement(name: str, version: str, within: Reach) -> str:
    """Return the requirement of PEP 508 that admits a distribution's versions within a bound."""
    epoch, major, minor = series("python", version)
    if isinstance(major, str):
        return f"{name}==={version}"
    before = f"{epoch}!" if epoch else ""
    numbers = f"{major}.*" if within is Reach.MINOR else f"{major}.{minor}.*"
    return f"{name}=={before}{numbers}"


def npm_range(version: str, within: Reach) -> str:
    """Return the range of npm that admits the versions within a bound; of versions before a
    release, the given one alone.
    """
    _, major, minor = series("npm", version)
    numbers = f"{major}.x" if within is Reach.MINOR else f"{major}.{minor}.x"
    is_early = "-" in version.partition("+")[0]
    return f"{numbers} || {version}" if is_early or isinstance(major, str) else numbers


def go_query(version: str, within: Reach) -> str:
    """Return the query of Go that asks for the newest version of a module within a bound."""
    _, major, minor = series("go", version)
    if isinstance(major, str):
        return version
    return f"v{major}" if within is Reach.MINOR else f"v{major}.{minor}"
