"""A sample shows all that the images would, chosen in one way only."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph, ImagePoint
from builder.graph.needs import needs
from builder.graph.sample import (
    ARTIFACT,
    LAYER,
    PAIR,
    VERSION,
    Aspect,
    aspects_of,
    cover,
    cover_near_first,
    sample,
)

NO_LAYER = Layer(description="nothing")


def catalog(
    images: Mapping[str, Sequence[str]], layers: Mapping[str, Layer] | None = None
) -> Graph:
    """Return a graph of images, each with cells written as `layer` or `layer@version`."""
    cells: dict[str, Cell] = {}
    for names in images.values():
        for cell_id in names:
            name, _, version = cell_id.partition("@")
            cells[cell_id] = Cell(
                id=cell_id,
                name=name,
                point={"python": version} if version else {},
                layer=(layers or {}).get(name, NO_LAYER),
                parents=(),
                ancestors=(),
            )
    points = {
        name: ImagePoint(id=name, name=name, tag="1", point={}, cells=tuple(names))
        for name, names in images.items()
    }
    return Graph(cells=cells, images=points)


LAYERS = [f"l{number}" for number in range(8)]
HEAVY = Layer(description="slow", heavy=True)
FAR = Layer.model_validate(
    {
        "description": "upstream's own",
        "archives": {"far": {"url": "https://far.invalid/far.tgz", "version": "1"}},
    }
)
cells = st.builds(
    lambda name, version: f"{name}@{version}", st.sampled_from(LAYERS), st.sampled_from("12")
)
stacks = st.lists(cells, min_size=1, max_size=6, unique_by=lambda cell: cell.partition("@")[0])
catalogs = st.dictionaries(st.text("abcdefgh", min_size=1), stacks, max_size=12)
marked = st.sets(st.sampled_from(LAYERS), max_size=2).map(lambda names: dict.fromkeys(names, HEAVY))
graphs = st.builds(catalog, catalogs, marked)


@given(graphs)
def test_all_layers_and_all_pairs_that_meet_are_in_it(graph: Graph) -> None:
    chosen = sample(graph)
    light = [graph.images[name] for name in graph.images if name not in chosen.heavy]
    for image in light:
        layers = sorted(cell.partition("@")[0] for cell in image.cells)
        for layer in layers:
            assert Aspect(LAYER, layer) in chosen.shown
        for one, other in itertools.combinations(layers, 2):
            holding = [
                name
                for name in chosen.images
                if {one, other} <= {cell.partition("@")[0] for cell in graph.images[name].cells}
            ]
            assert holding, f"no image of the sample has {one} and {other}, as {image.id} has"


@given(graphs)
def test_it_shows_what_the_light_images_show_and_misses_the_rest(graph: Graph) -> None:
    chosen = sample(graph)
    light, everything = set[Aspect](), set[Aspect]()
    for image in graph.images.values():
        everything |= aspects_of(image, graph)
        if image.id not in chosen.heavy:
            light |= aspects_of(image, graph)
    assert chosen.shown == light
    assert chosen.missed == everything - light


@given(graphs)
def test_every_image_is_in_it_or_is_left_out_for_a_reason(graph: Graph) -> None:
    chosen = sample(graph)
    parts = [chosen.images.keys(), chosen.covered.keys(), chosen.heavy.keys()]
    assert sorted(itertools.chain.from_iterable(parts)) == sorted(graph.images)
    for name, others in chosen.covered.items():
        together = set[Aspect]()
        for other in others:
            assert other in chosen.images
            together |= aspects_of(graph.images[other], graph)
        assert aspects_of(graph.images[name], graph) <= together
    for name, layers in chosen.heavy.items():
        assert layers
        assert name not in chosen.images


@given(graphs)
def test_no_image_of_it_is_superfluous(graph: Graph) -> None:
    chosen = sample(graph)
    for name in chosen.images:
        rest = set[Aspect]()
        for other in chosen.images.keys() - {name}:
            rest |= aspects_of(graph.images[other], graph)
        assert not aspects_of(graph.images[name], graph) <= rest


far = st.sets(st.sampled_from(LAYERS), max_size=2).map(lambda names: dict.fromkeys(names, FAR))
far_graphs = st.builds(catalog, catalogs, far)


@given(far_graphs)
def test_without_the_images_of_a_host_that_is_away_all_others_are_still_shown(graph: Graph) -> None:
    chosen = sample(graph)
    near = [image for image in graph.images.values() if not needs(image, graph)]
    wanted, shown = set[Aspect](), set[Aspect]()
    for image in near:
        wanted |= aspects_of(image, graph)
        if image.id in chosen.images:
            shown |= aspects_of(image, graph)
        elif image.id in chosen.covered:
            assert not chosen.covered[image.id] & chosen.needs.keys()
    assert shown == wanted
    assert chosen.shown == wanted.union(*(aspects_of(one, graph) for one in graph.images.values()))
    assert sorted([*chosen.images, *chosen.covered]) == sorted(graph.images)
    for name in chosen.images:
        assert (name in chosen.needs) == bool(needs(graph.images[name], graph))


def test_what_is_far_is_chosen_for_what_nothing_near_offers() -> None:
    one, two, three = (Aspect(LAYER, name) for name in ("one", "two", "three"))
    offers = {
        "all": frozenset({one, two, three}),
        "near": frozenset({one}),
        "also": frozenset({two}),
        "less": frozenset({two, three}),
    }
    costs = dict.fromkeys(offers, 1)
    assert cover(offers, costs) == {"all": (one, three, two)}
    assert cover_near_first(offers, costs, {"all", "less"}) == {
        "near": (one,),
        "also": (two,),
        "all": (three,),
    }


@given(catalogs)
def test_the_choice_is_the_same_each_time_and_in_the_catalog_s_order(
    images: dict[str, list[str]],
) -> None:
    one, other = sample(catalog(images)), sample(catalog(images))
    assert list(one.images.items()) == list(other.images.items())
    assert list(one.images) == [name for name in images if name in one.images]


@given(catalogs, st.randoms(use_true_random=False))
def test_the_order_of_an_image_s_cells_does_not_matter(
    images: dict[str, list[str]], rng: random.Random
) -> None:
    mixed = {name: rng.sample(names, len(names)) for name, names in images.items()}
    assert sample(catalog(images)) == sample(catalog(mixed))


def test_a_larger_image_stands_for_smaller_ones() -> None:
    graph = catalog({"python": ["base", "python"], "lab": ["base", "python", "lab"]})
    chosen = sample(graph)
    assert list(chosen.images) == ["lab"]
    assert chosen.covered == {"python": frozenset({"lab"})}


def test_each_version_of_a_layer_is_in_it() -> None:
    graph = catalog({"old": ["base", "python@1"], "new": ["base", "python@2"]})
    assert list(sample(graph).images) == ["old", "new"]
    assert sample(graph).count(VERSION) == (2, 2)


def test_each_kind_of_artifact_is_in_it() -> None:
    layers = {
        "tools": Layer(description="tools", apt=("git",)),
        "pages": Layer(description="pages", npm={"http-server": "14"}),
    }
    chosen = sample(catalog({"a": ["tools"], "b": ["pages"]}, layers))
    assert {aspect for aspect in chosen.shown if aspect.kind == ARTIFACT} == {
        Aspect(ARTIFACT, "apt"),
        Aspect(ARTIFACT, "npm"),
    }


def test_a_heavy_layer_is_left_out_with_what_only_it_shows() -> None:
    images = {"light": ["base", "lab"], "gpu": ["base", "torch", "lab"], "extra": ["base", "extra"]}
    chosen = sample(catalog(images, {"torch": HEAVY}))
    assert list(chosen.images) == ["light", "extra"]
    assert chosen.heavy == {"gpu": ("torch",)}
    assert chosen.missed == {
        Aspect(LAYER, "torch"),
        Aspect(PAIR, "base + torch"),
        Aspect(PAIR, "lab + torch"),
    }
    assert chosen.count(LAYER) == (3, 4)


def test_a_catalog_without_images_has_an_empty_sample() -> None:
    assert not sample(catalog({})).images


def test_of_equal_offers_the_cheaper_is_chosen_then_the_first() -> None:
    aspect = Aspect(LAYER, "a")
    offers = {"dear": {aspect}, "cheap": {aspect}, "later": {aspect}}
    assert cover(offers, {"dear": 3, "cheap": 1, "later": 1}) == {"cheap": (aspect,)}


def test_a_choice_that_later_ones_make_superfluous_is_dropped() -> None:
    a, b, c, d = (Aspect(LAYER, name) for name in "abcd")
    offers = {"middle": {b, c, d}, "left": {a, b}, "right": {c, d, Aspect(LAYER, "e")}}
    costs = dict.fromkeys(offers, 1)
    assert list(cover(offers, costs)) == ["left", "right"]


def test_thousands_of_images_have_a_small_sample() -> None:
    """Each of forty editors on each of sixty stacks, at two versions: what is shown is shown by
    fewer than a half of them, and no choice is made twice."""
    images = {
        f"{editor}-{stack}-{version}": [
            "base",
            f"editor{editor}@{version}",
            f"stack{stack}@{version}",
        ]
        for editor, stack, version in itertools.product(range(40), range(60), "12")
    }
    chosen = sample(catalog(images))
    assert 40 * 60 <= len(chosen.images) < len(images)
    assert chosen.count(PAIR) == (40 * 60 + 40 + 60, 40 * 60 + 40 + 60)
