"""Put images together from deltas: a manifest, a configuration and the seal; no blob is copied."""

from __future__ import annotations

from dataclasses import replace

from builder.execute.cells import Workshop
from builder.execute.project import IMAGES, KEY, Project
from builder.oci import cells, compose
from builder.oci.model import Descriptor
from builder.plan.plan import image_key
from builder.render.config import image_config


def put_together(project: Project, shop: Workshop, name: str) -> tuple[Descriptor, str]:
    """Compose an image and tag it in the store; return its manifest and what it came to, in words.

    Raises:
        ConflictError: two of its layers disagree; nothing is tagged.
        IntegrityError: a blob is missing or damaged.

    """
    image = project.graph.images[name]
    config = image_config(project.loaded.catalog, project.graph, image)
    composed = compose.compose([shop.facts(cell) for cell in image.cells], config, project.store)
    found = [cells.find(project.store, project.inputs[cell].key) for cell in image.cells]
    key = image_key(tuple(manifest.digest for manifest in found if manifest is not None), project.metadata(name))
    project.store.tag({IMAGES + name: replace(composed.manifest, annotations={KEY: key})})
    return composed.manifest, f"{len(image.cells)} layers, {composed.size / 1e6:,.0f} MB, {composed.manifest.digest[7:19]}"
