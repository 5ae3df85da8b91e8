"""Debian source packages of a release that a layer names, whatever the image's own is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder import deb822
from builder.errors import FetchError, IntegrityError
from builder.events import Step
from builder.fetch.origin import DEBIAN, debian_mirror, unreachable
from builder.fetch.session import bundle
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.lock.version import newest
from builder.resolve.task import Piece, Resolved, Task, requests
from builder.tools.apt import Apt, Source

KIND, KEY = "source", "sources"
LINE = re.compile(r"\s*(?P<sha256>[0-9a-f]{64})\s+(?P<size>[0-9]{1,18})\s+(?P<file>\S+)\s*")
SHOWN = 80
RELEASE = "release"
"""Says in an artifact's `extra` of which release it was."""


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the source packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces, problems = {}, []
    archive = _Archive(task)
    for cell in task.cells:
        if not cell.layer.sources:
            continue
        task.monitor(Step(cell.id, "running", "resolving source packages"))
        files: list[Artifact] = []
        for request in requests(cell, KEY):
            name, _, release = request.text.partition("/")
            held = _held(task, cell, name, release)
            moving = held if task.upgrades(name) else []
            package = _locked(task, name, held) or archive.newest(name, release, moving)
            files += package
            if not package:
                message = f"Debian {release} has no source package {name!r}"
                problems.append(
                    task.documents.problem(request, message, archive.near(name, release))
                )
        pieces[cell.id] = Piece(artifacts=tuple(files))
    return Resolved(pieces=pieces, archives=archive.states, problems=tuple(problems))


def _held(task: Task, cell: Cell, name: str, release: str) -> list[Artifact]:
    """Return the files of a package that are locked for a cell."""
    return [
        item
        for item in task.locked(cell.id, KIND)
        if item.name == name and item.extra.get(RELEASE) == release
    ]


def _locked(task: Task, name: str, files: list[Artifact]) -> list[Artifact]:
    """Return the files of the locked version, as long as they can be had."""
    if task.upgrades(name):
        return []
    try:
        task.fetch(files)
    except FetchError:
        return []
    return files


@dataclass(slots=True)
class _Archive:
    """Debian's archive, of which the releases are read that somebody asks for."""

    task: Task
    states: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """The signed states of the releases that were read."""
    stanzas: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Release -> package -> its stanzas, one for each version."""

    def newest(self, name: str, release: str, moving: Sequence[Artifact]) -> list[Artifact]:
        """Return the files of the newest version of a package to which one that moves may; its own
        if there is none; nothing if there is no such package.

        Raises:
            FetchError: the archive does not answer, or is not signed with the expected keys.
            IntegrityError: its index is not of the form that it should have.

        """
        known = {
            deb822.field(stanza, "Version") or "": stanza
            for stanza in self._read(release).get(name, ())
        }
        if not known:
            return []
        fitting = [one for one in known if any(self.task.admits(item, one) for item in moving)]
        if moving:
            self.task.compare(moving, newest(KIND, list(known)))
        if moving and not fitting:
            return list(moving)
        version = newest(KIND, fitting or list(known))
        return list(_files(name, version, release, deb822.fields(known[version])))

    def near(self, name: str, release: str) -> str:
        """Return a hint with a name that is much like one that there is not."""
        close = difflib.get_close_matches(name, self._read(release), n=1)
        return f"did you mean {close[0]!r}?" if close else ""

    def _read(self, release: str) -> dict[str, list[str]]:
        if release in self.stanzas:
            return self.stanzas[release]
        settings = self.task.settings
        # Sources are the same on every architecture.
        root = settings.cache / "apt" / f"{release}-sources"
        apt = Apt(root=root, arch="amd64", ca_bundle=bundle(settings))
        uri = debian_mirror(DEBIAN, settings)
        apt.prepare([Source(uri=uri, suites=(release,), keyring=settings.keyring, type="deb-src")])
        try:
            apt.update()
        except FetchError as error:
            raise unreachable(error.message, DEBIAN) or error from error
        self.states |= apt.releases()
        packages: dict[str, list[str]] = {}
        for _, _, path in apt.indexes("Sources"):
            for stanza in deb822.stanzas(path.read_text()):
                packages.setdefault(deb822.field(stanza, "Package") or "", []).append(stanza)
        self.stanzas[release] = packages
        return packages


def _files(name: str, version: str, release: str, stanza: Mapping[str, str]) -> Iterator[Artifact]:
    """Yield the files of a source package (deb-src-control(5)).

    Raises:
        IntegrityError: a line is not of its form, or of a word of it no path may be made.

    """
    for line in filter(str.strip, stanza.get("Checksums-Sha256", "").splitlines()):
        words = LINE.fullmatch(line)
        if words is None:
            said = line.strip()[:SHOWN]
            raise IntegrityError(f"the index of Debian {release} says of {name}: {said!r}")
        file = words["file"]
        yield Artifact(
            id=f"{KIND}:{name}={version}:{release}:{file}",
            kind=KIND,
            name=name,
            version=version,
            origin=DEBIAN,
            locator=f"{stanza.get('Directory', '')}/{file}",
            digest=f"sha256:{words['sha256']}",
            size=int(words["size"]),
            extra={RELEASE: release},
        ).checked()
