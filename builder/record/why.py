"""Why an image has a package: the layer that holds it, the request that led to it, and the way from
there.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.utils import canonicalize_name

from builder.catalog.suggest import nearest
from builder.cells import records
from builder.debian import stanzas
from builder.debian.mergers import STATUS
from builder.debian.model import Facts
from builder.documents import DocumentError, from_json
from builder.errors import InputError, Problem
from builder.execute.project import Project
from builder.fetch.transfer import place
from builder.graph.direct import asked_name, is_for, module_of
from builder.graph.model import Cell, ImagePoint
from builder.kinds.table import BY_NAME
from builder.lock import dependencies
from builder.lock.model import Artifact
from builder.lock.npm import name_of
from builder.record import needs as needed
from builder.record.requests import LayerRequest, requests

DEB, PYTHON, R, NPM, MAVEN, GO = "deb", "python", "r", "npm", "maven", "go"
JULIA = "julia"
LEFT_BEHIND = "build"
"""The kind of packages that a build uses, and no image has."""
PACKAGE_LOCK = "package-lock.json"
ANY_PYTHON = "3.13"
MOST_METADATA = 4 << 20
"""Bytes of a distribution's METADATA that are read."""

Needs = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why one package is in an image."""

    kind: str
    name: str
    version: str
    cell: str
    """The cell that adds it."""
    request: LayerRequest | None
    """What led to it; None where no request is known."""
    way: tuple[str, ...]
    """From what the request names to the package, both included; empty when it is not known."""
    needed_by: tuple[str, ...]
    """Packages of the image that depend on it directly."""
    remark: str = ""
    """What is to be said where there is no request."""


@dataclass(frozen=True)
class _ImageSearch:
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
            R: needed.r(self._locked(R)),
            JULIA: needed.julia(self._locked(JULIA)),
            MAVEN: needed.maven(self._locked(MAVEN), needed.kept_poms(self.project.settings.cache)),
            GO: needed.go(dict(self._go_mod())),
        }

    def _locked(self, kind: str) -> Iterator[Artifact]:
        """Yield all artifacts of a kind that the image's cells hold."""
        for cell in self.cells:
            yield from (one for one in self.artifacts(cell) if one.kind == kind)

    def _go_mod(self) -> Iterator[tuple[str, str]]:
        """Yield the go.mod of each locked Go module that is in the cache."""
        versions = {one.name: one.version for one in self._locked(GO)}
        for artifact in self._locked(GO):
            module = artifact.name.removesuffix(needed.GO_MOD)
            path = place(artifact, self.project.settings.cache)
            is_its_own = artifact.version == versions.get(module, artifact.version)
            if artifact.name.endswith(needed.GO_MOD) and is_its_own and path.is_file():
                yield module, path.read_text("utf-8", "replace")

    def _metadata(self) -> Iterator[tuple[str, str]]:
        """Yield the METADATA of each Python distribution whose wheel is in the cache."""
        for artifact in self._locked(PYTHON):
            path = place(artifact, self.project.settings.cache)
            if path.is_file():
                yield canonicalize_name(artifact.name), _metadata_of(path)

    @property
    def knows_poms(self) -> bool:
        """Whether the POM of each locked Maven artifact is in the cache."""
        return {one.name for one in self._locked(MAVEN)} <= self.needs[MAVEN].keys()

    def npm(self, cell: Cell) -> Mapping[str, object]:
        """Return the package-lock.json of a cell; empty where it has none."""
        for path, text in self.project.lock.cells[cell.id].files.items():
            if path.endswith(f"/{PACKAGE_LOCK}") and path.count("/") == 1:
                return _object(text)
        return {}


def why(project: Project, image: ImagePoint, word: str) -> list[Reason]:
    """Return why an image has a package: one reason for each cell and kind that has one of this
    name. `word` is a name, or `kind:name`.

    Raises:
        InputError: the image has no such package.

    """
    search = _ImageSearch(project, image)
    # The name of a Maven artifact has a colon, too.
    kind, _, name = word.partition(":")
    if kind not in BY_NAME:
        kind, name = "", word
    wanted = _normal(name)
    locked = list(_from_lock(search, wanted, kind))
    reasons = locked or list(_from_facts(search, wanted, kind))
    if not reasons:
        raise InputError([_unknown(search, word, name)])
    return reasons


def _from_lock(search: _ImageSearch, wanted: str, only: str) -> Iterator[Reason]:
    """Yield why there is a package that the lock names."""
    for cell in search.cells:
        for artifact in search.artifacts(cell):
            if _normal(artifact.name) == wanted and only in {"", artifact.kind}:
                yield _reason(search, cell, artifact)


def _reason(search: _ImageSearch, cell: Cell, artifact: Artifact) -> Reason:
    kind = artifact.kind
    is_npm = kind == NPM
    needs: Needs = dependencies.npm(search.npm(cell)) if is_npm else search.needs.get(kind, {})
    goals = _nodes_of(kind, artifact.name, needs)
    ways = []
    for request in requests(search.project.loaded, cell, kind):
        way = dependencies.path(_starts(kind, request.word, needs), goals, lambda at: needs[at])
        if not way and is_for(kind, request.word, artifact.name):
            way = (artifact.name,)
        if way:
            ways.append((way, request))
    shortest = min(ways, key=lambda pair: len(pair[0]), default=None)
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


def _remark(search: _ImageSearch, cell: Cell, artifact: Artifact, *, known: bool) -> str:
    fields = search.stanzas.get(artifact.name, {}) if artifact.kind == DEB else {}
    if fields.get("Essential") == "yes" or fields.get("Priority") == "required":
        return "every Debian system has it"
    if artifact.kind == GO and artifact.name.startswith(needed.TOOLCHAIN):
        return "it builds the layer's Go programs, and is not in the image"
    if artifact.kind == MAVEN and not search.knows_poms:
        return "neither the lock nor the POMs in this machine's cache tell what needs it"
    if not known and artifact.kind == DEB:
        return f"the way to it is known once the cell is built: `catalog build {cell.id}`"
    if not known:
        return f"the way to it is known once its files are fetched: `catalog fetch {cell.id}`"
    return "no request of the layer leads to it by dependencies"


def _from_facts(search: _ImageSearch, wanted: str, only: str) -> Iterator[Reason]:
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


def _brought(search: _ImageSearch, cell: Cell, facts: Facts, kind: str, name: str) -> Reason:
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
        remark=reason.remark
        if reason
        else "a script of the layer, or another package, installs it",
    )


def _unknown(search: _ImageSearch, word: str, name: str) -> Problem:
    names: set[str] = set()
    for cell in search.cells:
        names.update(artifact.name for artifact in search.artifacts(cell))
    for facts in search.facts.values():
        for packages in facts.packages.values():
            names.update(packages)
    message = f"{search.image.id} has no package {word!r}"
    return Problem("PACKAGE", 0, 0, message, nearest(name, names))


def _object(text: str) -> Mapping[str, object]:
    try:
        document = from_json(text)
    except DocumentError:
        return {}
    return document if isinstance(document, dict) else {}


def _normal(name: str) -> str:
    """Return a name as names are compared: for Python, `Jinja2` and `jinja2` are one."""
    return str(canonicalize_name(name))


def _metadata_of(wheel: Path) -> str:
    """Return the METADATA of a wheel; empty where the file is none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return next(_metadata(archive), "")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return ""


def _metadata(wheel: zipfile.ZipFile) -> Iterator[str]:
    for name in wheel.namelist():
        if name.endswith(".dist-info/METADATA") and name.count("/") == 1:
            with wheel.open(name) as stream:
                yield stream.read(MOST_METADATA).decode(errors="replace")


def _starts(kind: str, word: str, needs: Needs) -> list[str]:
    """Return the nodes that a request names."""
    if kind == PYTHON:
        return [node for node in dependencies.python_nodes(word) if node in needs]
    if kind == NPM:
        return _nodes_of(kind, word, needs)
    name = module_of(word, needs) if kind == GO else asked_name(kind, word)
    return [name] if name in needs else []


def _nodes_of(kind: str, name: str, needs: Needs) -> list[str]:
    """Return the nodes that stand for a package."""
    if kind == NPM:
        return [node for node in needs if name_of(node) == name]
    return [_normal(name) if kind == PYTHON else name]


def _needed_by(kind: str, goals: Sequence[str], needs: Needs) -> tuple[str, ...]:
    wanted = set(goals)
    # An extra that nobody asked for needs nothing.
    plain = [node for node in needs if "[" not in node]
    names = {_name_of_node(kind, node) for node in plain if wanted.intersection(needs[node])}
    return tuple(sorted(names - {_name_of_node(kind, goal) for goal in goals}))


def _name_of_node(kind: str, node: str) -> str:
    return name_of(node) if kind == NPM else node
