"""A sample of the images that shows what all of them would show, for a test that has to end soon.

An image shows its layers, each at its values of the axes, the pairs of layers that meet in it, and
the kinds of artifact that its layers ask for. Every merger is shown with the pairs: it has work
where two layers wrote into one file.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from builder.graph.asks import wishes
from builder.graph.model import Cell, Graph, ImagePoint

LAYER, VERSION, PAIR, ARTIFACT = "layer", "version", "pair", "artifact"
ASPECTS = {
    LAYER: ("layer", "layers"),
    VERSION: ("layer at a version", "layers at a version"),
    PAIR: ("pair of layers that meet", "pairs of layers that meet"),
    ARTIFACT: ("kind of artifact", "kinds of artifact"),
}
"""What is to be shown, in the words of a report: one, and several."""


@dataclass(frozen=True, order=True, slots=True)
class Aspect:
    """One thing that a test of an image shows: `pair` and `jupyter + r`, for example."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return both."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The images of a sample, and what it shows."""

    images: Mapping[str, tuple[Aspect, ...]]
    """Image id -> what it was chosen for, in the graph's order."""
    covered: Mapping[str, frozenset[str]]
    """Image id -> the images that together show all that this one would; without the heavy."""
    heavy: Mapping[str, tuple[str, ...]]
    """Image id -> its layers that are marked heavy."""
    shown: frozenset[Aspect]
    missed: frozenset[Aspect]
    """What only heavy images have."""

    def count(self, kind: str) -> tuple[int, int]:
        """Return how much of one kind is shown, and how much there is."""
        shown = sum(aspect.kind == kind for aspect in self.shown)
        missed = sum(aspect.kind == kind for aspect in self.missed)
        return shown, shown + missed


def sample(graph: Graph) -> Sample:
    """Choose images so that together they show every aspect of all that have no heavy layer.

    The choice depends on the graph alone. No image of it can be left out.
    """
    aspects = {image.id: aspects_of(image, graph) for image in graph.images.values()}
    heavy = {
        image.id: layers for image in graph.images.values() if (layers := _heavy(image, graph))
    }
    light = {name: shown for name, shown in aspects.items() if name not in heavy}
    costs = {name: len(graph.images[name].cells) for name in light}
    chosen = cover(light, costs)
    shown = frozenset(itertools.chain.from_iterable(light[name] for name in chosen))
    everything = frozenset(itertools.chain.from_iterable(aspects.values()))
    return Sample(
        images={name: chosen[name] for name in graph.images if name in chosen},
        covered={
            name: _together(wanted, chosen, aspects)
            for name, wanted in light.items()
            if name not in chosen
        },
        heavy=heavy,
        shown=shown,
        missed=everything - shown,
    )


def aspects_of(image: ImagePoint, graph: Graph) -> frozenset[Aspect]:
    """Return what a test of this image shows."""
    cells = [graph.cells[name] for name in image.cells]
    aspects = {Aspect(LAYER, cell.name) for cell in cells}
    for cell in cells:
        aspects |= _of_cell(cell)
    layers = sorted({cell.name for cell in cells})
    aspects |= {
        Aspect(PAIR, f"{one} + {other}") for one, other in itertools.combinations(layers, 2)
    }
    return frozenset(aspects)


def cover(
    offers: Mapping[str, Collection[Aspect]], costs: Mapping[str, int]
) -> dict[str, tuple[Aspect, ...]]:
    """Choose some that together offer all that is offered, and return for each what it adds.

    Each choice is the one that adds most; of equals the cheapest, then the first. What later
    choices have made superfluous is dropped.
    """
    missing = set(itertools.chain.from_iterable(offers.values()))
    place = {name: index for index, name in enumerate(offers)}
    # What one adds can only become less, so that an entry that is still right beats all others.
    queue = [(-len(set(offer)), costs[name], place[name], name) for name, offer in offers.items()]
    heapq.heapify(queue)
    chosen: list[str] = []
    while missing:
        added, cost, index, name = heapq.heappop(queue)
        now = len(missing.intersection(offers[name]))
        if now < -added:
            heapq.heappush(queue, (-now, cost, index, name))
            continue
        chosen.append(name)
        missing.difference_update(offers[name])
    return _attributed(_needed(chosen, offers), offers)


def _needed(chosen: list[str], offers: Mapping[str, Collection[Aspect]]) -> list[str]:
    """Return what is chosen without those that the others make superfluous."""
    times = Counter[Aspect]()
    for name in chosen:
        times.update(set(offers[name]))
    needed = list(chosen)
    for name in reversed(chosen):
        if all(times[aspect] > 1 for aspect in offers[name]):
            needed.remove(name)
            times.subtract(set(offers[name]))
    return needed


def _attributed(
    chosen: list[str], offers: Mapping[str, Collection[Aspect]]
) -> dict[str, tuple[Aspect, ...]]:
    """Return for each choice what none before it offers."""
    known: set[Aspect] = set()
    adds: dict[str, tuple[Aspect, ...]] = {}
    for name in chosen:
        adds[name] = tuple(sorted(set(offers[name]) - known))
        known.update(offers[name])
    return adds


def _of_cell(cell: Cell) -> set[Aspect]:
    """Return what a cell shows by itself."""
    aspects = {Aspect(ARTIFACT, kind) for kind in wishes(cell)}
    for axis, value in cell.point.items():
        aspects.add(Aspect(VERSION, f"{cell.name} at {axis} {value}"))
    return aspects


def _heavy(image: ImagePoint, graph: Graph) -> tuple[str, ...]:
    """Return the layers of an image that are marked heavy."""
    cells = [graph.cells[name] for name in image.cells]
    return tuple(cell.name for cell in cells if cell.layer.heavy)


def _together(
    wanted: frozenset[Aspect],
    chosen: Collection[str],
    aspects: Mapping[str, frozenset[Aspect]],
) -> frozenset[str]:
    """Return a few chosen images that show what is wanted: those with most of it, one by one."""
    missing, together = set(wanted), set[str]()
    while missing:
        best = max(chosen, key=lambda name: len(missing & aspects[name]))
        together.add(best)
        missing -= aspects[best]
    return frozenset(together)
