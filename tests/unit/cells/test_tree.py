"""Putting trees together, and comparing them."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.cells.tree import agree, diff_filesystems, held_twice, merged
from builder.debian.model import Facts
from builder.errors import ConflictError
from builder.oci.model import EPOCH, FILE, HARDLINK, WHITEOUT, Entry
from tests.unit.oci.made import directory_entry, facts, file_entry, symlink_entry

PATHS = st.sampled_from(["etc", "etc/a", "etc/b", "usr", "usr/bin", "usr/bin/c"])
ENTRIES = st.sampled_from(
    [
        directory_entry(),
        directory_entry(0o700),
        file_entry("1"),
        file_entry("2"),
        symlink_entry("x"),
    ]
)
CELLS = st.lists(st.dictionaries(PATHS, ENTRIES), max_size=4).map(
    lambda found: [facts(str(i), entries) for i, entries in enumerate(found)]
)


def union(cells: list[Facts]) -> dict[str, Entry] | None:
    try:
        return dict(sorted(merged(cells).items()))
    except ConflictError:
        return None


@given(CELLS, st.randoms(use_true_random=False))
def test_order_does_not_matter(cells: list[Facts], order: random.Random) -> None:
    shuffled = list(cells)
    order.shuffle(shuffled)
    assert union(cells) == union(shuffled)


@given(CELLS)
def test_layers_agree_or_are_named(cells: list[Facts]) -> None:
    disagree = {
        p
        for one in cells
        for two in cells
        for p in one.entries.keys() & two.entries.keys()
        if one.entries[p] != two.entries[p]
    }
    if not disagree:
        assert merged(cells) == {
            path: entry for cell in cells for path, entry in cell.entries.items()
        }
        return
    with pytest.raises(ConflictError) as caught:
        merged(cells)
    assert {
        line.partition(":")[0].removeprefix("/") for line in caught.value.message.splitlines()
    } == disagree


def test_two_layers_that_disagree_are_named_with_the_package() -> None:
    one, two = (
        facts("left", {"usr/bin/x": file_entry("1")}),
        facts("right", {"usr/bin/x": file_entry("2")}),
    )
    with pytest.raises(ConflictError) as caught:
        merged([facts("base"), replace(one, owners={"usr/bin/x": "coreutils"}), two])
    assert (
        caught.value.message
        == "/usr/bin/x: right disagrees (different bytes) with left, of Debian package coreutils"
    )


HELD = file_entry("text")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (HELD, True),
        (HELD._replace(type=HARDLINK, link="somewhere"), True),
        (HELD._replace(mtime=EPOCH + 1), False),
        (HELD._replace(xattrs=(("security.capability", "AQ=="),)), False),
        (HELD._replace(mode=0o755), False),
        (HELD._replace(uid=1), False),
        (symlink_entry("x"), False),
    ],
)
def test_when_entries_agree(other: Entry, *, same: bool) -> None:
    assert agree(HELD, other) == agree(other, HELD) == same


def test_the_time_of_a_directory_says_nothing() -> None:
    assert agree(directory_entry(), directory_entry()._replace(mtime=1))


def test_a_replaced_path_wins_over_what_it_replaced_and_nothing_else() -> None:
    old, new, third = file_entry("old"), file_entry("new"), file_entry("third")
    below, above = (
        facts("below", {"etc/x": old}),
        replace(facts("above", {"etc/x": new}), replaces={"etc/x": old}, on=("below",)),
    )
    assert merged([below, above])["etc/x"] == merged([above, below])["etc/x"] == new
    with pytest.raises(ConflictError, match="/etc/x"):
        merged([below, above, facts("aside", {"etc/x": third})])


def test_a_layer_replaces_only_what_it_stands_on() -> None:
    """Beside any other layer with the file, which of the two lies on top would decide."""
    old, new = file_entry("old"), file_entry("new")
    above = replace(facts("above", {"x": new}), replaces={"x": old}, on=("below",))
    layers = [facts("below", {"x": old}), above, facts("aside", {"x": old})]
    for order in permutations(layers):
        with pytest.raises(ConflictError, match="/x"):
            merged(order)


def test_a_chain_of_replacements_ends_at_the_last_whatever_the_order() -> None:
    one, two, three = file_entry("1"), file_entry("2"), file_entry("3")
    layers = [
        facts("a", {"x": one}),
        replace(facts("b", {"x": two}), replaces={"x": one}, on=("a",)),
        replace(facts("c", {"x": three}), replaces={"x": two}, on=("a", "b")),
    ]
    for order in permutations(layers):
        assert merged(order)["x"] == three


WHITE = Entry(WHITEOUT, 0, 0, 0, EPOCH)


def deleting(path: str, *, below: Facts) -> Facts:
    gone = {p: e for p, e in below.entries.items() if p == path or p.startswith(f"{path}/")}
    return replace(facts("deleting", {path: WHITE}), replaces=gone, on=(below.cell,))


def test_a_deleted_file_is_gone_whatever_the_order() -> None:
    below = facts("below", {"x": file_entry("x"), "y": file_entry("y")})
    for order in permutations([below, deleting("x", below=below), facts("aside", {})]):
        assert merged(order).keys() == {"y"}


def test_a_deleted_directory_is_gone_with_all_in_it() -> None:
    entries = {"d": directory_entry(), "d/x": file_entry("x"), "e": file_entry("e")}
    below = facts("below", entries)
    for order in permutations([below, deleting("d", below=below)]):
        assert merged(order).keys() == {"e"}


def test_no_layer_may_write_where_another_deletes() -> None:
    below = facts("below", {"d": directory_entry(), "d/x": file_entry("x")})
    aside = facts("aside", {"d": directory_entry(), "d/new": file_entry("new")})
    for order in permutations([below, deleting("d", below=below), aside]):
        with pytest.raises(ConflictError) as caught:
            merged(order)
        assert "/d/new: deleting deletes its directory, a path of aside" in caught.value.message


def test_no_layer_may_hold_what_another_deletes() -> None:
    below = facts("below", {"x": file_entry("x")})
    aside = facts("aside", {"x": file_entry("x")})
    for order in permutations([below, deleting("x", below=below), aside]):
        with pytest.raises(ConflictError, match="/x"):
            merged(order)


def test_bytes_held_twice_are_counted_by_pair() -> None:
    big, small = file_entry("x" * 1000), file_entry("y")
    one, two, three = (
        facts("a", {"p": big, "q": small, "d": directory_entry()}),
        facts("b", {"p": big, "d": directory_entry()}),
        facts("c", {"q": small}),
    )
    assert held_twice([one, two, three]) == {("a", "b"): 1000, ("a", "c"): 1}


def test_a_hard_link_is_not_counted_as_bytes() -> None:
    entries = {"p": file_entry("xx"), "q": file_entry("xx")._replace(type=HARDLINK, link="p")}
    assert held_twice([facts("a", entries), facts("b", entries)]) == {("a", "b"): 2}


def test_filesystems_are_compared_path_by_path() -> None:
    one = {"a": file_entry("1"), "b": file_entry("1"), "c": symlink_entry("x"), "t": HELD}
    other = {
        "b": file_entry("2"),
        "c": symlink_entry("x"),
        "d": directory_entry(),
        "t": HELD._replace(mtime=1),
    }
    assert [str(found) for found in diff_filesystems(one, other)] == [
        "/a: file 0644 0:0 1 B 6b86b273ff34 | absent",
        "/b: file 0644 0:0 1 B 6b86b273ff34 | file 0644 0:0 1 B d4735e3a265e",
        "/d: absent | directory 0755 0:0",
    ]
    assert [found.path for found in diff_filesystems(one, other, times=True)] == [
        "a",
        "b",
        "d",
        "t",
    ]


def test_a_file_and_a_link_to_the_same_bytes_are_one() -> None:
    assert not diff_filesystems({"a": HELD}, {"a": HELD._replace(type=HARDLINK, link="b")})
    assert HELD.type == FILE
