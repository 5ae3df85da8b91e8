"""Which packages share a chunk: what is decided stays, and costs least where it is decided anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import InputError
from builder.lock import chunks
from builder.lock.decode import decode
from builder.lock.encode import encode
from builder.lock.merge import merge
from builder.lock.model import NAME, Artifact, Lock, Slice

MIB = 1 << 20
NAMES = st.sampled_from("abcdefg")
SIZES = st.dictionaries(NAMES, st.integers(1, 60), min_size=1)
GROUPING = st.dictionaries(NAMES, st.integers(1, 4))


def artifact(name: str, kind: str = "deb", size: int = MIB, source: str = "") -> Artifact:
    locator = f"pool/main/{name[0]}/{source or name}/{name}_1.deb" if kind == "deb" else name
    return Artifact(
        id=f"{kind}:{name}=1",
        kind=kind,
        name=name,
        version="1",
        origin="debian",
        locator=locator,
        digest="sha256:" + "0" * 64,
        size=size,
    )


def lock(held: Mapping[str, list[Artifact]], **grouping: Mapping[str, int]) -> Lock:
    """A lock of these cells."""
    every = chain.from_iterable(held.values())
    return Lock(
        moment="2026-01-01T00:00:00Z",
        artifacts={one.id: one for one in every},
        cells={
            cell: Slice(asks="0", artifacts=tuple(sorted(one.id for one in artifacts)))
            for cell, artifacts in held.items()
        },
        chunks=grouping,
    )


def cost(grouping: Mapping[str, int], sizes: Mapping[str, int]) -> int:
    """What all ship if each moves once."""
    pairs = product(sizes, repeat=2)
    return sum(sizes[other] for one, other in pairs if grouping[one] == grouping[other])


@given(SIZES, st.integers(1, 4))
def test_no_other_grouping_costs_less(sizes: dict[str, int], number: int) -> None:
    best = cost(chunks.divided(sizes, number), sizes)
    every = product(range(min(number, len(sizes))), repeat=len(sizes))
    assert best == min(cost(dict(zip(sizes, one, strict=True)), sizes) for one in every)
    steps = chunks.costs({name: size * 16 * MIB for name, size in sizes.items()})
    if number <= len(steps):
        assert steps[number - 1] == best * 16 * MIB


@given(SIZES, GROUPING)
def test_what_is_decided_stays_whatever_comes_grows_or_goes(
    sizes: dict[str, int], before: dict[str, int]
) -> None:
    now = chunks.kept(before, sizes)
    assert {name: now[name] for name in now.keys() & before.keys()} == {
        name: number for name, number in before.items() if name in sizes
    }
    assert now.keys() == (sizes.keys() if before else set())
    assert set(now.values()) <= set(before.values())
    assert chunks.kept(now, sizes) == now


def test_a_new_package_joins_where_it_costs_least() -> None:
    before = {"large": 1, "small": 2, "tiny": 2}
    sizes = {"large": 100, "small": 2, "tiny": 1}
    assert chunks.kept(before, {**sizes, "new": 1})["new"] == 2
    assert chunks.kept(before, {**sizes, "new": 500})["new"] == 1
    renamed = chunks.kept(before, {"renamed": 100, "small": 2, "tiny": 1})
    assert renamed == {"renamed": 1, "small": 2, "tiny": 2}, "where its predecessor was"


def test_a_small_delta_stays_whole_and_a_large_one_has_no_more_chunks_than_help() -> None:
    assert len(chunks.costs({"a": 8 * MIB, "b": 7 * MIB})) == 1
    assert len(chunks.costs({"a": 900 * MIB})) == 1
    assert len(chunks.costs({"a": 300 * MIB, "b": 20 * MIB, "c": 1000, "d": 900})) == 3
    assert len(chunks.costs({str(n): (n + 1) * MIB for n in range(100)})) == chunks.MOST


def test_thousands_of_packages_are_divided() -> None:
    sizes = {str(number): number * number for number in range(5_000)}
    grouping = chunks.divided(sizes, len(chunks.costs(sizes)))
    assert set(grouping.values()) == set(range(1, chunks.MOST + 1))


def test_layers_give_where_it_costs_least_until_the_budget_holds() -> None:
    told = {"much": [1000.0, 100, 50, 40], "little": [10.0, 5, 4], "whole": [7.0]}
    assert chunks.within(told, {}, [("little", "much", "whole")], 64) == {
        "much": 4,
        "little": 3,
        "whole": 1,
    }
    assert chunks.within(told, {}, [("little", "much", "whole")], 8) == {
        "much": 4,
        "little": 1,
        "whole": 1,
    }
    fixed = {"decided": {"a": 1, "b": 2}}
    assert chunks.within(told, fixed, [("decided", "much")], 7) == {
        "much": 2,
        "little": 3,
        "whole": 1,
    }
    assert chunks.within(told, {}, [("little", "much")], 2)["much"] == 1, "and no further"


def test_packages_of_one_source_move_together_and_all_of_python_s_are_one_kind() -> None:
    held = [
        artifact("libgcc-s1", source="gcc-14", size=3),
        artifact("cpp-14", source="gcc-14", size=4),
        artifact("numpy", "python"),
        artifact("nvidia", "shared"),
        artifact("py", "build"),
    ]
    known = lock({"base@x": held, "base@y": held[:1]}, base={"deb:gcc-14": 1, "python:numpy": 2})
    assert chunks.weights(known, "base", lambda one: one.size % MIB) == {
        "deb:gcc-14": 7,
        "python:numpy": chunks.UNKNOWN,
        "python:nvidia": chunks.UNKNOWN,
    }
    assert chunks.of_cell(known, "base@x") == {"deb:gcc-14": 1, "python:numpy": 2}
    assert chunks.of_cell(known, "base@y") == {"deb:gcc-14": 1}, "what it holds alone"


HELD = {"base@x": [artifact("a"), artifact("b")], "tools@x": [artifact("c")]}


@pytest.mark.parametrize(
    ("grouping", "why"),
    [
        ({"deb:a": 0}, "the chunk of deb:a is 0, not a whole number from 1 to 12"),
        ({"deb:a": 13}, "the chunk of deb:a is 13"),
        ({"deb:a": "1"}, "the chunk of deb:a is '1'"),
        ({"deb:a": True}, "the chunk of deb:a is True"),
        ({"deb:c": 1}, "deb:c has a chunk, but no artifact of the file is of it"),
        ({"../../etc": 1}, "../../etc has a chunk, but no artifact of the file is of it"),
    ],
)
def test_a_grouping_that_is_none_is_refused_with_its_line(
    grouping: dict[str, int], why: str
) -> None:
    files = encode(lock(HELD, base=grouping))
    with pytest.raises(InputError) as caught:
        decode(files, NAME)
    (problem,) = caught.value.problems
    assert why in problem.message
    assert (problem.file, problem.line) == (f"{NAME}/layers/base.json", 7)


def test_a_grouping_of_another_form_is_refused() -> None:
    files = encode(lock(HELD, base={"deb:a": 1}))
    text = files["layers/base.json"].replace('"chunks": {\n"deb:a": 1\n}', '"chunks": [1]')
    with pytest.raises(InputError, match="expected an object, found list"):
        decode({**files, "layers/base.json": text}, NAME)


GROUPINGS = st.dictionaries(
    st.sampled_from(["base", "tools"]),
    st.dictionaries(st.sampled_from(["deb:a", "deb:b", "deb:c", "deb:gone"]), st.integers(1, 3)),
)


@given(GROUPINGS, GROUPINGS, GROUPINGS)
def test_branches_unite_in_either_order_and_the_result_is_a_sound_lock(
    base: dict[str, dict[str, int]],
    one: dict[str, dict[str, int]],
    other: dict[str, dict[str, int]],
) -> None:
    whole = lock(HELD)
    root, ours, theirs = (
        replace(whole, chunks=chunks.present(whole, side)) for side in (base, one, other)
    )
    merged = merge(root, ours, theirs)
    assert merged.chunks == merge(root, theirs, ours).chunks
    assert decode(encode(merged), NAME).chunks == merged.chunks
    assert merge(root, root, ours).chunks == ours.chunks


def test_what_one_branch_decided_anew_is_kept() -> None:
    before = lock(HELD, base={"deb:a": 1, "deb:b": 2})
    anew = replace(before, chunks={"base": {"deb:a": 2, "deb:b": 1}})
    assert merge(before, before, anew).chunks == anew.chunks
    whole = replace(before, chunks={"base": {}})
    assert merge(before, whole, before).chunks == {"base": {}}
