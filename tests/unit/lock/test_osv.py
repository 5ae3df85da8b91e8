"""Whether advisories of OSV affect a version: its ranges, and the order of each ecosystem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.osv import Advisories, Advisory, OsvPackage


def advisory(ecosystem: str, *events: dict[str, str], **more: Any) -> Advisory:
    """Return an advisory on the package `some`; `more` are fields of its `affected`."""
    kind = more.pop("type", "ECOSYSTEM")
    affected = {"package": {"ecosystem": ecosystem, "name": "some"}, **more}
    if events:
        affected["ranges"] = [{"type": kind, "events": list(events)}]
    return Advisory.model_validate({"id": "OSV-1", "affected": [affected]})


def affects(one: Advisory, ecosystem: str, version: str, name: str = "some") -> bool:
    return one.affects([OsvPackage(ecosystem, name, version)])


SINCE, FIXED = {"introduced": "0"}, "fixed"


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "older", "newer"),
    [
        ("Debian:13", "3.5.1-1+deb13u1", "3.5.1-1", "3.5.1-1+deb13u2"),
        ("Debian:13", "1:1.0-1", "9.9-1", "1:1.0-1"),
        ("Debian:13", "2.0-1", "2.0~rc1-1", "2.0-1"),
        ("PyPI", "2.10.0", "2.9.1", "2.10.0"),
        ("PyPI", "2.0", "2.0rc1", "2.0.0"),
        ("PyPI", "2.8.1", "2.8.0+cpu", "2.8.1+cpu"),
        ("npm", "4.17.21", "4.17.9", "4.17.21"),
        ("npm", "5.0.0", "5.0.0-rc.1", "5.0.0"),
        ("Go", "1.25.1", "v1.25.0", "v1.25.1"),
        ("Go", "0.0.0-20250101000000-0123456789ab", "v0.0.0-20240101000000-aa", "v0.1.0"),
        ("Maven", "2.17.1", "2.17.0", "2.17.1"),
        ("Maven", "2.0", "2.0-rc1", "2.0.Final"),
        ("CRAN", "1.10-2", "1.9-9", "1.10-2"),
        ("CRAN", "0.3.1", "0.3-0", "0.3.1"),
    ],
)
def test_what_is_older_than_the_fix_is_affected(
    ecosystem: str, fixed: str, older: str, newer: str
) -> None:
    one = advisory(ecosystem, SINCE, {FIXED: fixed})
    assert affects(one, ecosystem, older)
    assert not affects(one, ecosystem, newer)


@pytest.mark.parametrize(
    ("events", "affected", "free"),
    [
        ([SINCE], "1 9", ""),
        ([{"introduced": "2"}], "2 3", "1"),
        ([{"introduced": "2"}, {"last_affected": "4"}], "2 4", "1 4.1 5"),
        ([{FIXED: "2"}, SINCE], "1", "2"),
        ([SINCE, {FIXED: "2"}, {"introduced": "4"}, {FIXED: "5"}], "1 4 4.9", "2 3 5 6"),
        ([SINCE, {"limit": "3"}], "1 2", "3 4"),
        ([SINCE, {"limit": "*"}], "1 9", ""),
        ([{"introduced": "no version"}], "", "1"),
        ([SINCE, {FIXED: "no version"}], "", "1"),
    ],
)
def test_ranges_are_read_as_the_schema_says(
    events: list[dict[str, str]], affected: str, free: str
) -> None:
    one = advisory("PyPI", *events)
    assert [version for version in affected.split() if not affects(one, "PyPI", version)] == []
    assert [version for version in free.split() if affects(one, "PyPI", version)] == []


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_range_ends_at_its_fix(begin: int, end: int, version: int) -> None:
    one = advisory("npm", {"introduced": f"{begin}.0.0"}, {FIXED: f"{end}.0.0"}, type="SEMVER")
    if begin < end:
        assert affects(one, "npm", f"{version}.0.0") == (begin <= version < end)


def test_versions_may_be_listed() -> None:
    one = advisory("PyPI", versions=["1.0", "odd one"])
    assert affects(one, "PyPI", "odd one")
    assert not affects(one, "PyPI", "1.1")


def test_commits_are_not_versions() -> None:
    assert not affects(advisory("PyPI", SINCE, type="GIT"), "PyPI", "1.0")


def test_a_version_that_cannot_be_compared_is_in_no_range() -> None:
    assert not affects(advisory("npm", SINCE, {FIXED: "2.0.0"}), "npm", "not one")
    assert not affects(advisory("Some", SINCE), "Some", "1")


def test_an_advisory_that_was_withdrawn_affects_nothing() -> None:
    one = advisory("PyPI", SINCE).model_copy(update={"withdrawn": "2026-01-01T00:00:00Z"})
    assert not affects(one, "PyPI", "1")


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ("Debian:13", "Debian:13", True),
        ("Debian:12", "Debian:13", False),
        ("Debian", "Debian:13", True),
        ("Debian:12", "Debian", True),
        ("PyPI", "Debian:13", False),
        ("Maven:https://example.org", "Maven", True),
    ],
)
def test_releases_of_an_ecosystem_are_told_apart(
    theirs: str,
    ours: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert affects(advisory(theirs, SINCE), ours, "1") is expected


def test_names_are_compared_as_the_ecosystem_does() -> None:
    named = {"package": {"ecosystem": "PyPI", "name": "Some_Thing"}, "versions": ["1"]}
    one = Advisory.model_validate({"id": "OSV-1", "affected": [named, {"versions": ["1"]}]})
    assert affects(one, "PyPI", "1", "some-thing")
    assert not affects(one, "npm", "1", "some-thing")
    found = Advisories([one]).affecting([OsvPackage("PyPI", "some-thing", "1")])
    assert list(found) == ["OSV-1"]
    assert not Advisories([one]).affecting([OsvPackage("PyPI", "some-thing", "2")])


def test_an_advisory_is_named_by_its_cves() -> None:
    many = {"id": "GHSA-x", "aliases": ["CVE-2026-0002", "PYSEC-1"], "upstream": ["CVE-2026-0001"]}
    assert Advisory.model_validate(many).names == ("CVE-2026-0001", "CVE-2026-0002")
    assert Advisory.model_validate({"id": "GHSA-x"}).names == ("GHSA-x",)
