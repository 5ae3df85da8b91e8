"""How severe advisories are: scores, words, and what Debian says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.osv import Advisory, OsvPackage
from builder.lock.severity import WORDS, Severity, of_score, of_word, rank, severity, worst

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"
PACKAGE = OsvPackage("Debian:13", "some", "1")


def of(affected: dict[str, Any] | None = None, **more: Any) -> Severity:
    named = {"package": {"ecosystem": "Debian:13", "name": "some"}, **(affected or {})}
    other = {
        "package": {"ecosystem": "Debian:12", "name": "some"},
        "ecosystem_specific": {"urgency": "unimportant"},
        "severity": [{"type": "CVSS_V3", "score": V3}],
    }
    document = {"id": "OSV-1", "affected": [named, other], **more}
    return severity(Advisory.model_validate(document), PACKAGE)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([("CVSS_V3", V3)], Severity("critical", 9.8)),
        ([("CVSS_V4", V4)], Severity("critical", 9.3)),
        ([("CVSS_V2", V2)], Severity("high", 7.5)),
        ([("CVSS_V2", V2), ("CVSS_V4", V4)], Severity("critical", 9.3)),
        ([("CVSS_V3", V3.replace("C:H/I:H/A:H", "C:N/I:N/A:N"))], Severity("none", 0.0)),
        ([("CVSS_V3", "no vector"), ("CVSS_V2", V2)], Severity("high", 7.5)),
        ([("CVSS_V3", ""), ("CVSS_V4", V3), ("Ubuntu", "medium")], Severity()),
        ([], Severity()),
    ],
)
def test_vectors_of_each_cvss_are_scores(scores: list[tuple[str, str]], expected: Severity) -> None:
    said = [{"type": kind, "score": score} for kind, score in scores]
    assert of(severity=said) == expected
    assert of({"severity": said}) == expected


@pytest.mark.parametrize(
    ("said", "word"),
    [("LOW", "low"), ("MODERATE", "medium"), ("High", "high"), ("x", "unknown"), (7, "unknown")],
)
def test_a_word_counts_where_there_is_no_score(said: object, word: str) -> None:
    assert of(database_specific={"severity": said}).word == word
    scored = [{"type": "CVSS_V3", "score": V3}]
    assert of(database_specific={"severity": said}, severity=scored).word == "critical"


def test_what_debian_calls_unimportant_is_nothing_in_that_release_alone() -> None:
    scored = [{"type": "CVSS_V3", "score": V3}]
    assert of(severity=scored).word == "critical"
    harmless = {"ecosystem_specific": {"urgency": "unimportant"}}
    assert of(harmless, severity=scored) == Severity("none")
    assert of({"ecosystem_specific": {"urgency": "low"}}, severity=scored).word == "critical"


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0, "none"),
        (0.1, "low"),
        (3.9, "low"),
        (4, "medium"),
        (6.9, "medium"),
        (7, "high"),
        (8.9, "high"),
        (9, "critical"),
        (10, "critical"),
        (10.1, "unknown"),
        (-1, "unknown"),
    ],
)
def test_scores_have_the_words_of_cvss(score: float, word: str) -> None:
    assert of_score(score).word == word


@given(st.floats(0, 10), st.floats(0, 10))
def test_a_greater_score_is_no_less_severe(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert rank(of_score(less).word) <= rank(of_score(more).word)
    assert worst([of_score(less), of_score(more)]).score == more


def test_the_worst_of_nothing_is_unknown() -> None:
    assert worst([]) == Severity()
    assert [of_word(word).word for word in WORDS] == list(WORDS)
