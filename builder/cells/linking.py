"""Whether every program and shared object of an image finds the libraries that it needs: the rules
of the loader (ld.so(8)), followed on recorded facts instead of a running system.

Each program, and each object that is loaded by name (a plugin, an extension module of Python),
begins a process here: its libraries are loaded breadth first, and what is loaded once serves all
later needs of its name. A library is looked for in DT_RPATH, also of those that load it,
LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache and the default directories.

What begins a process with its libraries already loaded is told from a fault by where it is:

* a plugin of a Debian package may need libraries of the same package (libjvm.so);
* an extension module of Python may need what other modules beside it load (torchvision, libtorch),
  and what lies in its own package (a plugin of Triton, libtriton);
* the driver's libraries come from the node (libcuda.so.1), and may not be in the image.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import chain
from typing import Literal

from builder.cells.system import PACKAGES, Filesystem
from builder.debian.objects import Object

DRIVER = re.compile(r"lib(?:cuda|nvcuvid|nvoptix|cudadebugger|nvidia-[a-z0-9-]+)\.so(?:\.\d+)*")
"""Libraries that NVIDIA's driver brings into a container, with the version of the node's kernel
module."""
STUBS = "/stubs/"
"""Part of the path of a library to link against, which is never loaded."""

Kind = Literal["missing", "twice", "version", "driver", "cuda"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """Something by which a process would fail, or load what it should not."""

    kind: Kind
    path: str
    layer: str
    what: str

    def __str__(self) -> str:
        """Return a sentence."""
        return f"/{self.path} (layer {self.layer}) {self.what}"


def faults(system: Filesystem, unloaded: Mapping[str, Sequence[str]]) -> list[Fault]:
    """Return what keeps programs and shared objects of an image from being loaded, sorted.
    `unloaded` are globs over paths that are never loaded, by layer.
    """
    return _Loader(system, unloaded).faults()


@dataclass(slots=True)
class _Process:
    """What one process has loaded."""

    first: Object
    loaded: dict[str, Object] = field(default_factory=dict)
    """By every name under which it counts as loaded."""
    lacking: list[tuple[Object, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class _Loader:
    def __init__(self, system: Filesystem, unloaded: Mapping[str, Sequence[str]]) -> None:
        self.system, self.unloaded = system, unloaded
        self._direct: dict[tuple[str, str], Object | None] = {}

    def faults(self) -> list[Fault]:
        processes = list(self._processes())
        beside: dict[str, dict[str, set[str]]] = {}
        for process in processes:
            names = beside.setdefault(self._site(process.first), {})
            for name, one in process.loaded.items():
                # What is loaded by its path, as modules are, does not stand in for others.
                if one is not process.first:
                    names.setdefault(name, set()).add(one.path)
        # What is in no directory of Python has nothing to do with each other.
        beside.pop("", None)
        faults = set(self._drivers())
        for site, names in beside.items():
            faults.update(self._twice_beside(site, names))
        modules = {(_package(process.first), process.first.soname) for process in processes}
        lacking: dict[str, set[str]] = {}
        for process in processes:
            faults.update(process.faults)
            for one, name in self._lacking(process, beside, modules):
                lacking.setdefault(one.path, set()).add(name)
        for path, wanted in lacking.items():
            faults.update(self._missing(self.system.objects[path], wanted))
        return sorted(faults)

    def _site(self, one: Object) -> str:
        """Return the directory of Python packages that an object is in, or the one that has links
        to it; empty if it is in none.
        """
        place = PACKAGES.fullmatch(one.path)
        site = place["site"] if place else ""
        return self.system.linked.get(site, site)

    def _processes(self) -> Iterator[_Process]:
        """Run programs, objects that no other needs, and of those that need each other in a circle,
        one.
        """
        objects = self.system.objects
        needed: set[str] = set()
        for one in objects.values():
            others = [self._find(one, name, ()) for name in one.needed]
            needed.update(other.path for other in others if other is not None)
        firsts = [one for one in objects.values() if one.program or one.path not in needed]
        reached: set[str] = set()
        for first in (*firsts, *objects.values()):
            if first.path in reached or self._is_unloaded(first):
                continue
            process = self._run(first)
            yield process
            reached.add(first.path)
            reached.update(other.path for other in process.loaded.values())

    def _is_unloaded(self, one: Object) -> bool:
        globs = self.unloaded.get(self.system.layers.get(one.path, ""), ())
        stub = STUBS in f"/{one.path}"
        return stub or any(fnmatchcase(f"/{one.path}", glob) for glob in globs)

    def _run(self, first: Object) -> _Process:
        """Load what a program or plugin needs, and all that this needs."""
        process = _Process(first)
        _name(process, first, first.soname)
        queue: deque[tuple[Object, tuple[Object, ...]]] = deque([(first, ())])
        while queue:
            one, loaders = queue.popleft()
            for name in one.needed:
                if (other := self._load(process, one, name, loaders)) is not None:
                    queue.append((other, (one, *loaders)))
        return process

    def _load(
        self, process: _Process, one: Object, name: str, loaders: tuple[Object, ...]
    ) -> Object | None:
        """Load what an object needs; return it if it was not loaded before."""
        there = process.loaded.get(name)
        other = there or self._find(one, name, loaders)
        if other is None:
            process.lacking.append((one, name))
            return None
        process.faults += self._checked(process, one, name, other, loaders)
        if there is not None:
            return None
        # A file that was looked for under one name may be loaded under another.
        before = process.loaded.get(other.soname)
        _name(process, before or other, name)
        _name(process, other, other.soname)
        return other if before is None else None

    def _checked(
        self,
        process: _Process,
        one: Object,
        name: str,
        other: Object,
        loaders: tuple[Object, ...],
    ) -> Iterator[Fault]:
        """Yield what is wrong with the library that an object gets."""
        alone = self._find(one, name, loaders)
        if alone is not None and self.system.digest(alone) != self.system.digest(other):
            yield self._fault("twice", one, f"needs {name}, {self._either(alone, other)}")
        lacks = [
            version
            for version in one.requires.get(name, ())
            if other.provides and version not in other.provides
        ]
        if lacks:
            said = ", ".join(lacks)
            what = f"needs {said} of {name}, which /{other.path} does not have"
            yield self._fault("version", one, what)
        if DRIVER.fullmatch(name) and process.first is not other:
            what = (
                f"needs the driver's {name}, and would get /{other.path} (layer"
                f" {self._layer(other)}) instead of the node's"
            )
            yield self._fault("driver", one, what)

    def _find(self, one: Object, name: str, loaders: tuple[Object, ...]) -> Object | None:
        """Return the library that the loader takes for a need, if nothing of its name is loaded."""
        key = one.path, name
        if key not in self._direct:
            self._direct[key] = self._first_of(self._places(one, name))
        direct = self._direct[key]
        inheriting = [other for other in loaders if other.inherited]
        if not inheriting or "/" in name or (one.search and not one.inherited):
            return direct
        own = [one] if one.inherited else []
        paths = chain.from_iterable(self.system.search(other) for other in (*own, *inheriting))
        return self._first_of(posixpath.join(path, name) for path in paths) or direct

    def _places(self, one: Object, name: str) -> Iterator[str]:
        """Yield the paths at which the loader looks for a library."""
        system = self.system
        if "/" in name:
            yield name
            return
        own = [*system.search(one)]
        directories = [*own, *system.environment] if one.inherited else [*system.environment, *own]
        yield from (posixpath.join(directory, name) for directory in directories)
        yield from system.cached.get(name, ())
        yield from (posixpath.join(directory, name) for directory in system.defaults)

    def _first_of(self, paths: Iterator[str]) -> Object | None:
        return next((one for path in paths if (one := self.system.at(path)) is not None), None)

    def _lacking(
        self,
        process: _Process,
        beside: Mapping[str, Mapping[str, set[str]]],
        modules: Collection[tuple[str, str]],
    ) -> Iterator[tuple[Object, str]]:
        """Yield what a process does not find, and what is not loaded before all the same."""
        first = process.first
        package = self.system.owners.get(first.path, "")
        for one, name in process.lacking:
            if DRIVER.fullmatch(name) or self._is_unloaded(one):
                continue
            owners = {self.system.owners.get(other.path) for other in self._named(name)}
            comes_along = (
                (package and package in owners)
                or name in beside.get(self._site(first), {})
                or (_package(first) and (_package(first), name) in modules)
            )
            if first.program or not comes_along:
                yield one, name

    def _named(self, name: str) -> Sequence[Object]:
        return self.system.named.get(name, ())

    def _missing(self, one: Object, wanted: Iterable[str]) -> Iterator[Fault]:
        """Yield what an object needs and does not get, together what is nowhere."""
        nowhere = []
        for name in sorted(wanted):
            others = [other.path for other in self._named(name)]
            foreign = [path for path, other in self.system.foreign.items() if _is(other, name)]
            if others:
                what = f"and the loader does not look for it where it is (/{min(others)})"
            elif foreign:
                what = f"and /{min(foreign)} is for another processor or system"
            else:
                nowhere.append(name)
                continue
            yield self._fault("missing", one, f"needs {name}, {what}")
        if nowhere:
            verb = "which is" if len(nowhere) == 1 else "which are"
            what = f"needs {', '.join(nowhere)}, {verb} not in the image"
            yield self._fault("missing", one, what)

    def _twice_beside(self, site: str, names: Mapping[str, set[str]]) -> Iterator[Fault]:
        """Yield the names under which modules of one Python load different libraries."""
        for name, paths in names.items():
            if len({self.system.tree[path].digest for path in paths}) > 1:
                one, other, *_ = (self.system.objects[path] for path in sorted(paths))
                what = f"is one of two libraries that modules of /{site} load as {name}: "
                yield self._fault("twice", one, f"{what}the other is {self._of(other)}")

    def _drivers(self) -> Iterator[Fault]:
        """Yield the driver's libraries that the loader would find in the image."""
        for name, paths in self.system.cached.items():
            one = self.system.at(paths[0]) if DRIVER.fullmatch(name) else None
            if one is not None:
                what = "is the driver's: it has to come from the node, with its kernel module"
                yield self._fault("driver", one, what)

    def _either(self, one: Object, other: Object) -> str:
        both = sorted([self._of(one), self._of(other)])
        return f"and gets {both[0]} or {both[1]}, whichever its process loads first"

    def _of(self, one: Object) -> str:
        return f"/{one.path} (layer {self._layer(one)})"

    def _layer(self, one: Object) -> str:
        return self.system.layers.get(one.path, "")

    def _fault(self, kind: Kind, one: Object, what: str) -> Fault:
        return Fault(kind=kind, path=one.path, layer=self._layer(one), what=what)


def _name(process: _Process, one: Object, name: str) -> None:
    if name:
        process.loaded.setdefault(name, one)


def _is(one: Object, name: str) -> bool:
    """Tell whether others need an object under this name."""
    return name in {one.soname, posixpath.basename(one.path)}


def _package(one: Object) -> str:
    """Return the directory of the Python package that an object is in; empty if it is in none."""
    place = PACKAGES.fullmatch(one.path)
    return f"{place['site']}/{place['package']}" if place else ""
