"""Every rule: the smallest chart that breaks it, and its mended twin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.charts.onyxia import rule as rule_module
from builder.charts.onyxia.lint import lint
from builder.charts.onyxia.model import (
    METADATA,
    NOTES,
    SCHEMA,
    VALUES,
    ChartFiles,
    Consequence,
    Violation,
)
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.table import NAMES, RULES, markdown

ROOT = Path(__file__).parents[3]
CASES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "fixtures" / "onyxia" / "rules.yaml").read_text()
)
DIFFERENCES = {"properties", "schema", "values", "metadata", "text", "folder"}


def chart(differences: Mapping[str, Any]) -> ChartFiles:
    """Return a sound chart with these differences."""
    unknown = set(differences) - DIFFERENCES
    assert not unknown, f"a case of rules.yaml has {unknown}; it may have {DIFFERENCES}"
    suspend = {"type": "boolean", "default": False, "x-onyxia": {"hidden": True}}
    properties = {
        "global": {"type": "object", "properties": {"suspend": suspend}}
    } | differences.get("properties", {})
    schema = merged(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": properties,
        },
        differences.get("schema", {}),
    )
    metadata = {
        "apiVersion": "v2",
        "name": "example",
        "version": "1.0.0",
        "description": "An example.",
        "icon": "https://example.org/icon.png",
    }
    texts: dict[str, str | None] = {
        METADATA: yaml.safe_dump(merged(metadata, differences.get("metadata", {}))),
        VALUES: yaml.safe_dump({"global": {"suspend": False}} | differences.get("values", {})),
        SCHEMA: json.dumps(schema, indent=2),
        NOTES: None,
    }
    texts |= differences.get("text", {})
    return ChartFiles(
        metadata=texts[METADATA] or "",
        values=texts[VALUES],
        schema=texts[SCHEMA],
        notes=texts[NOTES],
        folder=differences.get("folder"),
    )


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (dict(base) | dict(more)).items() if value is not None}


def rule_of(case: str) -> str:
    return case.split(maxsplit=1)[0]


@pytest.mark.parametrize("case", CASES)
def test_wrong_breaks_the_rule(case: str) -> None:
    found = lint(chart(CASES[case]["wrong"]))
    report = "\n".join(f"{one.rule} at {one.pointer!r}: {one.message}" for one in found)
    rule = next(rule for rule in RULES if rule.id == rule_of(case))
    ours = [one for one in found if one.rule == rule.id]
    assert [one.pointer for one in ours] == [CASES[case]["at"]], (
        f"{rule.id} should be found at {CASES[case]['at']!r}; found:\n{report}"
    )
    assert {one.rule for one in found} - {rule.id} == set(CASES[case].get("also", [])), (
        f"only {rule.id} and `also` should be found; found:\n{report}"
    )
    assert (ours[0].severity, ours[0].consequence) == (rule.severity, rule.consequence)


@pytest.mark.parametrize("case", CASES)
def test_its_twin_breaks_none(case: str) -> None:
    found = lint(chart(CASES[case]["right"]))
    assert not found, "\n".join(f"{one.rule} at {one.pointer!r}: {one.message}" for one in found)


def test_every_rule_has_a_case() -> None:
    assert {rule_of(case) for case in CASES} == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_every_rule_says_what_it_asks() -> None:
    for rule in RULES:
        assert rule.text.endswith("."), f"{rule.id} has no sentence"
        assert (rule.severity == "error") or rule.consequence in {
            Consequence.SILENT,
            Consequence.FORM,
            Consequence.REFUSED,
        }


def test_the_rules_are_documented() -> None:
    text = (ROOT / "docs" / "onyxia-rules.md").read_text()
    assert text.rstrip("\n") == markdown(), (
        "write it again: catalog chart lint --rules --markdown > docs/onyxia-rules.md"
    )


def test_a_new_rule_is_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_module, "_declared", [])

    @rule_module.rule(Consequence.SILENT)
    def later_on(subject: Subject) -> Iterator[Violation]:
        """A chart is late."""
        yield Violation("", subject.chart.metadata)

    @rule_module.rule(Consequence.PAGE)
    def at_once(subject: Subject) -> Iterator[Violation]:
        """A chart is in time."""
        yield Violation("", subject.chart.metadata)

    told = [(one.id, one.severity, one.text) for one in rule_module.declared()]
    assert told == [
        ("at-once", "error", "A chart is in time."),
        ("later-on", "warning", "A chart is late."),
    ]
