"""Put images together from deltas: a manifest, a configuration and the seal; no blob is copied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from builder.errors import BuilderError
from builder.execute.cells import Workshop
from builder.execute.project import IMAGES, Project
from builder.oci import cells, compose
from builder.oci.tree import held_twice

SIZE, TWICE = "org.catalog.image.size", "org.catalog.image.twice"
"""Annotations of an image in the store's index: compressed bytes of its deltas; pairs of them with bytes of files that both hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Two layers that hold the same files: what both need, and no layer below both of them has."""

    layers: tuple[str, str]
    images: int
    """In how many images they meet."""
    size: int
    """Bytes of those files, uncompressed, in the image where they are most."""


def put_together(project: Project, shop: Workshop, name: str) -> str:
    """Compose an image and tag it in the store; return what it came to, in words.

    Raises:
        ConflictError: two of its layers disagree; nothing is tagged.
        IntegrityError: a blob is missing or damaged.

    """
    image = project.graph.images[name]
    found = {cell: cells.find(project.store, project.inputs[cell].key) for cell in image.cells}
    missing = [cell for cell, manifest in found.items() if manifest is None]
    if missing:
        raise BuilderError(f"{', '.join(missing)} not in the store", hint=f"run `catalog build {missing[0]}`")
    key = project.image_key(name, [manifest.digest for manifest in found.values() if manifest is not None])
    layers = [shop.facts(cell) for cell in image.cells]
    manifest = compose.compose(project.store, layers, project.config(name))
    pairs = held_twice(layers)
    size = sum(facts.delta.size for facts in layers)
    twice = json.dumps([[*pair, shared] for pair, shared in sorted(pairs.items())], separators=(",", ":"))
    annotations = {compose.KEY: key, SIZE: str(size), TWICE: twice}
    project.store.tag({IMAGES + name: replace(manifest, annotations=annotations)})
    return f"{len(layers)} layers, {size / 1e6:,.0f} MB, {sum(pairs.values()) / 1e6:,.0f} MB held twice, {manifest.digest[7:19]}"


def overlaps(project: Project) -> list[Overlap]:
    """Return which layers hold the same files in images that are put together, the largest first."""
    found: dict[tuple[str, str], list[int]] = {}
    refs = project.store.refs(IMAGES)
    for image in project.graph.images:
        for pair, size in _pairs(refs[IMAGES + image].annotations.get(TWICE, "")) if IMAGES + image in refs else ():
            found.setdefault(pair, []).append(size)
    made = [Overlap(layers=pair, images=len(sizes), size=max(sizes)) for pair, sizes in found.items()]
    return sorted(made, key=lambda overlap: (-overlap.size, overlap.layers))


def _pairs(written: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield what an annotation says, by layers instead of cells; nothing for one that another version of this program wrote."""
    try:
        for one, other, size in json.loads(written):
            yield (one.partition("@")[0], other.partition("@")[0]), size
    except (ValueError, TypeError):
        return
