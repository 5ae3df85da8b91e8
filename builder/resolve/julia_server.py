"""A package server of Julia as `lock` sees it: its registries, packages, and what these bring."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from builder.errors import FetchError, IntegrityError
from builder.fetch.julia import ORIGIN, server
from builder.fetch.remote import Remote
from builder.fetch.session import session
from builder.fetch.transfer import MOST, GoneError, keep, place
from builder.fetch.trees import OTHER, Unpacked, opened, rewritten
from builder.lock import julia_artifacts
from builder.lock.julia import (
    BRINGS,
    EVERY,
    FILES,
    JULIA,
    KIND,
    NEEDS,
    WEAK,
    JuliaError,
    Release,
    brings,
    needs_of,
    ranges,
    tree_of,
    uuid_of,
    written,
)
from builder.lock.julia_registry import Named, Registry
from builder.lock.model import Artifact
from builder.resolve.task import Task
from builder.settings import MIRROR, variable

REGISTRIES = "registries"
LISTED = re.compile(r"/?(registry/([0-9a-f-]{36})/([0-9a-f]{40}))")
MOST_REGISTRY, MOST_TOML = 256 << 20, 8 << 20
PIECE = 1 << 20


@dataclass(slots=True)
class Server:
    """A package server, which is asked for nothing until something is wanted of it."""

    task: Task
    _remote: Remote | None = None
    _registries: list[Registry] | None = None
    _releases: dict[tuple[str, str], list[Release]] = field(default_factory=dict)

    @property
    def remote(self) -> Remote:
        """Where it is."""
        if self._remote is None:
            base, http = server(self.task.settings), session(self.task.settings)
            self._remote = Remote(origin=ORIGIN, base=base, http=http)
        return self._remote

    def names(self) -> set[str]:
        """Return the names of all packages of its registries."""
        names: set[str] = set()
        for registry in self._known():
            names.update(one.name for one in registry.packages.values())
        return names

    def named(self, name: str) -> list[Named]:
        """Return the packages of a name, each once: registries may have several."""
        found: dict[str, Named] = {}
        for registry in self._known():
            for one in registry.packages.values():
                if one.name == name:
                    found.setdefault(one.uuid, one)
        return list(found.values())

    def releases(self, uuid: str, julia: str) -> list[Release]:
        """Return the releases of a package in all registries, the newest first; none where no
        registry has it.

        Raises:
            FetchError: the server does not answer.
            IntegrityError: what a registry says of the package is damaged.

        """
        key = uuid, julia
        if key not in self._releases:
            found: dict[str, Release] = {}
            for registry in self._known():
                package = registry.packages.get(uuid)
                for one in registry.releases(package, julia) if package else ():
                    found.setdefault(one.version, one)
            self._releases[key] = list(found.values())
        return self._releases[key]

    def locked(self, artifact: Artifact) -> Release:
        """Return the release that an artifact of the lock is.

        Raises:
            IntegrityError: the lock says something else than this program writes.

        """
        extra = artifact.extra
        try:
            return Release(
                name=artifact.name,
                uuid=uuid_of(artifact),
                version=artifact.version,
                tree=tree_of(artifact),
                julia=ranges(extra[JULIA].split("|")) if JULIA in extra else EVERY,
                needs=needs_of(extra.get(NEEDS, "")),
                weak=needs_of(extra.get(WEAK, "")),
            )
        except JuliaError as error:
            hint = "the lock was tampered with: restore it from version control"
            raise IntegrityError(f"what {artifact.id} needs: {error}", hint=hint) from None

    def artifacts(
        self, releases: Iterable[Release], architecture: str, julia: str
    ) -> list[Artifact]:
        """Return releases with what they bring along, each with the hash of its archive. What is
        locked already is not fetched again.

        Raises:
            FetchError: the server does not answer, or lacks something.
            IntegrityError: it gave something else, or a package is damaged.

        """
        made: list[Artifact] = []
        for release in releases:
            package = self._package(release, architecture, julia)
            made.append(package)
            for name, tree in brings(package):
                made.append(self._files(name, tree))
        return made

    def _known(self) -> list[Registry]:
        if self._registries is None:
            text = self.remote.bytes(REGISTRIES)
            if text is None:
                hint = f"set {variable(MIRROR, ORIGIN)} to a package server of Julia"
                raise FetchError(f"{self.remote.base} has no /{REGISTRIES}", hint=hint)
            listed = LISTED.findall(text.decode("ascii", "replace"))
            self._registries = [self._registry(path, tree) for path, _, tree in sorted(listed)]
        return self._registries

    def _registry(self, path: str, tree: str) -> Registry:
        with tempfile.TemporaryFile() as bare:
            self._pour(path, tree, "a registry of Julia packages", bare, MOST_REGISTRY)
            there = Unpacked.of(bare, "a registry of Julia packages")
            files = {
                name: b"".join(there.data(member))
                for name, member in there.members.items()
                if name.endswith(".toml") and member.entry.size <= MOST_TOML
            }
        return Registry(files)

    def _package(self, release: Release, architecture: str, julia: str) -> Artifact:
        made = Artifact(
            id=identity(release, architecture, julia),
            kind=KIND,
            name=release.name,
            version=release.version,
            origin=ORIGIN,
            locator=release.locator,
            digest="",
            size=0,
        )
        before = self.task.previous.artifacts.get(made.id)
        if before is not None and before.locator == made.locator:
            return before
        kept = self._fetched(made)
        with opened(place(kept, self.task.settings.cache), str(release)) as there:
            brought = self._read(there, release, architecture, julia)
        extra = {
            NEEDS: written(release.needs),
            WEAK: written(release.weak),
            JULIA: "" if release.julia == EVERY else str(release.julia),
            BRINGS: " ".join(f"{name}={tree}" for name, tree in brought),
        }
        return replace(kept, extra={key: text for key, text in extra.items() if text})

    def _files(self, name: str, tree: str) -> Artifact:
        made = Artifact(
            id=f"{FILES}:{name}={tree}",
            kind=FILES,
            name=name,
            version=tree,
            origin=ORIGIN,
            locator=f"artifact/{tree}",
            digest="",
            size=0,
        )
        return self.task.previous.artifacts.get(made.id) or self._fetched(made)

    def _fetched(self, made: Artifact) -> Artifact:
        """Return an artifact with hash and size of its archive, which is in the cache then."""
        what = f"{made.name} {made.version}"
        with tempfile.TemporaryFile() as file:
            digest, size = self._pour(made.locator, tree_of(made), what, file, MOST)
            kept = replace(made, digest=f"sha256:{digest}", size=size).checked()
            target = place(kept, self.task.settings.cache)
            file.seek(0)
            if not target.exists():
                keep(kept, iter(lambda: file.read(PIECE), b""), target, what, lambda _: None)
        return kept

    def _pour(self, path: str, tree: str, what: str, file: IO[bytes], most: int) -> tuple[str, int]:
        """Write an archive of the server in its own form; return its sha256 and its size."""
        digest, size = hashlib.sha256(), 0
        try:
            for piece in rewritten(self.remote.pieces(path, most), tree, what):
                digest.update(piece)
                size += file.write(piece)
        except GoneError as error:
            hint = f"set {variable(MIRROR, ORIGIN)} to a package server that has it"
            raise FetchError(f"{what}{error.where or ' is not there'}", hint=hint) from None
        file.flush()
        return digest.hexdigest(), size

    def _read(
        self, there: Unpacked, release: Release, architecture: str, julia: str
    ) -> Sequence[tuple[str, str]]:
        """Return what a package brings along, once it is the one that the registry says."""
        project = _first(there, julia_artifacts.PROJECTS)
        if project is None:
            message = f"{release} has no Project.toml: it is older than Julia 1.0"
            raise IntegrityError(message, hint="ask for a newer release, or do without it")
        try:
            if julia_artifacts.project(project)[:2] != (release.name, release.uuid):
                raise IntegrityError(f"{release} says that it is another package", hint=OTHER)
            named = _first(there, julia_artifacts.FILES)
            return list(julia_artifacts.trees(named, architecture, julia)) if named else ()
        except JuliaError as error:
            raise IntegrityError(f"{release} describes itself wrongly: {error}") from None


def identity(release: Release, architecture: str, julia: str) -> str:
    """Return the id of a release in the lock: what it brings along depends on the machine, and that
    and what it needs on the first two numbers of Julia.
    """
    series = ".".join(julia.split(".")[:2])
    return f"{KIND}:{release.name}={release.version}:{series}-{architecture}"


def _first(there: Unpacked, names: Sequence[str]) -> bytes | None:
    for name in names:
        member = there.members.get(name)
        if member is not None and member.entry.size <= MOST_TOML:
            return b"".join(there.data(member))
    return None
