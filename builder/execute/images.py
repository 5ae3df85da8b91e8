"""Put images together from deltas: a manifest, a configuration and the seal; no blob is copied."""

from __future__ import annotations

import json
from dataclasses import replace

from builder.cells import compose, records
from builder.cells.tree import held_twice
from builder.errors import BuilderError
from builder.execute.overlaps import TWICE, written
from builder.execute.project import Project, image_ref
from builder.execute.workshop import Workshop

CELLS = "org.catalog.image.cells"
"""Annotation of an image in the store's index: the keys of its cells, bottom first."""
SIZE = "org.catalog.image.size"
"""Annotation of an image in the store's index: compressed bytes of its deltas."""


def put_together(project: Project, shop: Workshop, name: str) -> str:
    """Compose an image and tag it in the store; return what it came to, in words.

    Raises:
        ConflictError: two of its layers disagree; nothing is tagged.
        IntegrityError: a blob is missing or damaged.

    """
    image = project.graph.images[name]
    manifests = {
        cell: records.find(project.store, project.inputs[cell].key) for cell in image.cells
    }
    missing = [cell for cell, manifest in manifests.items() if manifest is None]
    if missing:
        raise BuilderError(
            f"{', '.join(missing)} not in the store", hint=f"run `catalog build {missing[0]}`"
        )
    key = project.image_key(
        name, [manifest.digest for manifest in manifests.values() if manifest is not None]
    )
    layers = [shop.facts(cell) for cell in image.cells]
    manifest = compose.compose(project.store, layers, project.config(name))
    pairs = held_twice(layers)
    size = sum(facts.size for facts in layers)
    cells = json.dumps([facts.key for facts in layers])
    annotations = {compose.KEY: key, CELLS: cells, SIZE: str(size), TWICE: written(pairs)}
    project.store.tag({image_ref(name, key): replace(manifest, annotations=annotations)})
    return (
        f"{len(layers)} layers, {size / 1e6:,.0f} MB, {sum(pairs.values()) / 1e6:,.0f} MB held"
        f" twice, {manifest.digest[7:19]}"
    )
