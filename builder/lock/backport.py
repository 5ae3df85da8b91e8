"""What the lock notes of a source package that is built: its binary packages, and what it is built
with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from builder import deb822
from builder.lock.debian_source import needed
from builder.lock.model import Artifact

PACKAGES, WITH = "packages", "with"
"""Entries of an artifact's `extra`: its binary packages as an index would list them, and what it is
built with, as `apt-get satisfy` reads it. The .dsc has them."""


def noted(
    dsc: Artifact,
    built: Iterable[str],
    fields: Mapping[str, str],
    without: Collection[str],
    also: Sequence[str],
) -> Artifact:
    """Return the description of a source package with what is to be known of it."""
    known = {PACKAGES: "\n".join(built), WITH: needed(fields, without, also)}
    return replace(dsc, extra={**dsc.extra, **known})


def packages(artifact: Artifact) -> list[str]:
    """Return the stanzas of the packages that are built; none of another artifact."""
    return [f"{text}\n" for text in deb822.stanzas(artifact.extra.get(PACKAGES, ""))]


def built_with(artifact: Artifact) -> str:
    """Return what it is built with; empty for another artifact."""
    return artifact.extra.get(WITH, "")


def built(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """Return the packages that are built of some artifacts, by name, as if they were files of
    Debian's.
    """
    made = {}
    for artifact in artifacts:
        for text in packages(artifact):
            name = deb822.field(text, "Package") or ""
            version = deb822.field(text, "Version") or ""
            made[name] = replace(artifact, name=name, version=version, kind="deb")
    return made
