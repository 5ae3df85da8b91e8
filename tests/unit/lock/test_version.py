"""Which version is newer, as each kind orders its versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.version import debian_key, newest, r_key

DEBIAN = st.from_regex(r"\A([0-9]:)?[0-9][0-9a-z.+~]{0,6}(-[0-9a-z.+~]{1,4})?\Z")


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0", "1.1"),
        ("1.9", "1.10"),
        ("1.0~rc1", "1.0"),
        ("1.0~rc1", "1.0~rc2"),
        ("1.0", "1.0a"),
        ("1.0a", "1.0+b1"),
        ("9.9", "1:0.1"),
        ("1.0-1", "1.0-1+b2"),
        ("1.0-1~bpo1", "1.0-1"),
        ("2.12.7+dfsg-1", "2.12.7+dfsg+really2.9.14-2"),
        ("1.0-9", "1.0-10"),
        ("1.0", "1.0-1"),
        ("278-1", "278-1+deb13u1"),
    ],
)
def test_debian_versions_are_ordered_as_dpkg_does(older: str, newer: str) -> None:
    assert debian_key(older) < debian_key(newer)
    assert newest("deb", [newer, older]) == newest("deb", [older, newer]) == newer


@given(DEBIAN, DEBIAN)
def test_any_two_debian_versions_can_be_compared(one: str, other: str) -> None:
    assert (debian_key(one) < debian_key(other)) or (debian_key(other) <= debian_key(one))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0", "1.1"),
        ("1.9", "1.10"),
        ("1.0", "1.0.0"),
        ("1.0", "1.0-1"),
        ("0.8-88", "0.8.89"),
        ("7.3-9", "7.3-10"),
        ("1.2", "1.2.0.9000"),
        ("3", "3.0"),
    ],
)
def test_versions_of_r_packages_are_ordered_as_r_does(older: str, newer: str) -> None:
    assert r_key(older) < r_key(newer)
    assert newest("r", [newer, older]) == newest("r", [older, newer]) == newer


def test_how_the_numbers_of_an_r_package_are_separated_is_no_difference() -> None:
    assert r_key("0.8-88") == r_key("0.8.88") == r_key("0.08.88")


def test_other_versions_are_ordered_as_people_do() -> None:
    assert newest("python", ["1.10", "1.9", "2.0rc1"]) == "2.0rc1"
    assert newest("npm", ["1.2.3", "1.10.0"]) == "1.10.0"
    assert newest("archive", ["v2-final", "v10-final"]) == "v10-final"
