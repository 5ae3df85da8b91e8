"""An image as the loader sees it: its programs and shared objects, and where it looks for them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from builder.cells.loadable import Loadable
from builder.debian import ldcache
from builder.debian.model import Facts
from builder.debian.objects import Object
from builder.lock.model import layer_of
from builder.oci.model import HARDLINK, SYMLINK, Entry, ImageConfig

MACHINES = {"amd64": "EM_X86_64/64", "arm64": "EM_AARCH64/64"}
PACKAGES = re.compile(r"(?P<site>(?:.*/)?(?:site|dist)-packages)/(?P<package>[^/]+)/?.*")
OTHER_C_LIBRARY = re.compile(r"libc\.musl-.*|ld-musl-.*")


@dataclass(frozen=True, kw_only=True)
class Filesystem:
    """An image as the loader sees it."""

    tree: Mapping[str, Entry]
    objects: Mapping[str, Object]
    """By path: those that are for its processor and its C library."""
    foreign: Mapping[str, Object]
    """Those that are not."""
    layers: Mapping[str, str]
    """Path -> layer."""
    owners: Mapping[str, str]
    """Path -> Debian package."""
    cached: Mapping[str, Sequence[str]]
    """What ld.so.cache has: name -> paths."""
    defaults: Sequence[str]
    environment: Sequence[str]
    """Directories of LD_LIBRARY_PATH."""
    _real: dict[str, str | None] = field(default_factory=dict)

    def real(self, path: str) -> str | None:
        """Return the path of the file to which a path leads."""
        if path not in self._real:
            real = ldcache.resolve(self.tree, path)
            entry = self.tree.get(real) if real is not None else None
            linked = entry is not None and entry.type == HARDLINK
            self._real[path] = entry.link if entry is not None and linked else real
        return self._real[path]

    def at(self, path: str) -> Object | None:
        """Return the object to which a path leads, if it can be loaded."""
        return self.objects.get(self.real(path) or "")

    def digest(self, one: Object) -> str:
        """Return the hash of an object's bytes."""
        return self.tree[one.path].digest

    @cached_property
    def named(self) -> Mapping[str, Sequence[Object]]:
        """All objects by the names under which others need them."""
        named: dict[str, list[Object]] = {}
        for one in self.objects.values():
            for name in {one.soname, posixpath.basename(one.path)} - {""}:
                named.setdefault(name, []).append(one)
        return named

    @cached_property
    def linked(self) -> Mapping[str, str]:
        """Directories of Python packages to which links of others lead -> those others."""
        linked: dict[str, str] = {}
        for path, entry in self.tree.items():
            place = PACKAGES.fullmatch(path) if entry.type == SYMLINK else None
            target = PACKAGES.fullmatch(self.real(f"/{path}") or "") if place else None
            if place and target and target["site"] != place["site"]:
                linked[target["site"]] = place["site"]
        return linked

    def search(self, one: Object) -> Iterator[str]:
        """Yield the directories that an object names."""
        origin = "/" + posixpath.dirname(one.path)
        for directory in one.search:
            path = directory.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
            if path.startswith("/"):
                yield path


def filesystem(
    layers: Sequence[Facts],
    loadables: Sequence[Loadable],
    tree: Mapping[str, Entry],
    config: ImageConfig,
) -> Filesystem:
    """Return the image of these layers, `tree` with its seal, as the loader sees it."""
    machine = MACHINES.get(config.architecture, "")
    texts: dict[str, str] = {}
    where: dict[str, str] = {}
    owners: dict[str, str] = {}
    objects: dict[str, Object] = {}
    foreign: dict[str, Object] = {}
    for facts, loadable in zip(layers, loadables, strict=True):
        texts.update(facts.texts)
        owners.update(facts.owners)
        where.update(dict.fromkeys(facts.entries, layer_of(facts.cell)))
        for one in loadable.objects:
            ours = one.machine == machine and not any(map(OTHER_C_LIBRARY.fullmatch, one.needed))
            # What another layer replaced or deleted is not there.
            if one.path in tree and tree[one.path] == facts.entries.get(one.path):
                (objects if ours else foreign)[one.path] = one
    libraries = list(chain.from_iterable(facts.libraries for facts in layers))
    cached: dict[str, list[str]] = {}
    for known in ldcache.entries(tree, libraries, texts, config.architecture):
        if not known.hwcaps:
            cached.setdefault(known.soname, []).append(known.path)
    triplet = ldcache.TRIPLETS.get(config.architecture, config.architecture)
    return Filesystem(
        tree=tree,
        objects=objects,
        foreign=foreign,
        layers=where,
        owners=owners,
        cached=cached,
        defaults=(f"/lib/{triplet}", f"/usr/lib/{triplet}", "/lib", "/usr/lib"),
        environment=tuple(filter(None, config.env.get("LD_LIBRARY_PATH", "").split(":"))),
    )
