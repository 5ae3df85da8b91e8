"""A repository of R packages as `lock` sees it: what it lists, what it has archived, and the hashes
of its files.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from builder.errors import FetchError, IntegrityError
from builder.fetch.cran import ORIGIN, paths, repository
from builder.fetch.remote import Remote
from builder.fetch.session import connections, session
from builder.fetch.transfer import GoneError, place
from builder.lock.cran import KIND, NEEDS
from builder.lock.description import (
    CONTRIB,
    DescriptionError,
    Release,
    file_of,
    index,
    joined,
    release,
    requirements,
)
from builder.lock.model import Artifact
from builder.lock.version import r_key
from builder.resolve.task import Task
from builder.settings import MIRROR, variable
from builder.tools.archive import texts

PACKAGES, PACKED = f"{CONTRIB}/PACKAGES", f"{CONTRIB}/PACKAGES.gz"
MOST = 128 << 20
"""Bytes of an index that is unpacked. CRAN's has a tenth of that."""
DESCRIPTION = "DESCRIPTION"
OTHER = (
    "a mirror or a proxy changes files, or is in the middle of an update: try again, or another one"
)


@dataclass(slots=True)
class Repository:
    """A repository, which is asked for nothing until something is wanted of it."""

    task: Task
    _remote: Remote | None = None
    _index: Mapping[str, Sequence[str]] | None = None
    _archived: dict[tuple[str, str], Release | None] = field(default_factory=dict)
    _artifacts: dict[str, Artifact] = field(default_factory=dict)

    @property
    def remote(self) -> Remote:
        """Where it is."""
        if self._remote is None:
            base, http = repository(self.task.settings), session(self.task.settings)
            self._remote = Remote(origin=ORIGIN, base=base, http=http)
        return self._remote

    def names(self) -> Collection[str]:
        """Return the names of all packages that it lists."""
        return self._listed().keys()

    def newest(self, name: str) -> list[Release]:
        """Return the releases of a package that it lists, the newest first. There are several where
        an older R has another one.

        Raises:
            FetchError: it does not answer.
            IntegrityError: what it says of the package is not of the form that it should have.

        """
        try:
            releases = [release(stanza) for stanza in self._listed().get(name, ())]
        except DescriptionError as error:
            message = f"the repository of R packages says of {name}: {error}"
            raise IntegrityError(message, hint=OTHER) from None
        return sorted(releases, key=lambda one: r_key(one.version), reverse=True)

    def exactly(self, name: str, version: str) -> Release | None:
        """Return a release that it no longer lists, as its own source describes it; None where it
        has none.

        Raises:
            FetchError: it does not answer.
            IntegrityError: the source is none of that release.

        """
        key = name, version
        if key not in self._archived:
            before = self._before(name, version)
            self._archived[key] = self.locked(before) if before else self._described(name, version)
        return self._archived[key]

    def artifacts(self, releases: Sequence[Release]) -> list[Artifact]:
        """Return releases with the hashes of their sources. A source is read, unless it is locked
        or the repository gives its sha256.

        Raises:
            FetchError: the repository does not answer, or lacks a source.
            IntegrityError: a source is not the one that the repository lists.

        """
        with ThreadPoolExecutor(connections(self.task.settings)) as pool:
            return list(pool.map(self._artifact, releases))

    def locked(self, artifact: Artifact) -> Release:
        """Return the release that an artifact of the lock is.

        Raises:
            IntegrityError: the lock says something else than this program writes.

        """
        try:
            needs = requirements(artifact.extra.get(NEEDS, ""))
        except DescriptionError as error:
            hint = "the lock was tampered with: restore it from version control"
            raise IntegrityError(f"what {artifact.id} needs: {error}", hint=hint) from None
        return Release(
            name=artifact.name, version=artifact.version, needs=needs, locator=artifact.locator
        )

    def _listed(self) -> Mapping[str, Sequence[str]]:
        if self._index is None:
            packed = self.remote.bytes(PACKED)
            data = self.remote.bytes(PACKAGES) if packed is None else _unpacked(packed)
            if data is None:
                hint = f"set {variable(MIRROR, ORIGIN)} to a repository like CRAN"
                raise FetchError(f"{self.remote.base} has no {PACKAGES}", hint=hint)
            self._index = index(data.decode("utf-8", "replace"))
        return self._index

    def _described(self, name: str, version: str) -> Release | None:
        file = file_of(name, version)
        bare = Release(name=name, version=version, locator=f"{CONTRIB}/{file}")
        try:
            artifact = self._artifact(bare)
        except GoneError:
            return None
        self.task.fetch([artifact])
        there = texts(place(artifact, self.task.settings.cache), frozenset({DESCRIPTION}))
        try:
            told = release(there.get(f"{name}/{DESCRIPTION}", ""))
        except DescriptionError as error:
            raise IntegrityError(f"{file} describes itself wrongly: {error}") from None
        if (told.name, r_key(told.version)) != (name, r_key(version)):
            raise IntegrityError(f"{file} says that it is {told}")
        known = replace(bare, needs=told.needs, sums={"sha256": artifact.digest.partition(":")[2]})
        self._artifacts[artifact.id] = replace(artifact, extra=_extra(known))
        return known

    def _artifact(self, wanted: Release) -> Artifact:
        before = self._before(wanted.name, wanted.version)
        if before is not None:
            return before
        made = Artifact(
            id=_id(wanted.name, wanted.version),
            kind=KIND,
            name=wanted.name,
            version=wanted.version,
            origin=ORIGIN,
            locator=wanted.locator,
            digest="",
            size=0,
            extra=_extra(wanted),
        )
        sums = wanted.sums or {}
        if "sha256" in sums:
            made = replace(made, digest=f"sha256:{sums['sha256']}")
        else:
            made = self._read(made, sums.get("md5", ""))
        self._artifacts[made.id] = made.checked()
        return made

    def _before(self, name: str, version: str) -> Artifact | None:
        """Return an artifact that is known from before: of this run, or of the lock unless it is to
        be upgraded, as its source may have been replaced.
        """
        identifier = _id(name, version)
        locked = None if self.task.upgrades(name) else self.task.previous.artifacts.get(identifier)
        return self._artifacts.get(identifier) or locked

    def _read(self, made: Artifact, md5: str) -> Artifact:
        """Return an artifact with the sha256 and the size of its source.

        Raises:
            GoneError: the repository does not have it.
            IntegrityError: its md5 is another one.

        """
        now, later = paths(made)
        try:
            sums, size = self.remote.hashed(now, ("sha256", "md5"))
        except GoneError:
            sums, size = self.remote.hashed(later, ("sha256", "md5"))
        if md5 not in {"", sums["md5"]}:
            message = (
                f"{made.locator} does not match the index: its md5 is {sums['md5']}, not {md5}"
            )
            raise IntegrityError(message, hint=OTHER)
        return replace(made, digest=f"sha256:{sums['sha256']}", size=size)


def _id(name: str, version: str) -> str:
    return f"{KIND}:{name}={version}"


def _extra(release: Release) -> Mapping[str, str]:
    return {NEEDS: joined(release.needs)} if release.needs else {}


def _unpacked(packed: bytes) -> bytes:
    """Return what a gzip file holds.

    Raises:
        IntegrityError: it is none, or holds too much.

    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            data = stream.read(MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{PACKED} cannot be unpacked: {error}", hint=OTHER) from None
    if len(data) > MOST:
        raise IntegrityError(f"{PACKED} unpacks to more than {MOST >> 20} MiB")
    return data
