"""A sample of the images that shows as much as all of them, for tests that must not take long.

An image shows its layers, each at its values of the axes, the pairs of layers that meet in it, and
the kinds of artifact that its layers ask for. Every merger is shown with the pairs: it has work
where two layers wrote into one file.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from builder.graph.asks import wishes
from builder.graph.model import Cell, Graph, ImagePoint
from builder.graph.needs import needs

LAYER, VERSION, PAIR, ARTIFACT = "layer", "version", "pair", "artifact"
ASPECTS = {
    LAYER: ("layer", "layers"),
    VERSION: ("layer at a version", "layers at a version"),
    PAIR: ("pair of layers that meet", "pairs of layers that meet"),
    ARTIFACT: ("kind of artifact", "kinds of artifact"),
}
"""What is to be shown, as reports call it: singular and plural."""


class Aspect(NamedTuple):
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
    needs: Mapping[str, tuple[str, ...]]
    """Image id -> the hosts that one of the sample needs beside the package registries. Where one
    cannot be reached, the others show what they would show without it."""

    def count(self, kind: str) -> tuple[int, int]:
        """Return how much of one kind is shown, and how much there is."""
        shown = sum(aspect.kind == kind for aspect in self.shown)
        missed = sum(aspect.kind == kind for aspect in self.missed)
        return shown, shown + missed


def sample(graph: Graph) -> Sample:
    """Choose images so that together they show every aspect of all that have no heavy layer.

    The choice depends on the graph alone. None of the chosen images can be left out, except that
    those which need further hosts are chosen for what no others show.
    """
    of_cells = {cell.id: _of_cell(cell) for cell in graph.cells.values()}
    aspects = {image.id: _of_image(image, graph, of_cells) for image in graph.images.values()}
    heavy = {
        image.id: layers for image in graph.images.values() if (layers := _heavy(image, graph))
    }
    light = {name: shown for name, shown in aspects.items() if name not in heavy}
    hosts = {image.id: needs(image, graph) for image in graph.images.values()}
    costs = {name: len(graph.images[name].cells) for name in light}
    far = {name for name in light if hosts[name]}
    chosen = cover_near_first(light, costs, far)
    others = {name: offer for name, offer in light.items() if name not in chosen}
    # What needs no further host is shown by images that need none.
    close = {name: light[name] for name in chosen if name not in far}
    covered = _together({name: others[name] for name in others.keys() - far}, close)
    covered |= _together(
        {name: others[name] for name in others.keys() & far}, {name: light[name] for name in chosen}
    )
    everything, shown = _united(aspects.values()), _united(light.values())
    return Sample(
        images={name: chosen[name] for name in graph.images if name in chosen},
        covered={name: covered[name] for name in others},
        heavy=heavy,
        shown=shown,
        missed=everything - shown,
        needs={name: hosts[name] for name in graph.images if name in chosen and hosts[name]},
    )


def _united(offers: Iterable[frozenset[Aspect]]) -> frozenset[Aspect]:
    return frozenset[Aspect]().union(*offers)


def cover_near_first(
    offers: Mapping[str, frozenset[Aspect]], costs: Mapping[str, int], far: Collection[str]
) -> dict[str, tuple[Aspect, ...]]:
    """Choose as `cover` does, and those that are `far` for what no others offer: where they cannot
    be had, the rest still covers all that it can.
    """
    near = {name: offer for name, offer in offers.items() if name not in far}
    known = _united(near.values())
    left = {name: offer - known for name, offer in offers.items() if name in far}
    return cover(near, costs) | cover(left, costs)


def aspects_of(image: ImagePoint, graph: Graph) -> frozenset[Aspect]:
    """Return what a test of this image shows."""
    return _of_image(image, graph, {cell: _of_cell(graph.cells[cell]) for cell in image.cells})


def cover(
    offers: Mapping[str, Collection[Aspect]], costs: Mapping[str, int]
) -> dict[str, tuple[Aspect, ...]]:
    """Choose a few that together offer everything, and return for each what it adds.

    Each choice is the one that adds most; among equals the cheapest, then the first. Choices that
    later ones make superfluous are dropped.
    """
    numbers = _numbered(offers.values())
    masks = {name: _mask(offer, numbers) for name, offer in offers.items()}
    missing = (1 << len(numbers)) - 1
    place = {name: index for index, name in enumerate(offers)}
    # What one adds can only shrink, so an entry that is still up to date beats all others.
    queue = [(-mask.bit_count(), costs[name], place[name], name) for name, mask in masks.items()]
    heapq.heapify(queue)
    chosen: list[str] = []
    while missing:
        added, cost, index, name = heapq.heappop(queue)
        now = (masks[name] & missing).bit_count()
        if now < -added:
            heapq.heappush(queue, (-now, cost, index, name))
            continue
        chosen.append(name)
        missing &= ~masks[name]
    return _attributed(_needed(chosen, offers), offers)


def _needed(chosen: list[str], offers: Mapping[str, Collection[Aspect]]) -> list[str]:
    """Return the choices without those that the others make superfluous."""
    times = Counter[Aspect]()
    for name in chosen:
        times.update(set(offers[name]))
    needed = dict.fromkeys(chosen)
    for name in reversed(chosen):
        if all(times[aspect] > 1 for aspect in offers[name]):
            del needed[name]
            times.subtract(set(offers[name]))
    return list(needed)


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


def _together(
    wanted: Mapping[str, frozenset[Aspect]], chosen: Mapping[str, frozenset[Aspect]]
) -> dict[str, frozenset[str]]:
    """Return for each image a few of the chosen images that show everything it would.

    Each step takes the aspect that the fewest chosen images show, and among these images the one
    that shows most of what is missing.
    """
    numbers = _numbered(chosen.values())
    masks = {name: _mask(offer, numbers) for name, offer in chosen.items()}
    holders: dict[int, list[str]] = {}
    for name, offer in chosen.items():
        for aspect in offer:
            holders.setdefault(numbers[aspect], []).append(name)
    shown_by: dict[str, frozenset[str]] = {}
    for name, offer in wanted.items():
        missing, together = _mask(offer, numbers), set[str]()
        while missing:
            rarest = (missing & -missing).bit_length() - 1
            shown = {one: (masks[one] & missing).bit_count() for one in holders[rarest]}
            best = max(shown, key=lambda one: shown[one])
            together.add(best)
            missing &= ~masks[best]
        shown_by[name] = frozenset(together)
    return shown_by


def _numbered(offers: Iterable[Collection[Aspect]]) -> dict[Aspect, int]:
    """Return a number for each aspect, so that sets of them are bits: the rarest have the lowest
    ones.
    """
    times = Counter[Aspect]()
    for offer in offers:
        times.update(offer)
    ordered = sorted(times, key=lambda aspect: (times[aspect], aspect))
    return {aspect: number for number, aspect in enumerate(ordered)}


def _mask(offer: Collection[Aspect], numbers: Mapping[Aspect, int]) -> int:
    """Return a set of aspects as bits."""
    mask = 0
    for aspect in offer:
        mask |= 1 << numbers[aspect]
    return mask


def _of_image(
    image: ImagePoint, graph: Graph, of_cells: Mapping[str, frozenset[Aspect]]
) -> frozenset[Aspect]:
    """Return what an image shows, given what each of its cells does."""
    layers = sorted({graph.cells[cell].name for cell in image.cells})
    pairs = itertools.combinations(layers, 2)
    meeting = {Aspect(PAIR, f"{one} + {other}") for one, other in pairs}
    return frozenset(meeting).union(*(of_cells[cell] for cell in image.cells))


def _of_cell(cell: Cell) -> frozenset[Aspect]:
    """Return what a cell shows by itself."""
    aspects = {Aspect(ARTIFACT, kind) for kind in wishes(cell)}
    aspects.add(Aspect(LAYER, cell.name))
    for axis, value in cell.point.items():
        aspects.add(Aspect(VERSION, f"{cell.name} at {axis} {value}"))
    return frozenset(aspects)


def _heavy(image: ImagePoint, graph: Graph) -> tuple[str, ...]:
    """Return the layers of an image that are marked heavy."""
    cells = [graph.cells[name] for name in image.cells]
    return tuple(cell.name for cell in cells if cell.layer.heavy)
