"""The chunks of a whole lock: made once, told, kept; within a budget of layers per image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.errors import InputError
from builder.events import Note
from builder.fetch.transfer import place
from builder.graph.model import Graph
from builder.lock import chunks
from builder.lock.model import Artifact, Lock
from builder.resolve.chunks import over, undecided, with_chunks
from builder.settings import Settings, read
from tests.unit.resolve.test_resolve import cell, graph_of
from tests.unit.resolve.test_resolve import lock as lock_of

MIB = 1 << 20


def package(name: str, size: int = 20 * MIB) -> Artifact:
    return Artifact(
        id=f"python:{name}=1",
        kind="python",
        name=name,
        version="1",
        origin="pypi",
        locator=f"{name}.whl",
        digest="sha256:" + name.encode().hex().ljust(64, "0"),
        size=size,
    )


LARGE = [package("large", 900 * MIB), package("middle"), package("small", MIB)]
GRAPH = graph_of([cell("base"), cell("top")], both=("base", "top"), one=("base",))


def settings(home: Path) -> Settings:
    return read(home, {"HOME": str(home)})


def divided(
    lock: Lock,
    previous: Lock | None,
    home: Path,
    *rebalance: str,
    budget: int = 64,
    graph: Graph = GRAPH,
) -> tuple[Lock, list[str]]:
    """Return the lock with its chunks, and what was told."""
    told: list[str] = []

    def monitor(event: object) -> None:
        assert isinstance(event, Note)
        told.append(event.text)

    made = with_chunks(
        graph, lock, previous, settings(home), monitor, budget=budget, rebalance=rebalance
    )
    return made, told


def test_what_is_new_to_a_lock_without_chunks_is_divided_alone(tmp_path: Path) -> None:
    before = lock_of(base=LARGE)
    now = lock_of(base=LARGE, top=[package("large-too", 200 * MIB), package("two", 90 * MIB)])
    made, _ = divided(now, before, tmp_path)
    assert made.chunks == {"top": {"python:two": 1, "python:large-too": 2}}


def test_a_lock_without_a_grouping_gets_one_where_that_is_asked_for(tmp_path: Path) -> None:
    lock = lock_of(base=LARGE, top=[package("tiny", 1)])
    sentence = "the lock does not say which packages share a chunk, of base, top"
    assert list(undecided(GRAPH, lock)) == [sentence]
    whole, told = divided(lock, lock, tmp_path)
    assert whole.chunks == {}, "nobody's cells are built again for a layer that somebody adds"
    (sentence,) = told
    assert sentence.startswith("2 layers of an older lock stay whole; `catalog lock --rebalance`")
    made, told = divided(lock, whole, tmp_path, "*")
    grouping = {"python:small": 1, "python:middle": 2, "python:large": 3}
    assert made.chunks == {"base": grouping, "top": {}}, "a small delta stays whole"
    assert not told
    assert not list(undecided(GRAPH, made))
    again, told = divided(lock, made, tmp_path)
    assert again.chunks == made.chunks
    assert not told


def test_a_new_catalog_is_told_nothing(tmp_path: Path) -> None:
    made, told = divided(lock_of(base=LARGE, top=[]), None, tmp_path)
    assert made.chunks["base"]
    assert not told


def test_what_is_decided_stays_until_it_is_asked_for_anew(tmp_path: Path) -> None:
    before, _ = divided(lock_of(base=LARGE, top=[]), None, tmp_path)
    grown = [package("large", MIB), package("renamed", 300 * MIB), package("small", 500 * MIB)]
    now = lock_of(base=grown, top=[package("large-too", 200 * MIB), package("two", 90 * MIB)])
    kept, told = divided(now, before, tmp_path)
    assert kept.chunks["base"]["python:large"] == 3
    assert kept.chunks["base"]["python:small"] == 1
    assert kept.chunks["base"].keys() == {"python:large", "python:renamed", "python:small"}
    assert kept.chunks["top"] == {}, "only a command divides what was whole"
    assert not told
    assert next(iter(undecided(GRAPH, replace(now, chunks=before.chunks)))) == (
        "base: the lock has no chunk for python:renamed"
    )
    anew, told = divided(now, before, tmp_path, "t*")
    assert anew.chunks["base"] == kept.chunks["base"]
    assert anew.chunks["top"] == {"python:two": 1, "python:large-too": 2}
    assert not told
    every, _ = divided(now, before, tmp_path, "*")
    assert every.chunks["base"] == {"python:large": 1, "python:renamed": 2, "python:small": 3}


def test_a_layer_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        divided(lock_of(base=LARGE, top=[]), None, tmp_path, "bse")
    (problem,) = caught.value.problems
    assert problem.message == "there is no layer 'bse'"
    assert problem.hint == "did you mean 'base'?"


def test_sizes_come_from_the_cache_where_the_lock_has_none(tmp_path: Path) -> None:
    unknown = [package(name, 0) for name in ("one", "two", *map(str, range(30)))]
    lock = lock_of(base=unknown, top=[])
    made, told = divided(lock, None, tmp_path)
    (sentence,) = told
    assert sentence == (
        "the sizes of 32 packages are not known before they are fetched, so each counts as 1 MiB;"
        " `catalog fetch` and `catalog lock --rebalance` divide them better"
    )
    file = place(unknown[0], settings(tmp_path).cache)
    file.parent.mkdir(parents=True)
    with file.open("wb") as stream:
        stream.truncate(500 * MIB)
    made, told = divided(lock, made, tmp_path, "*")
    assert told[0].startswith("the sizes of 31 packages")
    alone = made.chunks["base"]["python:one"]
    assert list(made.chunks["base"].values()).count(alone) == 1


def test_an_image_with_more_layers_than_its_budget_is_named(tmp_path: Path) -> None:
    lock = lock_of(base=LARGE, top=LARGE)
    made, told = divided(lock, None, tmp_path, budget=7)
    held = sum(len(set(grouping.values())) for grouping in made.chunks.values())
    assert held + 2 + 1 <= 7
    assert not told
    sentence = "both:1 may have 9 layers, and `layer_budget` is 7"
    full, _ = divided(lock, None, tmp_path)
    assert [one.partition(":1 ")[0] for one in over(GRAPH, full, 7)] == ["both"]
    _, told = divided(lock, full, tmp_path, budget=7)
    assert told == [f"{sentence}: run `catalog lock --rebalance`, or raise it"]
    assert divided(lock, full, tmp_path, "*", budget=7)[0].chunks == made.chunks
    assert chunks.of_image([{}, {}]) == 3
