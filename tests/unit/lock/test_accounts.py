"""Which account has which id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import InputError
from builder.lock.accounts import FIRST, LAST, decide, made_by, united, written
from builder.lock.model import Artifact
from builder.lock.scripts import LEAST_ID, MOST_ID, Made

NAMES = st.text(alphabet="abcdefgh", min_size=1, max_size=3)
ACCOUNTS = st.builds(Made, NAMES, st.one_of(st.just(0), st.just(0), st.integers(LEAST_ID, MOST_ID)))
LOCKS = st.dictionaries(NAMES, st.integers(FIRST, LAST), max_size=8)


def of(*names: str) -> list[Made]:
    return [Made(name) for name in names]


@given(st.dictionaries(NAMES, st.integers(LEAST_ID, MOST_ID)), st.lists(ACCOUNTS, max_size=30))
def test_no_two_accounts_have_one_id(before: dict[str, int], made: list[Made]) -> None:
    ids = decide(before, made).ids
    assert len(set(ids.values())) == len(ids)
    assert all(LEAST_ID <= number <= MOST_ID for number in ids.values())
    own = {(one.name, one.id) for one in made if one.id}
    for name, number in ids.items():
        others = {other for other, fixed in own if fixed == number}
        assert others <= {name} or (name, number) in own, "an id that a maker gives is its own"


@given(LOCKS, st.lists(ACCOUNTS, max_size=30), st.randoms())
def test_order_does_not_matter(before: dict[str, int], made: list[Made], random: object) -> None:
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    turned = dict(reversed(before.items()))
    assert decide(before, made) == decide(turned, shuffled)


@given(st.sets(NAMES, max_size=30), st.sets(NAMES, max_size=30))
def test_an_id_once_given_stays(first: set[str], more: set[str]) -> None:
    before = decide({}, of(*first)).ids
    after = decide(before, of(*first, *more))
    assert before.items() <= after.ids.items()
    assert not after.moved


@given(st.sets(NAMES, max_size=30), st.sets(NAMES, max_size=30))
def test_who_is_made_no_more_leaves(first: set[str], rest: set[str]) -> None:
    assert decide(decide({}, of(*first)).ids, of(*rest)).ids.keys() == rest


@given(LOCKS, LOCKS)
def test_two_branches_unite_in_either_order(one: dict[str, int], other: dict[str, int]) -> None:
    ids = united(one, other)
    assert ids == united(other, one)
    assert len(set(ids.values())) == len(ids)
    assert set(ids.values()) <= {*one.values(), *other.values()}


@given(st.sets(NAMES, max_size=10), st.sets(NAMES, max_size=10), st.sets(NAMES, max_size=10))
def test_uniting_moves_nothing_that_both_have(
    common: set[str], left: set[str], right: set[str]
) -> None:
    base = decide({}, of(*common)).ids
    ours = decide(base, of(*common, *left)).ids
    theirs = decide(base, of(*common, *right)).ids
    together = united(ours, theirs)
    assert base.items() <= together.items()
    after = decide(together, of(*common, *left, *right))
    assert together.items() <= after.ids.items()
    assert after.ids.keys() == common | left | right


def test_the_same_account_on_two_branches_gets_the_same_id() -> None:
    assert decide({}, of("redis", "other")).ids["redis"] == decide({}, of("redis")).ids["redis"]


def test_one_id_for_two_accounts_moves_one_and_says_so() -> None:
    wish = decide({}, of("mosquitto")).ids["mosquitto"]
    decision = decide({"alpha": wish, "mosquitto": wish}, of("alpha", "mosquitto"))
    assert decision.ids["mosquitto"] == wish, "who has the id that it wants keeps it"
    assert decision.ids["alpha"] != wish
    (sentence,) = decision.moved
    assert f"the accounts mosquitto and alpha both had the id {wish}" in sentence
    assert f"alpha now has {decision.ids['alpha']}" in sentence


def test_an_id_that_a_script_gives_is_nobody_elses() -> None:
    wish = decide({}, of("redis")).ids["redis"]
    decision = decide({"redis": wish}, [Made("redis"), Made("own", wish)])
    assert decision.ids["redis"] != wish
    assert "own" not in decision.ids, "it gives the id itself"
    assert decide({}, [Made("redis", 300), Made("redis")]).ids == {"redis": 300}


def test_more_accounts_than_ids_are_refused() -> None:
    many = [f"a{number}" for number in range(LAST - FIRST + 1)]
    assert len(decide({}, of(*many)).ids) == len(many)
    with pytest.raises(InputError, match="there is no id for the account"):
        decide({}, of(*many, "more"))


@given(st.sets(ACCOUNTS))
def test_what_is_known_of_a_package_is_kept_with_it(made: set[Made]) -> None:
    artifact = Artifact("deb:a=1:all", "deb", "a", "1", "debian", "", "", 0, written(made))
    assert made_by(artifact) == frozenset(made)


def test_a_package_that_nobody_looked_into_is_told_from_one_that_makes_none() -> None:
    bare = Artifact("deb:a=1:all", "deb", "a", "1", "debian", "", "", 0)
    assert made_by(bare) is None


def test_all_ids_that_packages_give_to_an_account_are_its_own() -> None:
    """`hb` would prefer the second one."""
    made = [Made("hb"), Made("a", 100), Made("a", 259)]
    assert decide({}, made).ids["hb"] not in {100, 259}
    assert decide({}, [Made("hb")]).ids == {"hb": 259}
