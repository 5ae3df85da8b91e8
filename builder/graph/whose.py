"""Whose the images of a fork are, and the layers in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from builder.catalog.load import PATCHED, UPSTREAM, Loaded
from builder.graph.model import Graph, ImagePoint

NOBODY: Mapping[str, str] = MappingProxyType({})


def whose(loaded: Loaded, images: Iterable[ImagePoint], made: Graph) -> Mapping[str, str]:
    """Return whose each image is, by its id, and each layer in it, by its name: the catalog's own,
    or upstream's, patched or not. An image with a layer that is not upstream's as it is, is patched
    too. Empty for a catalog that is no fork.
    """
    if not loaded.levels.own.is_fork:
        return NOBODY
    owners: dict[str, str] = {}
    entries = {one.name: one.member.entry for one in loaded.matrices}
    for image in images:
        layers = {made.cells[cell].name for cell in image.cells}
        of_layers = {layer: loaded.whose(layer) for layer in layers}
        own = loaded.whose_image(entries[image.name])
        is_whole = set(of_layers.values()) <= {UPSTREAM}
        owners |= {**of_layers, image.id: own if own != UPSTREAM or is_whole else PATCHED}
    return owners
