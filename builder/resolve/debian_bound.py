"""How far Debian packages move where an upgrade has a bound: within one archive, as an archive
keeps no older versions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from builder.fetch.origin import SECURITY
from builder.lock.deb import PREFERRED_ORIGINS, Index
from builder.lock.model import Artifact
from builder.lock.version import debian_key, newest
from builder.resolve.task import Task

DEB = "deb"
Package = tuple[str, str]
"""Its name, and the further repository that it is from; "" for Debian's own archives."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What keeps packages within a bound."""

    pinned: Mapping[Package, str]
    """The versions of those that their archive has newer ones of."""
    staying: Sequence[Artifact]
    """The locked artifacts of those that stay as they are."""

    def pins(self, repository: str = "") -> dict[str, str]:
        """Return the versions of packages of one archive, by name."""
        return {
            name: version for (name, other), version in self.pinned.items() if other == repository
        }


def package_of(artifact: Artifact) -> Package:
    """Return the package that an artifact is of."""
    is_debians = artifact.origin in PREFERRED_ORIGINS
    return artifact.name, "" if is_debians else artifact.origin


def bounds(
    task: Task, index: Index, arch: str, locked: Sequence[Artifact], repositories: Collection[str]
) -> Bounds:
    """Return the bounds of locked artifacts that move only so far. Nothing is known of packages of
    other further repositories than those that could be read.
    """
    moving: dict[Package, list[Artifact]] = {}
    for artifact in locked:
        if package_of(artifact)[1] in {"", *repositories}:
            moving.setdefault(package_of(artifact), []).append(artifact)
    pinned: dict[Package, str] = {}
    staying = []
    for (name, repository), same in moving.items():
        there = index.versions(name, repository)
        newest_of_all = newest(DEB, there) if there else ""
        fitting = [one for one in there if any(task.admits(item, one) for item in same)]
        if not fitting:
            staying.append(max(same, key=lambda item: debian_key(item.version)))
        elif newest_of_all not in fitting:
            pinned[name, repository] = newest(DEB, fitting)
        stanza = index.find(name, newest_of_all, arch, repository)
        if stanza is not None:
            task.compare(same, newest_of_all, security=stanza.origin == SECURITY)
    return Bounds(pinned, staying)
