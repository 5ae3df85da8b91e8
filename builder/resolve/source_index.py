"""The source packages of Debian's releases, by their signed indexes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder import deb822
from builder.errors import FetchError
from builder.fetch.origin import DEBIAN, debian_mirror, unreachable
from builder.fetch.session import bundle
from builder.lock.debian_source import checksums
from builder.lock.model import Artifact
from builder.lock.version import newest
from builder.resolve.task import Task
from builder.tools.apt import Apt, Source

RELEASE = "release"
"""Says in an artifact's `extra` of which release it was."""


@dataclass(slots=True)
class SourceIndex:
    """Debian's archive, of which the releases are read that somebody asks for."""

    task: Task
    kind: str
    """The kind of the artifacts."""
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
            self.task.compare(moving, newest(self.kind, list(known)))
        if moving and not fitting:
            return list(moving)
        version = newest(self.kind, fitting or list(known))
        stanza = deb822.fields(known[version])
        return list(self._files(name, version, release, stanza))

    def near(self, name: str, release: str) -> str:
        """Return a hint with a name that is much like one that there is not."""
        close = difflib.get_close_matches(name, self._read(release), n=1)
        return f"did you mean {close[0]!r}?" if close else ""

    def _files(
        self, name: str, version: str, release: str, stanza: Mapping[str, str]
    ) -> Iterator[Artifact]:
        said_by = f"the index of Debian {release} says of {name}"
        for file in checksums(stanza, said_by):
            yield Artifact(
                id=identity(self.kind, name, version, release, file.name),
                kind=self.kind,
                name=name,
                version=version,
                origin=DEBIAN,
                locator=f"{stanza.get('Directory', '')}/{file.name}",
                digest=f"sha256:{file.sha256}",
                size=file.size,
                extra={RELEASE: release},
            ).checked()

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


def identity(kind: str, name: str, version: str, release: str, file: str) -> str:
    """Return the id of one file of a source package."""
    return f"{kind}:{name}={version}:{release}:{file}"
