"""Why an image has a package: the layer that holds it, the request that led to it, and the way from
there.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.utils import canonicalize_name

from builder.catalog import source
from builder.catalog.conditions import condition, holds
from builder.catalog.directory import LAYER
from builder.catalog.packages import PackageList
from builder.catalog.reader import Step
from builder.catalog.suggest import nearest
from builder.cells import records
from builder.debian import stanzas
from builder.debian.mergers import STATUS
from builder.debian.model import Facts
from builder.errors import InputError, Problem
from builder.execute.project import Project
from builder.fetch.transfer import place
from builder.graph.model import Cell, ImagePoint
from builder.lock import dependencies
from builder.lock.model import Artifact
from builder.lock.npm import name_of

DEB, PYTHON, NPM, R = "deb", "python", "npm", "r"
KEYS = {DEB: "apt", "wheel": "wheels", "archive": "archives"}
"""Kind of package -> the key of layer.yaml that asks for it, where that is not the kind itself."""
LEFT_BEHIND = "build"
"""The kind of packages that a build uses, and no image has."""
PACKAGE_LOCK = "package-lock.json"
ANY_PYTHON = "3.13"

Needs = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a layer asks for by name, and where."""

    layer: str
    key: str
    word: str
    """As it is written, such as `numpy>=2`."""
    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why one package is in an image."""

    kind: str
    name: str
    version: str
    cell: str
    """The cell that adds it."""
    request: Request | None
    """What led to it; None where no request is known."""
    way: tuple[str, ...]
    """From what the request names to the package, both included; empty when it is not known."""
    needed_by: tuple[str, ...]
    """Packages of the image that depend on it directly."""
    remark: str = ""
    """What is to be said where there is no request."""


@dataclass(frozen=True)
class _Search:
    """An image in which a package is looked for."""

    project: Project
    image: ImagePoint

    @cached_property
    def cells(self) -> Sequence[Cell]:
        return [self.project.graph.cells[name] for name in self.image.cells]

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """The facts of those cells that are built."""
        built: dict[str, Facts] = {}
        for cell in self.cells:
            manifest = records.find(self.project.store, self.project.inputs[cell.id].key)
            if manifest is not None:
                built[cell.id] = records.facts(self.project.store, manifest)
        return built

    def artifacts(self, cell: Cell) -> list[Artifact]:
        lock = self.project.lock
        every = [lock.artifacts[name] for name in lock.cells[cell.id].artifacts]
        return [artifact for artifact in every if artifact.kind != LEFT_BEHIND]

    @cached_property
    def stanzas(self) -> Mapping[str, Mapping[str, str]]:
        """The fields of each Debian package, as dpkg recorded them when it was installed."""
        merged: dict[str, Mapping[str, str]] = {}
        for facts in self.facts.values():
            merged.update(stanzas.by_name(facts.bookkeeping.get(STATUS, "")))
        return merged

    @cached_property
    def needs(self) -> Mapping[str, Needs]:
        """Kind -> what its packages depend on, as far as it is known."""
        python, arch = self.image.point.get("python", ANY_PYTHON), self.image.point.get("arch", "")
        return {
            DEB: dependencies.debian(self.stanzas),
            PYTHON: dependencies.python(dict(self._metadata()), python, arch),
        }

    def _metadata(self) -> Iterator[tuple[str, str]]:
        """Yield the METADATA of each Python distribution whose wheel is in the cache."""
        for cell in self.cells:
            for artifact in self.artifacts(cell):
                path = place(artifact, self.project.settings.cache)
                if artifact.kind == PYTHON and path.is_file():
                    yield canonicalize_name(artifact.name), _metadata_of(path)

    def npm(self, cell: Cell) -> Mapping[str, object]:
        """Return the package-lock.json of a cell; empty where it has none."""
        for path, text in self.project.lock.cells[cell.id].files.items():
            if path.endswith(f"/{PACKAGE_LOCK}") and path.count("/") == 1:
                document: Mapping[str, object] = json.loads(text)
                return document
        return {}

    def requests(self, cell: Cell, kind: str) -> list[Request]:
        """Return what a cell asks for, with its places in layer.yaml."""
        directory = self.project.loaded.layer_dirs[cell.name]
        document = source.read(directory / LAYER, (directory / LAYER).as_posix())
        key = KEYS.get(kind, kind)
        asked: PackageList | Mapping[str, object] = getattr(cell.layer, key, ())
        entries = _keys(key, asked) if isinstance(asked, Mapping) else _items(key, asked, cell)
        made = []
        for path, word in entries:
            line, column = document.at(path, key=isinstance(asked, Mapping))
            made.append(
                Request(
                    layer=cell.name,
                    key=key,
                    word=word,
                    file=document.file,
                    line=line,
                    column=column,
                )
            )
        return made


def why(project: Project, image: ImagePoint, word: str) -> list[Reason]:
    """Return why an image has a package: one reason for each cell and kind that has one of this
    name. `word` is a name, or `kind:name`.

    Raises:
        InputError: the image has no such package.

    """
    search = _Search(project, image)
    only, colon, name = word.partition(":")
    wanted = _normal(name if colon else word)
    kind = only if colon else ""
    locked = list(_from_lock(search, wanted, kind))
    reasons = locked or list(_from_facts(search, wanted, kind))
    if not reasons:
        raise InputError([_unknown(search, word, name if colon else word)])
    return reasons


def _from_lock(search: _Search, wanted: str, only: str) -> Iterator[Reason]:
    """Yield why there is a package that the lock names."""
    for cell in search.cells:
        for artifact in search.artifacts(cell):
            if _normal(artifact.name) == wanted and only in {"", artifact.kind}:
                yield _reason(search, cell, artifact)


def _reason(search: _Search, cell: Cell, artifact: Artifact) -> Reason:
    kind = artifact.kind
    is_npm = kind == NPM
    needs: Needs = dependencies.npm(search.npm(cell)) if is_npm else search.needs.get(kind, {})
    goals = _nodes_of(kind, artifact.name, needs)
    ways = []
    for request in search.requests(cell, kind):
        way = dependencies.path(_starts(kind, request.word, needs), goals, lambda at: needs[at])
        if not way and _is_for(kind, request.word, artifact.name):
            way = (artifact.name,)
        if way:
            ways.append((way, request))
    shortest = min(ways, key=lambda found: len(found[0]), default=None)
    remark = "" if shortest else _remark(search, cell, artifact, known=bool(needs))
    return Reason(
        kind=kind,
        name=artifact.name,
        version=artifact.version,
        cell=cell.id,
        request=shortest[1] if shortest else None,
        way=tuple(_name_of_node(kind, node) for node in shortest[0]) if shortest else (),
        needed_by=_needed_by(kind, goals, needs),
        remark=remark,
    )


def _remark(search: _Search, cell: Cell, artifact: Artifact, *, known: bool) -> str:
    fields = search.stanzas.get(artifact.name, {}) if artifact.kind == DEB else {}
    if fields.get("Essential") == "yes" or fields.get("Priority") == "required":
        return "every Debian system has it"
    if not known and artifact.kind == DEB:
        return f"the way to it is known once the cell is built: `catalog build {cell.id}`"
    if not known:
        return f"the way to it is known once its files are fetched: `catalog fetch {cell.id}`"
    return "no request of the layer leads to it by dependencies"


def _from_facts(search: _Search, wanted: str, only: str) -> Iterator[Reason]:
    """Yield why there is a package that no lock names: it came in a Debian package, or by a
    script.
    """
    for cell in search.cells:
        facts = search.facts.get(cell.id)
        if facts is None:
            continue
        for kind, names in facts.packages.items():
            matching = [name for name in names if _normal(name) == wanted]
            if matching and only in {"", kind}:
                yield _brought(search, cell, facts, kind, matching[0])


def _brought(search: _Search, cell: Cell, facts: Facts, kind: str, name: str) -> Reason:
    owners = {
        owner
        for path, owner in facts.owners.items()
        if path.endswith(f"/library/{name}/DESCRIPTION")
    }
    owned = [one for one in search.artifacts(cell) if one.kind == DEB and one.name in owners]
    reason = _reason(search, cell, owned[0]) if owned else None
    return Reason(
        kind=kind,
        name=name,
        version=facts.packages[kind][name],
        cell=cell.id,
        request=reason.request if reason else None,
        way=(*reason.way, name) if reason else (),
        needed_by=(owned[0].name,) if owned else (),
        remark=reason.remark if reason else "a script of the layer, or another package, brings it",
    )


def _unknown(search: _Search, word: str, name: str) -> Problem:
    names: set[str] = set()
    for cell in search.cells:
        names.update(artifact.name for artifact in search.artifacts(cell))
    for facts in search.facts.values():
        for packages in facts.packages.values():
            names.update(packages)
    message = f"{search.image.id} has no package {word!r}"
    return Problem("PACKAGE", 0, 0, message, nearest(name, names))


def _normal(name: str) -> str:
    """Return a name as names are compared: for Python, `Jinja2` and `jinja2` are one."""
    return str(canonicalize_name(name))


def _metadata_of(wheel: os.PathLike[str]) -> str:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dist-info/METADATA") and name.count("/") == 1:
                return archive.read(name).decode(errors="replace")
    return ""


def _items(key: str, asked: PackageList, cell: Cell) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the words of a list that hold at the cell's point, each with its place."""
    for index, entry in enumerate(asked):
        if isinstance(entry, str):
            yield (key, index), entry
        elif holds(condition(entry.when), cell.point):
            for number, word in enumerate(entry.packages):
                yield (key, index, "packages", number), word


def _keys(key: str, asked: Mapping[str, object]) -> Iterator[tuple[tuple[Step, ...], str]]:
    for word in asked:
        yield (key, word), word


def _starts(kind: str, word: str, needs: Needs) -> list[str]:
    """Return the nodes that a request names."""
    if kind == PYTHON:
        return [node for node in dependencies.python_nodes(word) if node in needs]
    if kind == NPM:
        return _nodes_of(kind, word, needs)
    name = word.partition("=")[0]
    return [name] if name in needs else []


def _nodes_of(kind: str, name: str, needs: Needs) -> list[str]:
    """Return the nodes that stand for a package."""
    if kind == NPM:
        return [node for node in needs if name_of(node) == name]
    return [_normal(name) if kind == PYTHON else name]


def _is_for(kind: str, word: str, name: str) -> bool:
    """Tell whether a request names a package, without a look at what depends on what."""
    if kind == PYTHON:
        return _normal(name) in dependencies.python_nodes(word)
    return word.partition("=")[0] == name


def _needed_by(kind: str, goals: Sequence[str], needs: Needs) -> tuple[str, ...]:
    wanted = set(goals)
    # An extra that nobody asked for needs nothing.
    plain = [node for node in needs if "[" not in node]
    names = {_name_of_node(kind, node) for node in plain if wanted.intersection(needs[node])}
    return tuple(sorted(names - {_name_of_node(kind, goal) for goal in goals}))


def _name_of_node(kind: str, node: str) -> str:
    return name_of(node) if kind == NPM else node
