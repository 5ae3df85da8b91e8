"""The Julia that packages are installed on: its version, and the packages that are a part of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.julia import JuliaError, Need, Release
from builder.lock.julia_artifacts import project
from builder.lock.model import Artifact
from builder.resolve.task import Task
from builder.tools.archive import files, texts

PROJECT = "Project.toml"
# Upstream's name of its archives.
ARCHIVE = re.compile(r"(?:.*/)?julia-(?P<version>\d+\.\d+\.\d+)-[a-z0-9_-]+\.tar\.gz")
DEBIAN = "julia-common"
"""Debian's package with the packages that are a part of Julia."""
NUMBERS = re.compile(r"\d+\.\d+\.\d+")
LIBRARY = re.compile(rf"(?:.*/)?share/julia/stdlib/v\d+\.\d+/[^/]+/{PROJECT}")


@dataclass(frozen=True, slots=True)
class Ground:
    """A Julia."""

    version: str
    library: Mapping[str, tuple[str, str]] = field(default_factory=dict, compare=False)
    """The packages that are a part of it: UUID -> name and version, empty where it has none."""

    @property
    def names(self) -> Mapping[str, str]:
        """UUIDs by name."""
        return {name: uuid for uuid, (name, _) in self.library.items()}

    def obstacle(self, release: Release) -> str:
        """Return why a release does not run on it; empty if it does."""
        if not release.julia.admits(self.version):
            return f"{release} needs Julia {release.julia}, and here is Julia {self.version}"
        for need in release.needs:
            if not self._admits(need):
                _, version = self.library[need.uuid]
                return f"{release} needs {need}, and Julia {self.version} has {version}"
        return ""

    def missing(self, release: Release) -> list[Need]:
        """Return what a release needs that is no part of Julia."""
        return [need for need in release.needs if need.uuid not in self.library]

    def _admits(self, need: Need) -> bool:
        _, version = self.library.get(need.uuid, ("", ""))
        return not version or need.spec.admits(version)


def brought(cell: Cell, before: Mapping[str, Sequence[Artifact]]) -> Artifact | None:
    """Return the file with the Julia of a cell and of what it stands on: upstream's archive, or
    Debian's package; None where there is none.
    """
    for name in (cell.id, *reversed(cell.ancestors)):
        for artifact in before.get(name, ()):
            if _version(artifact):
                return artifact
    return None


def ground(task: Task, artifact: Artifact) -> Ground:
    """Return the Julia in one of these files.

    Raises:
        FetchError: it cannot be fetched.
        IntegrityError: it is damaged.

    """
    return Ground(_version(artifact), _library(task, artifact))


def _version(artifact: Artifact) -> str:
    """Return the version of the Julia in a file; empty where it has none."""
    match artifact.kind:
        case "archive":
            named = ARCHIVE.fullmatch(artifact.locator)
            return named["version"] if named else ""
        case "deb" if artifact.name == DEBIAN:
            numbers = NUMBERS.search(artifact.version)
            return numbers[0] if numbers else ""
        case _:
            return ""


def _library(task: Task, artifact: Artifact) -> dict[str, tuple[str, str]]:
    task.fetch([artifact])
    path = place(artifact, task.settings.cache)
    if artifact.kind == "deb":
        found = files(path, lambda name: LIBRARY.fullmatch(name) is not None)
    else:
        found = texts(path, frozenset({PROJECT}))
    library: dict[str, tuple[str, str]] = {}
    for name in filter(LIBRARY.fullmatch, found):
        try:
            package, uuid, version = project(found[name].encode())
        except JuliaError:
            continue
        if package and uuid:
            library[uuid] = (package, version if NUMBERS.fullmatch(version) else "")
    return library
