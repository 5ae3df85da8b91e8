"""Files by URL, for a layer's `run` to unpack."""

from __future__ import annotations

from pathlib import PurePosixPath

from builder.catalog.model import Layer
from builder.kinds.model import ArtifactKind, Point
from builder.lock.model import Artifact


def _wishes(layer: Layer, _point: Point) -> object:
    return {
        name: archive.model_dump(exclude_none=True)
        for name, archive in sorted(layer.archives.items())
    }


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath("archives", artifact.name, artifact.locator.rpartition("/")[2])


ARCHIVE = ArtifactKind(name="archive", key="archives", wishes=_wishes, place=_place)
