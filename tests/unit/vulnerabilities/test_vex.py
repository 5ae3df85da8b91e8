"""OpenVEX documents, by the rules of its specification (0.2.0) and its published schema."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from builder.vulnerabilities.judge import judge
from builder.vulnerabilities.policy import Policy
from builder.vulnerabilities.vex import document
from tests.unit.vulnerabilities.made import finding, held

PRODUCTS = {
    "jupyter:py3": "pkg:oci/jupyter@sha256:aa?tag=py3",
    "python:py3": "pkg:oci/python@sha256:bb?tag=py3",
}
DOCUMENT = {"@context", "@id", "author", "timestamp", "version", "tooling", "statements"}
STATEMENT = {"vulnerability", "products", "status", "justification", "impact_statement"}
STATEMENT |= {"action_statement", "status_notes"}


def made(*waivers: dict[str, Any], products: dict[str, str] | None = None) -> Any:
    base = {"id": "CVE-2026-0001", "reason": "why", "status": "affected", "until": "2026-12-31"}
    policy = Policy.model_validate_json(
        json.dumps({"waivers": [{**base, **waiver} for waiver in waivers]})
    )
    verdict = judge([finding(held=(held(), held("part", url="")))], policy, date(2026, 11, 28))
    known = PRODUCTS if products is None else products
    return document(verdict, policy, known, "Team", "2026-11-01T00:00:00Z")


def test_a_document_has_what_the_specification_asks_for() -> None:
    one = made({})
    assert set(one) == DOCUMENT
    assert one["@context"] == "https://openvex.dev/ns/v0.2.0"
    assert one["@id"].startswith("urn:uuid:")
    assert (one["author"], one["version"]) == ("Team", 1)
    assert one["timestamp"] == "2026-11-01T00:00:00Z"
    assert one["statements"] == [
        {
            "vulnerability": {"name": "CVE-2026-0001", "aliases": ["GHSA-x"]},
            "products": [
                {"@id": url, "subcomponents": [{"@id": "pkg:pypi/numpy@2.0"}]}
                for url in PRODUCTS.values()
            ],
            "status": "affected",
            "action_statement": "why",
        }
    ]


@pytest.mark.parametrize(
    ("waiver", "fields"),
    [
        ({"status": "affected"}, {"action_statement": "why"}),
        ({"status": "fixed"}, {"status_notes": "why"}),
        ({"status": "under_investigation"}, {"status_notes": "why"}),
        ({"status": "not_affected"}, {"impact_statement": "why"}),
        (
            {"status": "not_affected", "justification": "component_not_present"},
            {"justification": "component_not_present", "status_notes": "why"},
        ),
    ],
)
def test_each_status_has_the_fields_that_it_must_have(
    waiver: dict[str, str], fields: dict[str, str]
) -> None:
    (statement,) = made(waiver)["statements"]
    assert set(statement) <= STATEMENT
    about = {"vulnerability", "products", "status"}
    assert {key: statement[key] for key in statement if key not in about} == fields


def test_each_waiver_speaks_of_its_images() -> None:
    first, second = made({"images": ["jupyter"], "status": "fixed"}, {})["statements"]
    assert [one["@id"] for one in first["products"]] == [PRODUCTS["jupyter:py3"]]
    assert [one["@id"] for one in second["products"]] == [PRODUCTS["python:py3"]]
    assert (first["status"], second["status"]) == ("fixed", "affected")


def test_what_is_not_built_or_waived_no_more_is_in_no_document() -> None:
    assert made({}, products={})["statements"] == []
    assert made({"until": "2026-11-27"})["statements"] == []
    assert made()["statements"] == []


def test_the_same_findings_give_the_same_document() -> None:
    assert made({}) == made({})
    assert made({})["@id"] != made({"status": "fixed"})["@id"]
