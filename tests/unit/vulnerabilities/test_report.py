"""Reports, and what is another than in an earlier one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from builder.documents import DocumentError
from builder.vulnerabilities.judge import Verdict, judge
from builder.vulnerabilities.model import Database, Finding
from builder.vulnerabilities.policy import Policy
from builder.vulnerabilities.report import document, movement, read, rows
from tests.unit.vulnerabilities.made import finding

WAIVER = {"id": "CVE-2026-0001", "reason": "x", "status": "fixed", "until": "2026-12-31"}
POLICY = Policy.model_validate_json(json.dumps({"waivers": [WAIVER]}))
ONE, OTHER = finding(), finding("CVE-2026-0002")


def verdict(*findings: Finding, day: date = date(2026, 11, 28)) -> Verdict:
    return judge(findings, POLICY, day)


def written(made: Verdict) -> bytes:
    about = {"day": "2026-11-28", "moment": "2026-11-27T00:00:00Z"}
    database = Database(source="osv", advisories=3, newest="2026-11-27")
    return json.dumps(document(made, POLICY, database, about, None)).encode()


def test_a_report_that_was_kept_is_compared() -> None:
    before = read(written(verdict(ONE)))
    moved = movement(before, verdict(OTHER), "last.json")
    assert [one.finding.id for one in moved.new] == ["CVE-2026-0002"]
    assert [row.id for row in moved.gone] == ["CVE-2026-0001"]
    assert (moved.unwaived, moved.is_still) == ((), False)
    assert movement(before, verdict(ONE), "last.json").is_still


def test_an_upgrade_that_closes_nothing_brings_nothing_new() -> None:
    later = finding(version="2.0.1", fixed=("2.1",))
    assert movement(rows(verdict(ONE)), verdict(later), "x").is_still
    both = verdict(ONE, later)
    assert movement(rows(both), verdict(ONE), "x").is_still


def test_a_waiver_that_ended_is_told() -> None:
    before = rows(verdict(ONE))
    moved = movement(before, verdict(ONE, day=date(2027, 1, 1)), "x")
    assert [one.finding.id for one in moved.unwaived] == ["CVE-2026-0001"]
    assert (moved.new, moved.gone) == ((), ())


def test_a_report_holds_all_that_a_table_shows() -> None:
    made: Any = json.loads(written(verdict(ONE)))
    assert (made["format"], made["broken"]) == (1, False)
    assert made["database"] == {"source": "osv", "advisories": 3, "newest": "2026-11-27"}
    (row,) = made["findings"]
    assert row["waived"] == {"jupyter:py3": "fixed", "python:py3": "fixed"}
    assert row["layers"] == ["python"]
    assert row["packages"] == [
        {"kind": "python", "name": "numpy", "version": "2.0", "purl": "pkg:pypi/numpy@2.0"}
    ]
    moved = movement([], verdict(ONE), "x")
    about = Database(source="osv")
    since = document(verdict(ONE), POLICY, about, {}, moved)["since"]
    assert [one["id"] for one in since["new"]] == ["CVE-2026-0001"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not JSON"),
        (b'{"format": 1, "findings": [', "is not JSON"),
        (b'{"format": 2, "findings": []}', "is no report of `catalog vulnerabilities --json`"),
        (b'{"format": 1}', "findings: Field required"),
        (b'{"format": 1, "findings": [{"id": 7}]}', "findings.0.id"),
        (b"[]", "the document: "),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match="is no") as told:
        read(data)
    assert said in str(told.value)
