"""The laws that every merger keeps, and what the table does with layers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from builder.debian import mergers, stanzas
from builder.debian.merger import Disagreement, Merger
from builder.errors import ConflictError
from tests.unit.oci.made import facts
from tests.unit.oci.texts import TEXTS

EVERY = pytest.mark.parametrize("merger", mergers.MERGERS, ids=lambda merger: merger.pattern)

MANY_ARE_FILTERED = settings(suppress_health_check=[HealthCheck.filter_too_much])


def union(merger: Merger, *texts: str) -> str | None:
    """The union, or None when there is none."""
    try:
        return merger.merge(texts)
    except Disagreement:
        return None


def test_every_merger_is_tested_with_files_of_its_kind() -> None:
    assert {merger.pattern for merger in mergers.MERGERS} == TEXTS.keys(), (
        "a new merger needs files in texts.py"
    )


@EVERY
@MANY_ARE_FILTERED
@given(data=st.data())
def test_order_and_repetition_do_not_matter(merger: Merger, data: st.DataObject) -> None:
    one, two, three = (data.draw(TEXTS[merger.pattern]) for _ in range(3))
    assert union(merger, one, two) == union(merger, two, one), "commutative"
    assert union(merger, one, one) == union(merger, one), "idempotent"
    left, right = union(merger, one, two), union(merger, two, three)
    whole = union(merger, one, two, three)
    assume(left is not None and right is not None)
    assert union(merger, left or "", three) == whole == union(merger, one, right or ""), (
        "associative"
    )


@EVERY
@MANY_ARE_FILTERED
@given(data=st.data())
def test_what_a_build_adds_and_what_was_there_make_what_it_left(
    merger: Merger, data: st.DataObject
) -> None:
    before, more = data.draw(TEXTS[merger.pattern]), data.draw(TEXTS[merger.pattern])
    first = merger.diff("", before) if union(merger, before) is not None else ""
    after = union(merger, first, more)
    assume(after is not None)
    added = merger.diff(before if first else "", after or "")
    assert merger.file([first, added]) == merger.file([merger.diff("", after or "")])


@EVERY
@MANY_ARE_FILTERED
@given(data=st.data())
def test_a_file_that_did_not_change_adds_nothing(merger: Merger, data: st.DataObject) -> None:
    text = data.draw(TEXTS[merger.pattern])
    assert not merger.diff(text, text)


@EVERY
@MANY_ARE_FILTERED
@given(data=st.data())
def test_a_contribution_is_a_file_of_its_kind(merger: Merger, data: st.DataObject) -> None:
    text = data.draw(TEXTS[merger.pattern])
    assert merger.parse(merger.dump(merger.parse(text))) == merger.parse(text)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("var/lib/dpkg/status", "var/lib/dpkg/status"),
        ("var/lib/dpkg/alternatives/editor", "var/lib/dpkg/alternatives/*"),
        ("var/lib/pam/seen", "var/lib/pam/seen"),
        ("var/lib/pam/session", "var/lib/pam/*"),
        (
            "usr/lib/x86_64-linux-gnu/gio/modules/giomodule.cache",
            "usr/lib/*/gio/modules/giomodule.cache",
        ),
        ("var/lib/dpkg/alternatives/a/b", None),
        ("etc/passwd-", None),
        ("usr/bin/editor", None),
    ],
)
def test_who_owns_a_path(path: str, pattern: str | None) -> None:
    found = mergers.merger_of(path)
    assert (found.pattern if found else None) == pattern


def package(name: str, version: str = "1") -> str:
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion:"
        f" {version}\n\n"
    )


def test_two_layers_with_one_package_in_two_versions_are_named() -> None:
    one, two = (
        facts(name, bookkeeping={mergers.STATUS: package("libssl3", version)})
        for name, version in (("left", "1"), ("right", "2"))
    )
    with pytest.raises(
        ConflictError,
        match=r"left and right disagree: libssl3:amd64: 'Version: 1' against 'Version: 2'",
    ):
        mergers.files([one, two])


def test_all_disagreements_are_told_at_once() -> None:
    one = facts(
        "left", bookkeeping={mergers.STATUS: package("a"), "etc/passwd": "x:x:100:1::/:/bin/sh\n"}
    )
    two = facts(
        "right",
        bookkeeping={mergers.STATUS: package("a", "2"), "etc/passwd": "y:x:100:1::/:/bin/sh\n"},
    )
    with pytest.raises(ConflictError) as caught:
        mergers.files([one, two])
    assert len(caught.value.message.splitlines()) == 2
    assert "x and y have the same id 100" in caught.value.message
    assert "`accounts`" in caught.value.hint


def test_a_build_that_upgrades_a_package_from_below_is_refused() -> None:
    with pytest.raises(
        ConflictError, match="top changes what belongs to a layer below it: tzdata:amd64"
    ):
        mergers.contributions(
            "top", {mergers.STATUS: package("tzdata")}, {mergers.STATUS: package("tzdata", "2")}
        )


def test_a_build_that_removes_a_package_from_below_is_refused() -> None:
    before, after = (
        {mergers.STATUS: package("tzdata") + package("nano") + package("vim")},
        {mergers.STATUS: package("vim")},
    )
    with pytest.raises(ConflictError, match="nano:amd64 is removed; tzdata:amd64 is removed"):
        mergers.contributions("top", before, after)
    with pytest.raises(ConflictError, match="it is removed or empty"):
        mergers.contributions("top", before, {mergers.STATUS: ""})


def auto(*names: str) -> str:
    return stanzas.dump_auto({f"{name}:amd64": "1" for name in names})


def test_a_package_that_one_layer_asks_for_is_not_automatic() -> None:
    one = mergers.contributions(
        "left", {}, {mergers.STATUS: package("tool"), mergers.STATES: auto("tool")}
    )
    two = mergers.contributions("right", {}, {mergers.STATUS: package("tool"), mergers.STATES: ""})
    alone, both = (
        [facts("left", bookkeeping=one)],
        [facts("left", bookkeeping=one), facts("right", bookkeeping=two)],
    )
    assert stanzas.auto(mergers.files(alone)[mergers.STATES]) == {"tool:amd64": "1"}
    assert not mergers.files(both)[mergers.STATES]


def test_a_package_for_all_architectures_is_automatic_under_the_native_one() -> None:
    data = package("data").replace("amd64", "all")
    found = mergers.contributions(
        "top", {mergers.STATUS: package("libc6")}, {mergers.STATUS: package("libc6") + data}
    )
    assert stanzas.auto(found[mergers.STATES]) == {"data:amd64": "0"}


def test_asking_for_a_package_from_below_makes_it_manual() -> None:
    below = mergers.contributions(
        "below", {}, {mergers.STATUS: package("tool"), mergers.STATES: auto("tool")}
    )
    before = mergers.files([facts("below", bookkeeping=below)])
    above = mergers.contributions("above", before, {mergers.STATES: ""})
    assert not mergers.files(
        [facts("below", bookkeeping=below), facts("above", bookkeeping=above)]
    )[mergers.STATES]


def test_facts_of_a_merger_that_is_gone_say_so() -> None:
    with pytest.raises(ConflictError, match="old was built with a merger that no longer exists"):
        mergers.files([facts("old", bookkeeping={"etc/nobody": "text"})])
