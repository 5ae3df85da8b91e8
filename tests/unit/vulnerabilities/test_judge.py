"""vulnerabilities.yaml: what it refuses, and what it makes of findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.severity import WORDS, Severity, rank
from builder.vulnerabilities.judge import Verdict, covered, judge, problems, warnings
from builder.vulnerabilities.model import Finding
from builder.vulnerabilities.policy import Policy, Waiver
from tests.unit.vulnerabilities.made import finding, held, policy

TODAY = date(2026, 11, 28)
WAIVER = "{id: CVE-2026-0001, reason: not used, status: affected, until: 2026-12-31"


def of(**more: Any) -> Waiver:
    given = {"id": "CVE-2026-0001", "reason": "x", "status": "affected", "until": "2026-12-31"}
    return Waiver(**{**given, **more})


def judged(one: Finding, *waivers: Waiver, **limits: Any) -> Verdict:
    made = Policy.model_validate({"fail_on": limits, "waivers": []})
    return judge([one], made.model_copy(update={"waivers": waivers}), TODAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail_on: {severity: hihg}", ":1:21: expected 'low', 'medium', 'high' or 'critical'"),
        ("failon: {}", ":1:1: unknown key 'failon'\n  hint: did you mean 'fail_on'?"),
        ("max_age: 0", ":1:10: expected a number of at least 1"),
        ("waivers: [{id: CVE-2026-0001}]", ":1:11: the key 'reason' is missing"),
        (
            f"waivers: [{WAIVER}, packages: x}}]",
            "unknown key 'packages'\n  hint: did you mean 'package'?",
        ),
        (f"waivers: [{WAIVER}, package: 'x*'}}]", "is not the name of a package, without globs"),
        (f"waivers: [{WAIVER}, images: ['a b']}}]", "is not an image, or a glob such as jupyter-*"),
        (
            f"waivers: [{WAIVER}}}]".replace("12-31", "02-31"),
            "'2026-02-31' is no day of the calendar",
        ),
        (f"waivers: [{WAIVER}}}]".replace("2026-12-31", "soon"), "'soon' is not a day"),
        (f"waivers: [{WAIVER}}}]".replace("affected", "ignored"), "expected 'not_affected'"),
        (f"waivers: [{WAIVER}}}]".replace("CVE-2026-0001", "'a b'"), "is not the name of a vuln"),
        (
            f"waivers: [{WAIVER}, justification: component_not_present}}]",
            "a justification says why nothing is affected, and the status is affected",
        ),
        (
            f"waivers: [{WAIVER}, justification: component_not_presen}}]",
            "did you mean 'component_not_present'?",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, said: str) -> None:
    reading = policy(text)
    told = [str(one) for one in (*reading.problems, *problems(reading))]
    assert told[0].startswith("vulnerabilities.yaml:1:")
    assert said in "\n".join(told)


def test_a_policy_is_read_whole() -> None:
    text = (
        "fail_on: {severity: critical, fixed: false}\nhold: true\nmax_age: 30\nauthor: Team\n"
        f"waivers: [{WAIVER}, package: numpy, images: [jupyter-*, '*:py3.13']}}]\n"
    )
    reading = policy(text)
    assert (reading.problems, list(problems(reading))) == ((), [])
    assert reading.value is not None
    assert reading.value.waivers[0].images == ("jupyter-*", "*:py3.13")


@pytest.mark.parametrize(
    ("limits", "one", "breaks"),
    [
        ({}, finding(severity="high"), True),
        ({}, finding(severity="medium"), False),
        ({}, finding(severity="critical", fixed=()), False),
        ({"fixed": False}, finding(severity="critical", fixed=()), True),
        ({"severity": "critical"}, finding(severity="high"), False),
        ({}, finding(severity="unknown"), False),
        ({"unknown": True}, finding(severity="unknown"), True),
        ({"severity": "low"}, finding(severity="none"), False),
    ],
)
def test_what_breaks_a_policy(limits: dict[str, Any], one: Finding, breaks: bool) -> None:  # noqa: FBT001
    assert bool(judged(one, **limits).breaking) is breaks


def test_without_a_limit_nothing_breaks() -> None:
    assert not judge([finding(severity="critical")], Policy(), TODAY).breaking


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("jupyter:py3", "python:py3")),
        ({"id": "GHSA-x"}, ("jupyter:py3", "python:py3")),
        ({"id": "CVE-2026-0002"}, ()),
        ({"package": "NumPy"}, ("jupyter:py3", "python:py3")),
        ({"package": "part"}, ("jupyter:py3", "python:py3")),
        ({"package": "pandas"}, ()),
        ({"images": ("jupyter",)}, ("jupyter:py3",)),
        ({"images": ("jup*",)}, ("jupyter:py3",)),
        ({"images": ("*:py3",)}, ("jupyter:py3", "python:py3")),
        ({"images": ("r",)}, ()),
    ],
)
def test_a_waiver_covers_what_it_names(more: dict[str, Any], expected: Sequence[str]) -> None:
    one = finding(held=(held(), held("part")))
    assert covered(one, of(**more)) == expected


def test_a_waiver_for_some_images_leaves_the_others() -> None:
    (one,) = judged(finding(), of(images=("jupyter",))).judged
    assert (one.waived, one.breaks) == ({"jupyter:py3": 0}, ("python:py3",))
    assert not one.is_waived


@given(st.integers(-400, 400))
def test_a_waiver_counts_to_the_end_of_its_last_day(days: int) -> None:
    until = (TODAY + timedelta(days)).isoformat()
    verdict = judged(finding(), of(until=until))
    assert bool(verdict.breaking) is (days < 0)
    assert verdict.ended == ((0,) if days < 0 else ())


@given(st.sampled_from(WORDS), st.sampled_from(WORDS[2:]), st.sampled_from(WORDS[2:]))
def test_a_lower_limit_breaks_no_less(word: str, one: str, other: str) -> None:
    less, more = sorted((one, other), key=rank)
    found = finding(severity=Severity(word).word)
    assert judged(found, severity=less).breaking or not judged(found, severity=more).breaking


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"2026-12-31": "2026-11-27"}, [":1:74: the waiver of CVE-2026-0001 ended on 2026-11-27"]),
        ({"2026-12-31": "2026-11-28"}, ["the waiver of CVE-2026-0001 ends today"]),
        ({"2026-12-31": "2026-11-29"}, ["the waiver of CVE-2026-0001 ends in 1 day"]),
        ({"CVE-2026-0001": "CVE-2026-0011"}, ["no image has CVE-2026-0011\n", "'CVE-2026-0001'?"]),
        ({"CVE-2026-0001": "GHSA-zzzzzzz"}, ["remove the waiver if it is closed"]),
        ({"reason": "package: nunpy, reason"}, ["not in a package 'nunpy'", "mean 'numpy'?"]),
        ({"reason": "images: [pyton], reason"}, ["no image that has CVE-2026-0001 matches"]),
    ],
)
def test_waivers_that_do_nothing_are_told(change: dict[str, str], said: list[str]) -> None:
    text = f"waivers: [{WAIVER}}}]"
    for old, new in change.items():
        text = text.replace(old, new)
    reading = policy(text)
    assert reading.value is not None
    verdict = judge([finding()], reading.value, TODAY)
    told = [str(one) for one in warnings(verdict, reading.value, reading.yaml, TODAY, whole=True)]
    assert len(told) == bool(said)
    for words in said:
        assert words in told[0]


def test_only_who_looks_at_all_images_tells_what_matches_nothing() -> None:
    reading = policy(f"waivers: [{WAIVER}}}]")
    assert reading.value is not None
    verdict = judge([], reading.value, TODAY)
    assert not list(warnings(verdict, reading.value, reading.yaml, TODAY, whole=False))
