"""How far versions of each kind move, and the requirements that keep them within a bound."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from builder.lock.bound import (
    Reach,
    Stayed,
    go_query,
    npm_range,
    reach,
    requirement,
    series,
    series_name,
)

PATCH, MINOR, MAJOR = Reach
NUMBER = st.integers(min_value=0, max_value=30)
NUMBERS = st.tuples(NUMBER, NUMBER, NUMBER)
KINDS = ["python", "shared", "wheel", "sdist", "npm", "go", "maven", "deb", "build", "source"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("python", "2.4.1", "2.4.9", PATCH),
        ("python", "2.4", "2.4.0.post1", PATCH),
        ("python", "2.4.1", "2.5.0", MINOR),
        ("python", "2.4.1", "3.0", MAJOR),
        ("python", "2.4.1", "1!2.4.1", MAJOR),
        ("python", "1.0rc1", "1.0", PATCH),
        ("python", "2.8.0+cpu", "2.8.1+cpu", PATCH),
        ("shared", "12.9.79", "13.0.48", MAJOR),
        ("wheel", "22.1.0", "22.2.0", MINOR),
        ("sdist", "1.0", "1.1", MINOR),
        ("python", "not a version", "not a version", PATCH),
        ("python", "not a version", "1.0", MAJOR),
        ("npm", "1.2.3", "1.2.10", PATCH),
        ("npm", "1.2.3", "1.10.0", MINOR),
        ("npm", "0.2.3", "0.3.0", MINOR),
        ("npm", "1.2.3", "2.0.0-rc.1", MAJOR),
        ("go", "v1.2.3", "v1.2.4", PATCH),
        ("go", "v0.9.0", "v1.0.0", MAJOR),
        ("go", "v0.0.0-20250101000000-0123456789ab", "v0.0.0-20260101000000-ba9876543210", PATCH),
        ("go", "v0.0.1-go1.24.3.linux-amd64", "v0.0.1-go1.24.9.linux-amd64", PATCH),
        ("go", "v0.0.1-go1.24.3.linux-amd64", "v0.0.1-go1.25.0.linux-amd64", MINOR),
        ("maven", "3.4.1", "3.4.2", PATCH),
        ("maven", "33.4.0-jre", "33.5.0-jre", MINOR),
        ("maven", "2.13", "2.13.1", PATCH),
        ("maven", "r239", "r240", MAJOR),
        ("maven", "4.1.100.Final", "4.1.118.Final", PATCH),
        ("deb", "3.5.1-1", "3.5.1-1+deb13u1", PATCH),
        ("deb", "17.5-1", "17.6-0+deb13u1", MINOR),
        ("deb", "1:9.6p1-3", "1:9.6p1-4", PATCH),
        ("deb", "9.6p1-3", "1:9.6p1-3", MAJOR),
        ("deb", "128.14.0esr-1~deb13u1", "140.3.0esr-1~deb13u1", MAJOR),
        ("deb", "2025a-1", "2025b-4+deb13u1", PATCH),
        ("build", "14.2.0-19", "14.3.0-1", MINOR),
        ("source", "4.5.0-3", "4.5.1-1", PATCH),
    ],
)
def test_how_far_a_version_moves(kind: str, old: str, new: str, expected: Reach) -> None:
    assert reach(kind, old, new) is expected
    assert reach(kind, new, old) is expected, "there and back are as far"


@given(st.sampled_from(KINDS), NUMBERS, NUMBERS)
def test_a_move_is_as_far_as_the_first_number_that_changes(
    kind: str, old: tuple[int, int, int], new: tuple[int, int, int]
) -> None:
    before, after = (".".join(map(str, numbers)) for numbers in (old, new))
    expected = PATCH if old[:2] == new[:2] else MINOR if old[0] == new[0] else MAJOR
    assert reach(kind, before, after) is expected


@given(st.sampled_from(KINDS), st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_two_moves_go_no_further_than_the_longer_of_them(
    kind: str, one: str, two: str, three: str
) -> None:
    assert reach(kind, one, one) is PATCH
    assert reach(kind, one, three) <= max(reach(kind, one, two), reach(kind, two, three))


VERSIONS = st.builds(
    lambda epoch, numbers, end: f"{epoch}{'.'.join(map(str, numbers))}{end}",
    st.sampled_from(["", "", "1!"]),
    st.lists(NUMBER, min_size=1, max_size=4),
    st.sampled_from(["", ".post1", "rc1", "+local"]),
)


@given(VERSIONS, VERSIONS, st.sampled_from([PATCH, MINOR]))
def test_a_requirement_admits_what_is_within_the_bound(old: str, new: str, within: Reach) -> None:
    wanted = Requirement(requirement("some", old, within))
    admitted = wanted.specifier.contains(Version(new), prereleases=True)
    assert admitted == (reach("python", old, new) <= within)


@given(NUMBERS, NUMBERS, st.sampled_from([PATCH, MINOR]))
def test_a_range_of_npm_admits_what_is_within_the_bound(
    old: tuple[int, int, int], new: tuple[int, int, int], within: Reach
) -> None:
    before, after = (".".join(map(str, numbers)) for numbers in (old, new))
    pattern = re.escape(npm_range(before, within)).replace("x", r"[0-9.]+")
    assert bool(re.fullmatch(pattern, after)) == (reach("npm", before, after) <= within)


def test_ranges_and_queries_are_written_as_their_clients_read_them() -> None:
    assert requirement("numpy", "2.4.1", PATCH) == "numpy==2.4.*"
    assert requirement("numpy", "1!2.4.1", MINOR) == "numpy==1!2.*"
    assert requirement("odd", "of-old", PATCH) == "odd===of-old"
    assert npm_range("4.17.21", PATCH) == "4.17.x"
    assert npm_range("5.0.0-rc.1", MINOR) == "5.x || 5.0.0-rc.1"
    assert npm_range("1.0.0+build-5", MINOR) == "1.x"
    assert go_query("v1.2.3", PATCH) == "v1.2"
    assert go_query("v1.2.3", MINOR) == "v1"


def test_what_stays_is_told_with_the_versions_that_are_kept() -> None:
    stayed = Stayed("python", "numpy", "2.4.1", "2.5.0")
    assert stayed.told(PATCH) == "numpy 2.5.0 is there; --within patch keeps 2.4.x (python)"
    fixed = Stayed("deb", "firefox-esr", "128.14.0esr-1", "140.3.0esr-1", security=True)
    assert "140.3.0esr-1 is in the security archive; --within minor keeps 128.x" in fixed.told(
        MINOR
    )
    assert series_name("deb", "1:9.6p1-3", MINOR) == "1:9.x"
    assert series_name("maven", "r239", PATCH) == "r239"
    assert series("deb", "r1-2") == (0, "r1", 0)
