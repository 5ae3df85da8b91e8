"""Which layers hold the same files: what both need, and nothing below both of them has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.documents import from_json
from builder.execute.project import IMAGES, Project, image_ref
from builder.plan.plan import Plan

TWICE = "org.catalog.image.twice"
"""Annotation of an image in the store's index: pairs of its cells, with the bytes of files that
both hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Two layers that hold the same files."""

    layers: tuple[str, str]
    images: int
    """In how many images they meet."""
    size: int
    """Bytes of those files, uncompressed, in the image where they are most."""


def written(pairs: Mapping[tuple[str, str], int]) -> str:
    """Return pairs of cells with bytes as an annotation."""
    return json.dumps(
        [[*pair, size] for pair, size in sorted(pairs.items())], separators=(",", ":")
    )


def overlaps(project: Project, made: Plan) -> list[Overlap]:
    """Return which layers hold the same files in the images that a plan keeps, the largest
    first.
    """
    sizes_of: dict[tuple[str, str], list[int]] = {}
    refs = project.store.refs(IMAGES)
    kept = [step for step in made.steps if step.kind == "image" and step.action == "keep"]
    for step in kept:
        image = refs.get(image_ref(step.node, step.key))
        for pair, size in _pairs(image.annotations.get(TWICE, "")) if image is not None else ():
            sizes_of.setdefault(pair, []).append(size)
    every = [
        Overlap(layers=pair, images=len(sizes), size=max(sizes)) for pair, sizes in sizes_of.items()
    ]
    return sorted(every, key=lambda overlap: (-overlap.size, overlap.layers))


def _pairs(written: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield what an annotation says, by layers instead of cells; nothing for one that another
    version of this program wrote.
    """
    try:
        for one, other, size in from_json(written or "[]"):
            yield (one.partition("@")[0], other.partition("@")[0]), size
    except (ValueError, TypeError):
        return
