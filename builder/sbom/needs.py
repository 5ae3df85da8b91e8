"""Which packages of an image a package means by the names of what it needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from packaging.utils import canonicalize_name

from builder.kinds.model import Described

PYTHON, NPM = "python", "npm"
TOGETHER = {PYTHON, "crate", "go"}
"""Kinds of packages that see only those in the same place: of one Python, or of one program."""
MODULES = "node_modules"
Key = tuple[str, str, str]
"""Kind, name and version of a package."""


class Needs:
    """The packages of an image, by the names under which others need them. `described` are the
    files that describe each.
    """

    def __init__(self, described: Mapping[Key, Sequence[Described]]) -> None:
        self._described = described
        self._by_name: dict[tuple[str, str], dict[Key, None]] = {}
        self._at: dict[tuple[str, str], Key] = {}
        for key, packages in described.items():
            for package in packages:
                self._at[package.kind, package.path] = key
                for name in (package.name, *package.provides):
                    named = (package.kind, _spelt(package.kind, name))
                    self._by_name.setdefault(named, {})[key] = None

    def of(self, key: Key) -> set[Key]:
        """Return what a package needs, as far as each name means one package here."""
        needed: set[Key] = set()
        for package in self._described.get(key, ()):
            for words in package.requires:
                meant = (self._meant(package, name) for name in words.split("|"))
                first = next((one for one in meant if one is not None), None)
                if first is not None and first != key:
                    needed.add(first)
        return needed

    def _meant(self, package: Described, name: str) -> Key | None:
        if package.kind == NPM:
            return self._module(package.path, name)
        spelt = _spelt(package.kind, name)
        keys = [*self._by_name.get((package.kind, spelt), {})]
        # Who has a name goes before those who provide it.
        keys = [key for key in keys if _spelt(package.kind, key[1]) == spelt] or keys
        if package.kind in TOGETHER:
            place = _place(package)
            keys = [key for key in keys if place in map(_place, self._described[key])]
        return keys[0] if len(keys) == 1 else None

    def _module(self, path: str, name: str) -> Key | None:
        """Return the module that Node.js loads by a name: the nearest one on the way up."""
        for directory in _upwards(posixpath.dirname(path)):
            file = posixpath.join(directory, MODULES, name, "package.json")
            if (key := self._at.get((NPM, file))) is not None:
                return key
        return None


def _place(package: Described) -> str:
    directory = posixpath.dirname(posixpath.dirname(package.path))
    return directory if package.kind == PYTHON else package.path


def _spelt(kind: str, name: str) -> str:
    return canonicalize_name(name) if kind == PYTHON else name


def _upwards(directory: str) -> Iterator[str]:
    while directory:
        yield directory
        directory = posixpath.dirname(directory)
