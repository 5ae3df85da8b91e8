"""Which releases of R packages satisfy what layers ask for, and the order to install them in."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from builder.lock.description import BASE, R, Release, Requirement
from builder.lock.model import Artifact
from builder.lock.version import r_key

KIND = "r"
NEEDS = "needs"
"""Says in an artifact's `extra` what the package needs, as a DESCRIPTION does."""
DEBIAN = re.compile(r"r-(?:cran|bioc|omegahat|other)-(.+)")
"""Debian's packages of R packages, whose names they have in lower case (Debian R policy)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A requirement, and where it comes from."""

    requirement: Requirement
    root: int
    """The request that led to it, as the caller counts them."""
    by: Release | None = None
    """The release that needs it; None for the request itself."""

    def __str__(self) -> str:
        """Say who needs what."""
        return f"{self.by} needs {self.requirement}" if self.by else str(self.requirement)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What there is where packages are installed: R, and R packages of Debian."""

    r: str
    """The version of R."""
    is_exact: bool = True
    """Whether that is all of the version, not only its first numbers."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Packages that are there: their names in lower case -> their versions."""

    def has(self, wanted: Requirement) -> bool:
        """Tell whether a requirement is fulfilled without any further package."""
        if wanted.name == R or wanted.name in BASE:
            return self._has_r(wanted)
        version = self.held.get(wanted.name.lower())
        return version is not None and wanted.admits(version)

    def _has_r(self, wanted: Requirement) -> bool:
        if self.is_exact or not wanted.operator:
            return wanted.admits(self.r)
        # What is not known of R cannot be too old.
        known = len(r_key(self.r))
        short = ".".join(str(number) for number in r_key(wanted.version)[:known])
        return Requirement(R, wanted.operator, short).admits(self.r)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked for in one place."""

    ground: Ground
    wishes: tuple[Wish, ...]


Offers = Callable[[Requirement], Iterable[Release]]
"""Gives the releases of a package, the most wanted first; more are only looked for if none of these
will do."""
Chosen = Mapping[str, Release]
Choice = Callable[[Wish], Release]


class UnfitError(Exception):
    """No release of a package fulfils all that is wanted of it."""

    def __init__(self, wish: Wish, obstacles: Mapping[str, Wish]) -> None:
        super().__init__(str(wish))
        self.wish = wish
        self.obstacles = dict(obstacles)
        """Versions that were tried -> what is against them."""


class GroundError(Exception):
    """Something needs another R than there is."""

    def __init__(self, wish: Wish, ground: Ground) -> None:
        super().__init__(str(wish))
        self.wish, self.ground = wish, ground


class _BarredError(Exception):
    """A release was chosen that does not do after all."""

    def __init__(self, release: Release, why: Wish) -> None:
        super().__init__(str(release))
        self.release, self.why = release, why


Barred = dict[tuple[str, str], Wish]
"""Releases that do not do, by name and version -> what is against them."""


def choose(asking: Sequence[Asking], offers: Offers) -> Chosen:
    """Return one release of each package that is needed anywhere.

    Where a release turns out not to do, all is chosen again without it. There are few releases to
    choose from (the locked one, the newest one), so that ends soon.

    Raises:
        UnfitError: no release of a package does.
        GroundError: it needs another R.

    """
    barred: Barred = {}
    while True:
        attempt = _Attempt(offers, barred)
        try:
            for place in asking:
                closure(place, attempt.choice)
        except _BarredError as error:
            barred[error.release.name, error.release.version] = error.why
        except (UnfitError, GroundError) as error:
            by = error.wish.by
            if by is None or not attempt.has_another(by):
                raise
            barred[by.name, by.version] = error.wish
        else:
            return attempt.chosen


def closure(place: Asking, choice: Choice) -> Chosen:
    """Return what is installed in a place: what is asked for and needed, unless it is there.

    Raises:
        GroundError: another R is needed.

    """
    taken: dict[str, Release] = {}
    queue = deque(place.wishes)
    while queue:
        wish = queue.popleft()
        wanted = wish.requirement
        if place.ground.has(wanted):
            continue
        if wanted.name == R or wanted.name in BASE:
            raise GroundError(wish, place.ground)
        release = choice(wish)
        if release.name not in taken:
            taken[release.name] = release
            queue.extend(Wish(need, wish.root, release) for need in release.needs)
    return taken


@dataclass(slots=True)
class _Attempt:
    """One attempt to choose releases, without those that are barred."""

    offers: Offers
    barred: Barred
    chosen: dict[str, Release] = field(default_factory=dict)

    def choice(self, wish: Wish) -> Release:
        """Return the release of a package, the first that does where none is chosen."""
        name = wish.requirement.name
        release = self.chosen.get(name)
        if release is None:
            release = self._first(wish)
            self.chosen[name] = release
        if not wish.requirement.admits(release.version):
            raise _BarredError(release, wish)
        return release

    def _first(self, wish: Wish) -> Release:
        """Return the first release that is left and does.

        Raises:
            UnfitError: none does.

        """
        obstacles: dict[str, Wish] = {}
        for release in self.offers(wish.requirement):
            against = self.barred.get((release.name, release.version))
            if against is None and wish.requirement.admits(release.version):
                return release
            obstacles[release.version] = against or wish
        raise UnfitError(wish, obstacles)

    def has_another(self, release: Release) -> bool:
        """Tell whether there is another release that may do instead."""
        return any(
            other.version != release.version and (other.name, other.version) not in self.barred
            for other in self.offers(Requirement(release.name))
        )


def in_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return packages so that each follows those that it needs; the same for the same packages.

    Raises:
        CycleError: some need each other.

    """
    graph = {name: sorted(set(needs[name]) & needs.keys()) for name in sorted(needs)}
    return list(TopologicalSorter(graph).static_order())


def needed(artifact: Artifact) -> list[str]:
    """Return the names of what a locked package needs."""
    return [word.split("(")[0].strip() for word in artifact.extra.get(NEEDS, "").split(",")]


def installation(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Return locked packages in the order in which they are installed."""
    by_name = {artifact.name: artifact for artifact in artifacts}
    try:
        names = in_order({name: needed(one) for name, one in by_name.items()})
    except CycleError:
        # No lock that this program wrote has any; R tells what is missing.
        names = sorted(by_name)
    return [by_name[name] for name in names]


def of_debian_name(package: str) -> str:
    """Return the R package in a Debian package, in lower case; empty where it has none."""
    match = DEBIAN.fullmatch(package)
    return match[1] if match else ""
