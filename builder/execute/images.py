"""Put images together from deltas: a manifest, a configuration and the seal; no blob is copied."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from builder.cells import compose, gpu, loadable, records
from builder.cells.seal import tree
from builder.cells.system import filesystem
from builder.cells.tree import held_twice
from builder.debian.model import Facts
from builder.errors import BuilderError
from builder.events import Note
from builder.execute.overlaps import TWICE, written
from builder.execute.project import Project, image_ref
from builder.execute.workshop import Workshop
from builder.oci.model import ImageConfig

CELLS = "org.catalog.image.cells"
"""Annotation of an image in the store's index: the keys of its cells, bottom first."""
LISTED = 3
ENGINES = 127
"""The most layers that engines take."""
SIZE = "org.catalog.image.size"
"""Annotation of an image in the store's index: compressed bytes of its deltas."""


def put_together(project: Project, shop: Workshop, name: str) -> str:
    """Compose an image and tag it in the store; return what it came to, in words.

    Raises:
        ConflictError: two of its layers disagree; nothing is tagged.
        BuilderError: it has more layers than engines take.
        IntegrityError: a blob is missing or damaged.

    """
    key = key_of(project, name)
    layers = [shop.facts(cell) for cell in project.graph.images[name].cells]
    count(project, shop, name, layers)
    manifest = compose.compose(project.store, layers, labelled(project, name, layers))
    pairs = held_twice(layers)
    size = sum(facts.size for facts in layers)
    cells = json.dumps([facts.key for facts in layers])
    annotations = {compose.KEY: key, CELLS: cells, SIZE: str(size), TWICE: written(pairs)}
    project.store.tag({image_ref(name, key): replace(manifest, annotations=annotations)})
    return (
        f"{len(layers)} layers, {size / 1e6:,.0f} MB, {sum(pairs.values()) / 1e6:,.0f} MB held"
        f" twice, {manifest.digest[7:19]}"
    )


def count(project: Project, shop: Workshop, name: str, layers: Sequence[Facts]) -> None:
    """Refuse an image with more OCI layers than engines take, and tell of one with more than its
    budget.
    """
    number = sum(len(facts.delta) for facts in layers) + 1
    budget = project.loaded.catalog.layer_budget
    if number > ENGINES:
        most = sorted(layers, key=lambda facts: (-len(facts.delta), facts.cell))[:LISTED]
        held = ", ".join(f"{facts.cell} has {len(facts.delta)}" for facts in most)
        message = f"{name} has {number} layers, and engines take {ENGINES}: {held}"
        hint = "run `catalog lock --rebalance`; where layers are too many, leave some out"
        raise BuilderError(message, hint=hint)
    if number > budget:
        sentence = f"{name} has {number} layers, and `layer_budget` is {budget}"
        hint = "`catalog lock --rebalance` divides packages into fewer chunks"
        shop.monitor(Note(f"{sentence}: {hint}", "warning"))


def key_of(project: Project, name: str) -> str:
    """Return the key of an image.

    Raises:
        BuilderError: some of its cells are not in the store.

    """
    image = project.graph.images[name]
    found = {cell: records.find(project.store, project.inputs[cell].key) for cell in image.cells}
    missing = [cell for cell, manifest in found.items() if manifest is None]
    if missing:
        raise BuilderError(
            f"{', '.join(missing)} not in the store", hint=f"run `catalog build {missing[0]}`"
        )
    digests = [manifest.digest for manifest in found.values() if manifest is not None]
    return project.image_key(name, digests)


def labelled(project: Project, name: str, layers: Sequence[Facts]) -> ImageConfig:
    """Return what an image runs, with labels that say what it needs of a node's graphics
    processors. They follow from its cells, and so are no part of its key.
    """
    config = project.config(name)
    libraries = chain.from_iterable(facts.libraries for facts in layers)
    if not any(library.soname.startswith(gpu.RUNTIME.library) for library in libraries):
        return config
    loadables = [loadable.known(project.store, facts) for facts in layers]
    system = filesystem(layers, loadables, tree(layers, config), config)
    needs = gpu.gpu_of(system, loadables)
    words = needs.labels() if needs else {}
    return replace(
        config, labels={**config.labels, **words}, annotations={**config.annotations, **words}
    )
