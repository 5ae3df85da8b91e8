"""Files from a Maven repository: what a layer names, and what its POMs add to that."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from builder.errors import IntegrityError, Problem
from builder.events import Step
from builder.fetch.maven import ORIGIN, repository
from builder.fetch.remote import Remote
from builder.fetch.session import session
from builder.fetch.transfer import GoneError
from builder.graph.model import Cell
from builder.lock.maven import (
    RANGE,
    Jar,
    ResolutionError,
    closure,
    coordinates,
    fitting,
    within,
)
from builder.lock.model import Artifact
from builder.lock.pom import Dependency, Module, Pom, PomError, document, parse
from builder.resolve.task import Piece, Resolved, Task, asked
from builder.settings import Settings
from builder.tree import File
from builder.tree import replace as put

KIND = KEY = "maven"


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """A Maven repository. POMs are cached: a release never changes."""

    remote: Remote
    cache: Path
    read: dict[Module, Pom | None] = field(default_factory=dict)

    def pom(self, module: Module) -> Pom | None:
        """Return the POM of a project; None where the repository has none.

        Raises:
            PomError: it cannot be read.
            FetchError: the repository does not answer.

        """
        if module not in self.read:
            self.read[module] = self._pom(module)
        return self.read[module]

    def _pom(self, module: Module) -> Pom | None:
        if not module.sound():
            return None
        path = f"{module.path}/{module.artifact}-{module.version}.pom"
        kept = self.cache / path
        if kept.is_file():
            return parse(kept.read_text("utf-8", "replace"))
        data = self.remote.bytes(path)
        if data is None:
            return None
        pom = parse(data.decode("utf-8", "replace"))
        put(kept, File(data))
        return pom

    def versions(self, group: str, artifact: str) -> Sequence[str]:
        """Return all versions of a project; none if the repository does not know it."""
        data = self.remote.bytes(f"{group.replace('.', '/')}/{artifact}/maven-metadata.xml")
        if data is None:
            return ()
        listed: ET.Element = document(data.decode("utf-8", "replace"))
        return [(entry.text or "").strip() for entry in listed.iterfind("versioning/versions/*")]

    def checksum(self, path: str, algorithm: str) -> str | None:
        """Return the checksum that the repository publishes beside a file, in hexadecimal."""
        data = self.remote.bytes(f"{path}.{algorithm}")
        words = (data or b"").decode("ascii", "replace").split()
        digits = hashlib.new(algorithm).digest_size * 2
        return next((word.lower() for word in words if len(word) == digits), None)


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Maven artifacts of all cells; see `builder.resolve.task.Resolver`."""
    del before
    having = [cell for cell in task.cells if cell.layer.maven and _asked(cell)]
    if not having:
        return Resolved()
    settings = task.settings
    remote = Remote(origin=ORIGIN, base=repository(settings), http=session(settings))
    repo = Repository(remote=remote, cache=settings.cache / "maven" / "poms")
    resolved = {}
    problems: list[Problem] = []
    for cell in having:
        task.monitor(Step(cell.id, "running", "resolving Maven artifacts"))
        try:
            resolved[cell.id] = _cell(task, cell, repo)
        except (ResolutionError, PomError) as error:
            message = f"the Maven artifacts of {cell.id} cannot be resolved: {error}"
            problems.append(task.documents.of_layer(cell, KEY, message))
    return Resolved(pieces=resolved, problems=tuple(problems))


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the URLs at the repository."""
    del moment
    base = repository(settings)
    return {artifact.id: (f"{base}/{artifact.locator}",) for artifact in artifacts}


def _asked(cell: Cell) -> list[str]:
    return asked(cell, cell.layer.maven.artifacts) if cell.layer.maven else []


def _cell(task: Task, cell: Cell, repo: Repository) -> Piece:
    """Resolve the artifacts of one cell.

    Raises:
        ResolutionError: there is no such artifact, or two files have one name.
        PomError: a POM cannot be read.

    """
    maven = cell.layer.maven
    wanted = [one for text in _asked(cell) if (one := coordinates(text))]
    preferred = task.preferred([cell], KIND)

    def resolved(some: Sequence[Dependency]) -> list[Jar]:
        return closure(
            some,
            repo.pom,
            repo.versions,
            transitive=maven is None or maven.transitive,
            exclude=[_pair(text) for text in maven.exclude] if maven else (),
        )

    kept = [_kept(one, preferred) for one in wanted]
    jars = resolved(_bounded(task, cell, repo, kept, resolved))
    if maven is not None and maven.to is not None:
        _refuse_clashes(jars, maven.to)
    locked = {item.id: item for item in task.locked(cell.id, KIND)}
    artifacts = []
    for jar in jars:
        name = _id(jar)
        artifacts.append(locked[name] if name in locked else _artifact(repo, jar))
    return Piece(artifacts=tuple(artifacts))


def _kept(wanted: Dependency, preferred: Mapping[str, Artifact]) -> Dependency:
    """Return a dependency at the locked version, if that is in its range."""
    held = preferred.get(wanted.module.name)
    if held and RANGE.fullmatch(wanted.version) and within(held.version, wanted.version):
        return replace(wanted, version=held.version)
    return wanted


def _bounded(
    task: Task,
    cell: Cell,
    repo: Repository,
    wanted: Sequence[Dependency],
    resolved: Callable[[Sequence[Dependency]], list[Jar]],
) -> Sequence[Dependency]:
    """Return what is asked for at the newest versions with which nothing, also of what they need,
    moves further than it may.
    """
    moving = task.bounded([cell], (KIND,))
    chosen = list(wanted)
    choices: dict[int, list[str]] = {}
    for number, one in enumerate(wanted):
        locked = moving.get(one.module.name, [])
        held = [item for item in locked if within(item.version, one.version)]
        if not held or not RANGE.fullmatch(one.version):
            continue
        there = fitting(one, repo.versions)
        task.compare(held, there[0])
        choices[number] = [each for each in there if any(task.admits(it, each) for it in held)]
        chosen[number] = replace(one, version=held[0].version)
    beyond = _beyond(task, resolved(chosen), moving) if choices else set()
    for number, versions in choices.items():
        for version in versions:
            tried = [*chosen]
            tried[number] = replace(chosen[number], version=version)
            if _beyond(task, resolved(tried), moving) <= beyond:
                chosen = tried
                break
    return chosen


def _beyond(
    task: Task, jars: Sequence[Jar], moving: Mapping[str, Sequence[Artifact]]
) -> set[tuple[str, str]]:
    """Return which files are of versions to which their packages may not move."""
    return {
        (jar.module.name, jar.module.version)
        for jar in jars
        if jar.module.name in moving
        and not any(task.admits(one, jar.module.version) for one in moving[jar.module.name])
    }


def _pair(text: str) -> tuple[str, str]:
    group, _, artifact = text.partition(":")
    return group, artifact


def _refuse_clashes(jars: Sequence[Jar], to: str) -> None:
    """Raise ResolutionError if two files have the same name: a directory can hold only one."""
    names: dict[str, Jar] = {}
    for jar in jars:
        other = names.setdefault(jar.file, jar)
        if other is not jar:
            raise ResolutionError(
                f"{jar.module.name} and {other.module.name} both have a file {jar.file}, but {to}"
                " can hold only one: add one of them to `exclude`"
            )


def _id(jar: Jar) -> str:
    classifier = f"{jar.classifier}." if jar.classifier else ""
    return f"{KIND}:{jar.module.name}={jar.module.version}:{classifier}{jar.extension}"


def _artifact(repo: Repository, jar: Jar) -> Artifact:
    """Return a file with its sha256: the published one, else that of the downloaded file,
    whose sha1 must then be the published one.
    """
    value, size = repo.checksum(jar.path, "sha256"), 0
    if value is None:
        try:
            values, size = repo.remote.hashed(jar.path, ("sha256", "sha1"))
        except GoneError as error:
            message = f"{jar.module.name}:{jar.module.version} has no file {jar.file}"
            raise ResolutionError(message + error.where) from error
        value, weak = values["sha256"], values["sha1"]
        published = repo.checksum(jar.path, "sha1")
        if published is not None and published != weak:
            raise IntegrityError(
                f"{jar.file} does not match the checksum of the repository: its sha1 is {weak}, but"
                f" should be {published}",
                hint="a mirror or proxy changes files; try another one",
            )
    return Artifact(
        id=_id(jar),
        kind=KIND,
        name=jar.module.name,
        version=jar.module.version,
        origin=ORIGIN,
        locator=jar.path,
        digest=f"sha256:{value}",
        size=size,
    )
