"""npm's resolution within a bound: no package moves further from its locked versions than it may.

npm takes the newest version that a range admits, and never an older one because of what that asks
for. So it is asked again with narrower ranges until all is within the bound. At last it is asked
with the layer's own ranges, and corrects what does not answer them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.lock.bound import Reach, Stayed, npm_range, reach
from builder.lock.npm import entries, name_of
from builder.lock.version import newest

KIND = "npm"
MANIFEST, LOCK = "package.json", "package-lock.json"
ROUNDS = 12
"""How often npm is asked; after that, everything stays."""
MODULES = "node_modules/"
ALIAS = "npm:"

Lock = Mapping[str, Any]
Complete = Callable[[Mapping[str, str]], Lock]
"""Lets npm write or complete the lock file for files by name; returns it."""


class BoundNotKeptError(Exception):
    """npm was asked often enough."""


@dataclass(kw_only=True, slots=True)
class Bound:
    """How far the packages of a cell may move from those of a lock file."""

    complete: Complete
    manifest: Mapping[str, Any]
    """The package.json of the layer."""
    before: Lock
    within: Reach
    _narrowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name -> the ranges that replace what is asked for, one for each locked version."""

    def kept(self, free: Lock) -> Lock:
        """Return a lock file like one without a bound, within the bound where it can be: what the
        layer asks for counts more.

        Raises:
            BoundNotKeptError: npm was asked often enough.

        """
        after = free
        for _ in range(ROUNDS):
            further = self._beyond(after)
            if not self._narrow(further, after):
                return after
            draft = self.complete({MANIFEST: json.dumps(self._narrow_manifest())})
            plain = json.dumps(self.manifest)
            after = self.complete({MANIFEST: plain, LOCK: json.dumps(draft)})
        raise BoundNotKeptError

    def stayed(self, free: Lock, after: Lock) -> Iterator[Stayed]:
        """Yield what would be newer without the bound."""
        had, have = _versions(self.before), _versions(after)
        for name, versions in self._beyond(free).items():
            locked, newer = newest(KIND, sorted(had[name])), newest(KIND, sorted(versions))
            # On another Node.js, npm chooses older versions, too: those are kept away as well.
            is_newer = newest(KIND, [locked, newer]) == newer
            if is_newer and not versions <= have.get(name, set()):
                yield Stayed(KIND, name, locked, newer)

    def _beyond(self, lock: Lock) -> dict[str, set[str]]:
        """Return the packages that moved too far, with the versions that they should not have."""
        had = _versions(self.before)
        further: dict[str, set[str]] = {}
        for name, versions in _versions(lock).items():
            for version in versions if name in had else ():
                if all(reach(KIND, old, version) > self.within for old in had[name]):
                    further.setdefault(name, set()).add(version)
        return further

    def _narrow(self, further: Mapping[str, set[str]], lock: Lock) -> bool:
        """Narrow the ranges of packages that moved too far. If that is not enough for one, those
        that ask for it must not move at all. Tell whether there was something to narrow.
        """
        had = _versions(self.before)
        ranges = {
            name: tuple(npm_range(old, self.within) for old in _sorted(had[name]))
            for name in further
            if name not in self._narrowed
        }
        if not ranges:
            movers = {name for name in _asking(lock, further) if name in had}
            exact = {name: _sorted(had[name]) for name in movers}
            ranges = {name: old for name, old in exact.items() if self._narrowed.get(name) != old}
        self._narrowed |= ranges
        return bool(ranges)

    def _narrow_manifest(self) -> dict[str, Any]:
        """Return a package.json with narrower ranges, also for what others ask for."""
        made = dict(self.manifest)
        direct: dict[str, str] = {}
        for key in ("dependencies", "devDependencies"):
            for name, asked in self.manifest.get(key, {}).items():
                direct[name] = self._direct(name, asked)
            if key in made:
                made[key] = {name: direct[name] for name in made[key]}
        overrides = {}
        for name, ranges in self._narrowed.items():
            # npm refuses to override what is asked for directly by something else.
            own = [direct[name]] if name in direct else []
            if not any(one.startswith(ALIAS) for one in own):
                for one in dict.fromkeys([*own, *ranges]):
                    overrides[f"{name}@{one}"] = one
        return {**made, "overrides": overrides}

    def _direct(self, name: str, asked: str) -> str:
        if name not in self._narrowed:
            return asked
        top = self.before.get("packages", {}).get(f"{MODULES}{name}", {}).get("version")
        exact = top in self._narrowed[name]
        narrow = top if exact else npm_range(top, self.within) if top else self._narrowed[name][-1]
        if asked.startswith(ALIAS):
            package, _, _ = asked.rpartition("@")
            return f"{package}@{narrow}"
        return str(narrow)


def _versions(lock: Lock) -> dict[str, set[str]]:
    """Return the versions of each package in a lock file."""
    versions: dict[str, set[str]] = {}
    for place, entry in entries(lock):
        if "version" in entry:
            versions.setdefault(name_of(place), set()).add(str(entry["version"]))
    return versions


def _sorted(versions: set[str]) -> tuple[str, ...]:
    """Return versions, the newest first: of two rules, npm takes the first that fits."""
    left, ordered = set(versions), []
    while left:
        ordered.append(newest(KIND, sorted(left)))
        left.discard(ordered[-1])
    return tuple(ordered)


def _asking(lock: Lock, names: Mapping[str, object]) -> Iterator[str]:
    """Yield the packages that ask for one of these."""
    for place, entry in entries(lock):
        asked = {**entry.get("dependencies", {}), **entry.get("optionalDependencies", {})}
        asked |= entry.get("peerDependencies", {})
        if not asked.keys().isdisjoint(names):
            yield name_of(place)
