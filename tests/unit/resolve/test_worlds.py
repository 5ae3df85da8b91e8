"""Layers that never meet need not agree; what they share is one and the same for all."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.resolve.meeting import images_of, meetings
from builder.resolve.worlds import ApartError, Versions, World, agree, divide
from tests.unit.resolve.test_resolve import cell, graph_of

PACKAGES = ("a", "b")
VERSIONS = ("1", "2", "3")
Allowed = Mapping[str, Mapping[str, Collection[str]]]
"""Cell -> package -> the versions that it takes."""


class Solver:
    """A resolver that knows the answer: every package in three versions, the newest preferred."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed

    def solve(self, world: World, limits: Versions) -> Versions | None:
        versions = {}
        for package in PACKAGES:
            fitting = {one for one in VERSIONS if one <= limits.get(package, one)}
            wanting = [
                self.allowed[name][package] for name in world if package in self.allowed[name]
            ]
            for some in wanting:
                fitting &= set(some)
            if not fitting:
                return None
            if wanting:
                versions[package] = max(fitting)
        return versions

    def holds(self, name: str, versions: Versions) -> Collection[str]:
        return [package for package in self.allowed[name] if package in versions]


REQUESTS = st.dictionaries(
    st.sampled_from(PACKAGES), st.sets(st.sampled_from(VERSIONS), min_size=1)
)
CATALOGS = st.tuples(
    st.fixed_dictionaries(dict.fromkeys(("base", "p", "q", "r"), REQUESTS)),
    st.sets(st.frozensets(st.sampled_from(["p", "q", "r"]), min_size=1), min_size=1),
)


@given(CATALOGS)
def test_every_image_agrees_and_a_cell_is_the_same_in_all(
    catalog: tuple[Allowed, set[frozenset[str]]],
) -> None:
    allowed, images = catalog
    solver = Solver(allowed)
    sets = [frozenset({"base", *image}) for image in sorted(images, key=sorted)]
    if any(solver.solve(one, {}) is None for one in sets):
        return
    worlds = divide(sets, solver.solve)
    assert all(any(one <= world for world in worlds) for one in sets), "each image is in a world"
    try:
        versions = agree(worlds, solver.solve, solver.holds)
    except ApartError:
        assert not possible(allowed, sets), "there is an answer, and it was not found"
        return
    for world, solution in zip(worlds, versions, strict=True):
        for name in world:
            for package, some in allowed[name].items():
                assert solution[package] in some
    for name in allowed:
        for package in allowed[name]:
            held = {
                one[package] for world, one in zip(worlds, versions, strict=True) if name in world
            }
            assert len(held) <= 1, f"{name} holds {package} in {held}"


def possible(allowed: Allowed, sets: Collection[World]) -> bool:
    """Tell whether any choice of versions for each cell does, by trying them all."""
    for package in PACKAGES:
        names = sorted(name for one in sets for name in one if package in allowed[name])
        names = list(dict.fromkeys(names))
        choices = itertools.product(*(sorted(allowed[name][package]) for name in names))
        if not any(_agrees(dict(zip(names, one, strict=True)), sets) for one in choices):
            return False
    return True


def _agrees(chosen: Mapping[str, str], sets: Collection[World]) -> bool:
    return all(len({chosen[name] for name in one if name in chosen}) <= 1 for one in sets)


def test_layers_that_can_agree_share_a_world() -> None:
    solver = Solver({"base": {}, "p": {"a": {"1"}}, "q": {"a": {"2"}}, "r": {"b": {"1"}}})
    sets = [frozenset({"base", name}) for name in ("p", "q", "r")]
    assert divide(sets, solver.solve) == [frozenset({"base", "p", "r"}), frozenset({"base", "q"})]


def test_what_a_shared_cell_holds_is_the_version_that_serves_all() -> None:
    solver = Solver({"base": {"a": VERSIONS, "b": VERSIONS}, "p": {"a": {"1", "2"}}, "q": {}})
    worlds = [frozenset({"base", "p"}), frozenset({"base", "q"})]
    first, second = agree(worlds, solver.solve, solver.holds)
    assert first == {"a": "2", "b": "3"} == second


def test_the_highest_version_that_all_worlds_take_is_found() -> None:
    solver = Solver({"base": {"a": VERSIONS}, "p": {"a": {"1", "3"}}, "q": {"a": {"1", "2"}}})
    worlds = [frozenset({"base", "p"}), frozenset({"base", "q"})]
    assert agree(worlds, solver.solve, solver.holds) == [{"a": "1"}, {"a": "1"}]


def test_a_shared_cell_that_no_version_serves_is_told() -> None:
    solver = Solver({"base": {"a": VERSIONS}, "p": {"a": {"1"}}, "q": {"a": {"2"}}})
    worlds = [frozenset({"base", "p"}), frozenset({"base", "q"})]
    with pytest.raises(ApartError) as caught:
        agree(worlds, solver.solve, solver.holds)
    assert (caught.value.package, caught.value.cells) == ("a", ("base",))


def test_versions_that_no_limit_parts_are_told() -> None:
    def solve(world: World, limits: Versions) -> Versions:
        del limits  # 2+cpu is not above 2.
        return {"a": "2+cpu" if "p" in world else "2"}

    worlds = [frozenset({"base", "p"}), frozenset({"base", "q"})]
    with pytest.raises(ApartError):
        agree(worlds, solve, lambda _cell, _versions: ["a"])


def test_only_the_largest_sets_that_meet_count() -> None:
    cells = [cell("base"), cell("left", "base"), cell("right", "base"), cell("alone", "base")]
    known = graph_of(cells, one=("base",), two=("base", "left"), three=("base", "right"))
    names = [one.id for one in cells]
    assert meetings(known, names) == [
        frozenset({"alone", "base"}),
        frozenset({"base", "left"}),
        frozenset({"base", "right"}),
    ], "a cell that is in no image still has to be built"
    assert meetings(known, ["left", "right"]) == [frozenset({"left"}), frozenset({"right"})]
    assert images_of(known, {"base"}) == ["one", "two", "three"]
    assert images_of(known, {"left", "right"}) == []
