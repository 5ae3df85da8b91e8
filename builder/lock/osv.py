"""Advisories in the format of OSV (schema 1.7), and whether they affect a version of a package.

https://ossf.github.io/osv-schema/ says what its fields mean and how ranges are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, Field
from semver import Version as SemVer

from builder.lock.maven import order as maven_order
from builder.lock.version import debian_key

DEBIAN, PYPI, NPM, MAVEN, GO, CRAN = "Debian", "PyPI", "npm", "Maven", "Go", "CRAN"
CRATES, JULIA = "crates.io", "Julia"
BEGINNING = "0"
"""Where a range begins that has no beginning."""
NO_LIMIT = "*"
CVE = re.compile(r"CVE-\d{4}-\d{4,}")
Order = Callable[[str], Any]
"""Gives the sort key of a version.

Raises:
    ValueError: it is none.

"""


@dataclass(frozen=True, slots=True, order=True)
class OsvPackage:
    """A version of a package, as advisories name it."""

    ecosystem: str
    """With its release, where the ecosystem has some: `Debian:13`; without it, of any release."""
    name: str
    version: str


class Event(BaseModel):
    """A version at which something begins or ends."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(BaseModel):
    """Versions that are affected."""

    type: Literal["GIT", "SEMVER", "ECOSYSTEM"]
    events: list[Event]


class Named(BaseModel):
    """The name of a package."""

    ecosystem: str
    name: str


class Score(BaseModel):
    """How severe it is, by one way to tell."""

    type: str = ""
    """CVSS_V4, CVSS_V3, CVSS_V2, or another one."""
    score: str = ""


class Said(BaseModel):
    """What databases say in words of their own; anything may stand there."""

    severity: object = None
    """GitHub's: LOW, MODERATE, HIGH, CRITICAL."""
    urgency: object = None
    """Debian's: `unimportant` is what does no harm as Debian builds it."""


class Affected(BaseModel):
    """What is affected of one package."""

    package: Named | None = None
    ranges: list[Range] = []
    versions: list[str] = []
    severity: list[Score] | None = None
    ecosystem_specific: Said | None = None
    database_specific: Said | None = None

    def is_of(self, packages: Iterable[OsvPackage]) -> bool:
        """Tell whether it is about one of these packages, in whatever version."""
        named = self.package
        return named is not None and any(_same(named, package) for package in packages)


class Advisory(BaseModel):
    """One advisory; what is not used here is ignored."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
    aliases: list[str] = []
    upstream: list[str] = []
    summary: str = ""
    withdrawn: str | None = None
    affected: list[Affected] = []
    severity: list[Score] | None = None
    database_specific: Said | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The CVEs that it is about; its own id where it names none."""
        named = (one for one in (self.id, *self.aliases, *self.upstream) if CVE.fullmatch(one))
        return tuple(sorted(set(named))) or (self.id,)

    def affects(self, packages: Iterable[OsvPackage]) -> bool:
        """Tell whether it affects one of these packages."""
        if self.withdrawn:
            return False
        pairs = product(self.affected, packages)
        return any(_is_affected(affected, package) for affected, package in pairs)

    def fixed(self, package: OsvPackage) -> tuple[str, ...]:
        """Return the first version of each range that holds a package's version which is free of
        it; none where there is no such version yet.
        """
        found: dict[str, None] = {}
        for affected in self.affected:
            if _is_affected(affected, package):
                found.update(dict.fromkeys(_fixes(affected, package.version)))
        return tuple(found)


class Advisories:
    """Advisories by the packages that they name."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        self._by_name: dict[tuple[str, str], dict[str, Advisory]] = {}
        for advisory in advisories:
            for one in advisory.affected:
                if one.package is not None:
                    name = _key(one.package.ecosystem, one.package.name)
                    self._by_name.setdefault(name, {})[advisory.id] = advisory

    def affecting(self, packages: Collection[OsvPackage]) -> dict[str, Advisory]:
        """Return the advisories that affect one of these packages, by id."""
        naming: dict[str, Advisory] = {}
        for package in packages:
            naming |= self._by_name.get(_key(package.ecosystem, package.name), {})
        return {name: one for name, one in naming.items() if one.affects(packages)}


def _key(ecosystem: str, name: str) -> tuple[str, str]:
    kind = ecosystem.partition(":")[0]
    return kind, plain(kind, name)


def _is_affected(affected: Affected, package: OsvPackage) -> bool:
    if affected.package is None or not _same(affected.package, package):
        return False
    ecosystem = affected.package.ecosystem.partition(":")[0]
    if package.version in affected.versions:
        return True
    for one in affected.ranges:
        order = _order_of(one, ecosystem)
        if order is not None and _within(one, package.version, order):
            return True
    return False


def _order_of(one: Range, ecosystem: str) -> Order | None:
    """Return the order of a range's versions; None where nobody here knows it."""
    if one.type == "GIT":
        return None
    return _semver if one.type == "SEMVER" else ORDERS.get(ecosystem)


def _fixes(affected: Affected, version: str) -> Iterator[str]:
    """Yield the next fix of each range after a version."""
    ecosystem = affected.package.ecosystem.partition(":")[0] if affected.package else ""
    for one in affected.ranges:
        order = _order_of(one, ecosystem)
        try:
            later = [
                event.fixed
                for event in one.events
                if order and event.fixed and order(event.fixed) > order(version)
            ]
            if order and later:
                yield min(later, key=order)
        except (ValueError, TypeError):
            continue


def _same(named: Named, package: OsvPackage) -> bool:
    """Tell whether an advisory names a package. One without a release is about all of them."""
    ecosystem, _, release = named.ecosystem.partition(":")
    ours, _, our_release = package.ecosystem.partition(":")
    if ecosystem != ours or (ours == DEBIAN and release and our_release not in {"", release}):
        return False
    return plain(ecosystem, named.name) == plain(ours, package.name)


def plain(ecosystem: str, name: str) -> str:
    """Return a name as the names of an ecosystem are compared."""
    if ecosystem == PYPI:
        return canonicalize_name(name)
    # Debian writes the names of R's packages in small letters.
    return name.lower() if ecosystem == CRAN else name


def _within(one: Range, version: str, order: Order) -> bool:
    """Tell whether a version is in a range (the schema's section "Evaluation"). One that cannot be
    compared with the range's is in none.
    """
    try:
        here = order(version)
        limits = [event.limit for event in one.events if event.limit is not None]
        is_before = not limits or any(limit == NO_LIMIT or here < order(limit) for limit in limits)
        return is_before and _after_events(one.events, here, order)
    except (ValueError, TypeError):
        return False


def _after_events(events: Iterable[Event], here: Any, order: Order) -> bool:  # noqa: ANN401  a key
    """Tell what the last event at or before a version makes of it."""
    steps: list[tuple[Any, bool]] = []
    is_affected = any(event.introduced == BEGINNING for event in events)
    for event in events:
        if event.introduced is not None and event.introduced != BEGINNING:
            at = order(event.introduced)
            steps += [(at, True)] if at <= here else []
        if event.fixed is not None:
            at = order(event.fixed)
            steps += [(at, False)] if at <= here else []
        if event.last_affected is not None:
            at = order(event.last_affected)
            steps += [(at, False)] if at < here else []
    return max(steps, key=lambda step: step[0])[1] if steps else is_affected


def _semver(version: str) -> SemVer:
    return SemVer.parse(version.removeprefix("v"), optional_minor_and_patch=True)


def _pypi(version: str) -> Version:
    """Return a version's key without its local part, which advisories do not know."""
    try:
        return Version(Version(version).public)
    except InvalidVersion as error:
        raise ValueError(str(error)) from None


def _cran(version: str) -> tuple[int, ...]:
    """Return the key of a version of R's packages (R's `package_version`)."""
    return tuple(int(number) for number in re.split(r"[.-]", version))


ORDERS: dict[str, Order] = {
    DEBIAN: debian_key,
    PYPI: _pypi,
    NPM: _semver,
    MAVEN: maven_order,
    GO: _semver,
    CRAN: _cran,
    CRATES: _semver,
    JULIA: _semver,
}
