"""A sample of the services that covers what launching all of them would cover, as
`builder.graph.sample` does for images.

A service covers the layers of its default image, and its groups of options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builder.charts.compose import Composition
from builder.graph import gpu
from builder.graph.model import Graph, ImagePoint
from builder.graph.needs import needs
from builder.graph.sample import LAYER, Aspect, cover_near_first

OPTIONS = "options"
NO_GPU = "they ask for graphics processors, which a cluster in Docker does not have"


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The services of a sample, and why the others are not in it."""

    chosen: Mapping[str, tuple[Aspect, ...]]
    """Service -> what it was chosen for."""
    left_out: Mapping[str, str]
    """Service -> the reason."""


def sample(compositions: Mapping[str, Composition], graph: Graph, *, whole: bool) -> Services:
    """Choose services that together cover what all services do whose image is built and not heavy.

    With `whole`, choose all whose image is built, but those that ask for a graphics processor.
    """
    offers: dict[str, frozenset[Aspect]] = {}
    far: set[str] = set()
    left_out: dict[str, str] = {}
    for name, composition in compositions.items():
        image = first_image(composition, graph)
        heavy = _heavy(image, graph) if image is not None else ()
        if image is None:
            left_out[name] = "the catalog does not build its image yet"
        elif heavy and not whole:
            left_out[name] = f"heavy: {', '.join(heavy)}"
        elif wants_gpu(image, graph):
            left_out[name] = NO_GPU
        else:
            offers[name] = _aspects(composition, image, graph)
            if needs(image, graph):
                far.add(name)
    if whole:
        return Services(chosen=dict.fromkeys(offers, ()), left_out=left_out)
    chosen = cover_near_first(offers, dict.fromkeys(offers, 1), far)
    shown = "the others cover everything that it would"
    return Services(
        chosen={name: chosen[name] for name in offers if name in chosen},
        left_out={name: left_out.get(name, shown) for name in compositions if name not in chosen},
    )


def first_image(composition: Composition, graph: Graph) -> ImagePoint | None:
    """Return the default image of a service; None if the catalog does not build it yet."""
    return graph.images.get(f"{composition.service.image}:{composition.images[0].tag}")


def wants_gpu(image: ImagePoint, graph: Graph) -> bool:
    """Tell whether an image needs a node with a graphics processor."""
    return gpu.needs(graph.cells[name] for name in image.cells) is not None


def _aspects(composition: Composition, image: ImagePoint, graph: Graph) -> frozenset[Aspect]:
    layers = {Aspect(LAYER, graph.cells[cell].name) for cell in image.cells}
    options = {Aspect(OPTIONS, group) for group in composition.groups}
    return frozenset(layers | options)


def _heavy(image: ImagePoint, graph: Graph) -> tuple[str, ...]:
    cells = [graph.cells[name] for name in image.cells]
    return tuple(cell.name for cell in cells if cell.layer.heavy)
