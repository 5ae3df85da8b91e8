"""Files by URL, for a layer's `run` to unpack."""

from __future__ import annotations

from pathlib import PurePosixPath

from builder.catalog.conditions import archives
from builder.catalog.model import Layer
from builder.catalog.packages import Archive
from builder.kinds.model import ArtifactKind, Point
from builder.lock.model import Artifact

KIND, KEY = "archive", "archives"


def identity(name: str, archive: Archive) -> str:
    """Return the id of an archive in the lock."""
    return f"{KIND}:{name}={archive.version}"


def _wishes(layer: Layer, point: Point) -> object:
    return {
        name: archive.model_dump(exclude_none=True, exclude={"when"})
        for name, archive in archives(layer.archives, point).items()
    }


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath("archives", artifact.name, artifact.locator.rpartition("/")[2])


ARCHIVE = ArtifactKind(
    name=KIND, key=KEY, wishes=_wishes, place=_place, url="generic", unpacked=True
)
