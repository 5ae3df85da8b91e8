"""Programs and libraries that an image has in two versions, from the facts of its cells.

A thing is named by its kind and name. These are compared:

* `python:urllib3`, `r:MASS`, `maven:…`: what packages say about themselves, wherever they are;
* `npm:node`, `wheel:…`: what a layer asked for by name. What an npm package needs is its own;
* `library:libssl`: what programs load by a name that begins so, from where the loader looks. What
  a wheel keeps for itself, under a name of its own, is not there;
* `program:helm`: files of one name in two directories of PATH;
* `duckdb`: what a layer declares to be one thing under several names (`one_version`).

A layer may have something for itself, whatever others have: its copy then does not count
(`private`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import chain

from builder.cells.tree import merged
from builder.debian import ldcache
from builder.debian.environment import DEFAULT_PATH
from builder.debian.model import Facts
from builder.lock.model import layer_of
from builder.oci.model import Entry, ImageConfig

DISTRIBUTION = re.compile(
    r"(?P<where>(?:.*/)?(?:site|dist)-packages)/(?P<name>[^/]+?)-(?P<version>[^-/]+)"
    r"\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)"
)
ENDS = ("/METADATA", "/PKG-INFO", ".egg-info")
RELEASE = re.compile(r"(?:\d+:)?v?(\d+(?:\.\d+)*)")
"""The numbers at the front of a version; Debian may have an epoch before them."""
COMPARED = ("r", "maven")
"""Kinds of which facts hold what is found by one name. Of a Debian package dpkg has one version;
Python's are told by their paths; a program in Go or JavaScript has its modules for itself."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Copy:
    """One of the versions of a thing."""

    version: str
    layer: str
    where: str
    """Its directory or path, or empty if none is known."""

    def __str__(self) -> str:
        of = f"layer {self.layer}"
        return f"{self.version} ({of}, /{self.where})" if self.where else f"{self.version} ({of})"


Things = dict[str, dict[str, set[Copy]]]
"""Thing -> what tells one version from another -> the copies of it."""


def twice(
    layers: Sequence[Facts],
    *,
    config: ImageConfig,
    named: Mapping[str, Mapping[str, str]],
    families: Mapping[str, Sequence[str]],
    private: Mapping[str, Iterable[str]],
) -> dict[str, tuple[Copy, ...]]:
    """Return what an image has in several versions, with all copies that count, sorted.

    `named` are packages that facts do not hold, because they were unpacked: layer -> `kind:name` ->
    version. `families` are names under which globs over `kind:name` are one thing; `private` are
    globs over things, by layer.

    Raises:
        ConflictError: the layers disagree on a path.

    """
    tree = merged(layers)
    things: Things = {}
    for facts in layers:
        layer = layer_of(facts.cell)
        for thing, version, where in _packages(facts, tree):
            _add(things, thing, version, Copy(version=version, layer=layer, where=where))
        for thing, version in named.get(layer, {}).items():
            _add(things, thing, version, Copy(version=version, layer=layer, where=""))
    _join(things, families)
    owners: dict[str, Facts] = {}
    for facts in layers:
        owners.update(dict.fromkeys(facts.entries, facts))
    for thing, digest, copy in (
        *_libraries(layers, tree, owners, config.architecture),
        *_programs(tree, owners, (*config.path, *DEFAULT_PATH)),
    ):
        _add(things, thing, digest, copy)
    several = {}
    for thing, versions in sorted(things.items()):
        counted = [_counted(thing, copies, private) for copies in versions.values()]
        if sum(bool(copies) for copies in counted) > 1:
            several[thing] = tuple(sorted(chain.from_iterable(counted)))
    return several


def _add(things: Things, thing: str, version: str, copy: Copy) -> None:
    things.setdefault(thing, {}).setdefault(version, set()).add(copy)


def _counted(
    thing: str, copies: Iterable[Copy], private: Mapping[str, Iterable[str]]
) -> list[Copy]:
    """Return the copies of layers that do not have this thing for themselves."""
    return [
        copy
        for copy in copies
        if not any(fnmatchcase(thing, pattern) for pattern in private.get(copy.layer, ()))
    ]


def _packages(facts: Facts, tree: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """Yield the packages of a cell: thing, version, and directory."""
    for path in facts.entries:
        if not path.endswith(ENDS):
            continue
        distribution = DISTRIBUTION.fullmatch(path)
        if distribution is not None and path in tree:
            name = re.sub(r"[-_.]+", "-", distribution["name"]).lower()
            yield f"python:{name}", distribution["version"], distribution["where"]
    for kind in COMPARED:
        for name, version in facts.packages.get(kind, {}).items():
            yield f"{kind}:{name}", version, ""


def _join(things: Things, families: Mapping[str, Sequence[str]]) -> None:
    """Add a thing for each family, of all that its globs match; what packagers added to a version
    does not count.
    """
    for family, patterns in families.items():
        for thing in sorted(things):
            if not any(fnmatchcase(thing, pattern) for pattern in patterns):
                continue
            for copy in chain.from_iterable(things[thing].values()):
                joined = replace(copy, version=f"{thing} {copy.version}")
                _add(things, family, _release(copy.version), joined)


def _release(version: str) -> str:
    numbers = RELEASE.match(version)
    return numbers[1] if numbers else version


def _libraries(
    layers: Sequence[Facts],
    tree: Mapping[str, Entry],
    owners: Mapping[str, Facts],
    architecture: str,
) -> Iterator[tuple[str, str, Copy]]:
    """Yield the libraries that the loader finds by name, without those for some processors only."""
    texts: dict[str, str] = {}
    for facts in layers:
        texts.update(facts.texts)
    libraries = list(chain.from_iterable(facts.libraries for facts in layers))
    for cached in ldcache.entries(tree, libraries, texts, architecture):
        real = ldcache.resolve(tree, cached.path)
        if real is None or cached.hwcaps:
            continue
        stem = cached.soname.partition(".so")[0]
        yield f"library:{stem}", tree[real].digest, _file(cached.soname, real, owners)


def _programs(
    tree: Mapping[str, Entry], owners: Mapping[str, Facts], directories: Sequence[str]
) -> Iterator[tuple[str, str, Copy]]:
    """Yield the programs on PATH, by the files to which their names lead."""
    wanted = {ldcache.resolve(tree, directory) for directory in directories}
    for path in tree:
        directory, name = posixpath.split(path)
        if directory not in wanted:
            continue
        real = ldcache.resolve(tree, f"/{path}")
        if real is not None and tree[real].digest and tree[real].mode & 0o111:
            yield f"program:{name}", tree[real].digest, _file(f"/{path}", real, owners)


def _file(label: str, real: str, owners: Mapping[str, Facts]) -> Copy:
    """Return a file as a copy, with the package that it belongs to if one is known."""
    facts = owners[real]
    package = facts.owners.get(real, "")
    version = facts.packages.get("deb", {}).get(package, "")
    words = " ".join(word for word in (label, package, version) if word)
    return Copy(version=words, layer=layer_of(facts.cell), where=real)
