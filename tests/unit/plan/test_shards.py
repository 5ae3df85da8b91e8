"""Work is shared out so that everything is done once, and the last machine ends early."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph, ImagePoint
from builder.plan.shards import TESTS, Shards, shards


def graph(images: Mapping[str, tuple[str, ...]]) -> Graph:
    names = dict.fromkeys(chain.from_iterable(images.values()))
    cells = {
        name: Cell(
            id=name, name=name, point={}, layer=Layer(description=name), parents=(), ancestors=()
        )
        for name in names
    }
    points = {
        name: ImagePoint(id=name, name=name, tag="", point={}, cells=held)
        for name, held in images.items()
    }
    return Graph(cells=cells, images=points)


def shared(
    images: Mapping[str, tuple[str, ...]], seconds: Mapping[str, float], count: int
) -> Shards:
    return shards(graph(images), list(images), seconds, count)


def test_what_two_need_is_built_before_and_long_ones_part() -> None:
    images = {"a:1": ("base", "a"), "b:1": ("base", "b"), "c:1": ("base", "c")}
    made = shared(images, {"base": 60, "a": 600, "b": 300, "c": 300}, 2)
    assert (made.first, made.seconds) == (("base",), 60)
    assert [shard.images for shard in made.shards] == [("b:1", "c:1"), ("a:1",)]
    assert [shard.seconds for shard in made.shards] == [600 + 2 * TESTS, 600 + TESTS]


def test_what_is_there_takes_no_time_and_is_not_built_before() -> None:
    images = {"a:1": ("base", "a"), "b:1": ("base", "b")}
    made = shared(images, {"a": 600}, 2)
    assert made.first == ()
    assert [shard.images for shard in made.shards] == [("a:1",), ("b:1",)]


def test_images_that_share_their_cells_stay_together() -> None:
    images = {"a:1": ("x",), "a:2": ("x", "little"), "b:1": ("y",)}
    made = shared(images, {"x": 900, "y": 800, "little": 1}, 2)
    assert made.first == ()
    assert [shard.images for shard in made.shards] == [("a:2", "a:1"), ("b:1",)]


def test_one_machine_does_all() -> None:
    made = shared({"a:1": ("x",), "b:1": ("x",)}, {"x": 1}, 1)
    assert made.first == ()
    assert len(made.shards) == 1


@given(
    st.dictionaries(
        st.sampled_from([f"i{number}:1" for number in range(12)]),
        st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True).map(tuple),
    ),
    st.integers(1, 5),
)
def test_each_image_is_in_one_shard_and_each_cell_is_built_once(
    images: dict[str, tuple[str, ...]], count: int
) -> None:
    seconds = {name: 10.0 * (1 + ord(name) % 5) for name in "abcdefgh"}
    made = shared(images, seconds, count)
    named = list(chain.from_iterable(shard.images for shard in made.shards))
    assert sorted(named) == sorted(images)
    built = list(made.first)
    for shard in made.shards:
        cells = set(chain.from_iterable(images[name] for name in shard.images))
        built += cells - set(made.first)
    assert sorted(built) == sorted(set(chain.from_iterable(images.values())))
    whole = sum(seconds[cell] for cell in set(built)) + TESTS * len(images)
    total = made.seconds + sum(shard.seconds for shard in made.shards)
    assert abs(whole - total) < 1e-6
