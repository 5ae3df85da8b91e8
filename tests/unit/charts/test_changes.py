from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from builder.charts.changes import schema_changes
from builder.charts.levels import ChartChange, Level, raised

LEAF: dict[str, Any] = {"type": "string", "title": "A", "description": "a", "default": "x"}


def chart(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [str(change) for change in schema_changes(chart(a=old), chart(a=new))]


def test_nothing_changed() -> None:
    assert not list(schema_changes(chart(a=LEAF), chart(a=LEAF)))


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({}, {"type": "integer"}, "major: a is now integer (was string)"),
        ({}, {"enum": ["x", "y"]}, "major: a accepts only x, y"),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, "major: a no longer accepts y"),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, "minor: a also accepts y"),
        ({"enum": ["x"]}, {}, "minor: a accepts any value"),
        ({"type": "integer"}, {"type": "number"}, "minor: a is now number (was integer)"),
        ({"type": "number"}, {"type": "integer"}, "major: a is now integer (was number)"),
        ({}, {"type": ["string", "null"]}, 'minor: a is now ["string", "null"] (was string)'),
        ({}, {"maxLength": 3}, "major: the maxLength of a is now 3"),
        ({"minLength": 3}, {"minLength": 2}, "minor: the minLength of a is now 2 (was 3)"),
        ({"uniqueItems": True}, {}, "minor: a accepts duplicate items"),
        ({}, {"uniqueItems": True}, "major: a no longer accepts duplicate items"),
        ({}, {"const": 1}, "major: a is restricted by `const`"),
        ({"const": 1}, {"const": 2}, "major: a is restricted by another `const`"),
        ({"oneOf": []}, {}, "minor: a is no longer restricted by `oneOf`"),
        ({"required": ["b"]}, {}, "minor: a no longer requires b"),
        ({"additionalProperties": False}, {}, "minor: a accepts other options"),
        (
            {},
            {"additionalProperties": {"type": "string"}},
            "major: a restricts the values of other options",
        ),
        (
            {"additionalProperties": {"type": "string"}},
            {},
            "minor: a accepts any value of other options",
        ),
        ({}, {"items": {"type": "string"}}, "major: a restricts its items"),
        ({"items": {"type": "string"}}, {}, "minor: a accepts any item"),
        (
            {"x-onyxia": {"overwriteDefaultWith": "a.b"}},
            {},
            "patch: a is injected from nothing (was a.b)",
        ),
        ({}, {"pattern": "^x$"}, "major: a must match ^x$"),
        ({"pattern": "^x$"}, {}, "minor: a no longer has to match a pattern"),
        ({}, {"minimum": 1}, "major: the minimum of a is now 1"),
        ({"minimum": 1}, {"minimum": 2}, "major: the minimum of a is now 2 (was 1)"),
        ({"minimum": 2}, {"minimum": 1}, "minor: the minimum of a is now 1 (was 2)"),
        ({"maximum": 2}, {"maximum": 1}, "major: the maximum of a is now 1 (was 2)"),
        ({"maximum": 2}, {}, "minor: a no longer has a maximum (was 2)"),
        ({}, {"default": "y"}, "minor: a is y by default (was x)"),
        ({"listEnum": ["x"]}, {"listEnum": ["x", "y"]}, "patch: a offers y"),
        ({"listEnum": ["x", "y"]}, {"listEnum": ["x"]}, "patch: a no longer offers y"),
        (
            {"x-onyxia": {"overwriteSchemaWith": "s.json"}},
            {},
            "major: a takes its schema from nothing (was s.json)",
        ),
        (
            {},
            {"x-onyxia": {"overwriteSchemaWith": "s.json"}},
            "minor: a takes its schema from s.json",
        ),
    ],
)
def test_a_node_that_changed(old: Mapping[str, Any], new: Mapping[str, Any], change: str) -> None:
    assert compared({**LEAF, **old}, {**LEAF, **new}) == [change]


def test_words_change_nothing() -> None:
    assert (
        compared(LEAF, {**LEAF, "title": "B", "description": "b", "x-onyxia": {"hidden": True}})
        == []
    )


def test_the_order_of_choices_changes_nothing() -> None:
    assert compared({**LEAF, "enum": ["x", "y"]}, {**LEAF, "enum": ["y", "x"]}) == []


def test_choices_that_come_and_go() -> None:
    changes = compared({**LEAF, "enum": ["x", "y"]}, {**LEAF, "enum": ["x", "z"]})
    assert changes == ["major: a no longer accepts y", "minor: a also accepts z"]


def test_added_removed_and_renamed() -> None:
    other = {"type": "boolean", "title": "B", "description": "b", "default": True}
    changes = schema_changes(chart(a=LEAF, b=other), chart(c=LEAF, d={**other, "title": "D"}))
    assert [str(change) for change in changes] == [
        "major: renamed the option a to c",
        "major: removed the option b",
        "minor: added the option d",
    ]


def test_changes_deep_inside() -> None:
    old, new = ({"type": "array", "items": chart(x=LEAF)} for _ in range(2))
    new["items"] = chart(x=LEAF, y=LEAF)
    assert compared(old, new) == ["minor: added the option a[].y"]
    free = {"type": "object", "additionalProperties": LEAF}
    number = {"type": "object", "additionalProperties": {**LEAF, "type": "number"}}
    assert compared(free, number) == ["major: a.* is now number (was string)"]


def test_required_and_closed_objects() -> None:
    changes = schema_changes(
        chart(a=LEAF), {**chart(a=LEAF), "required": ["a"], "additionalProperties": False}
    )
    assert [str(change) for change in changes] == [
        "major: the chart now requires a",
        "major: the chart accepts no other options",
    ]


@pytest.mark.parametrize(
    ("levels", "version"),
    [
        ([Level.PATCH], "1.2.4"),
        ([Level.PATCH, Level.MINOR], "1.3.0"),
        ([Level.MAJOR, Level.MINOR], "2.0.0"),
    ],
)
def test_the_next_version(levels: list[Level], version: str) -> None:
    assert raised("1.2.3", [ChartChange(level, "x") for level in levels]) == version


def test_after_a_prerelease_comes_no_prerelease() -> None:
    assert raised("1.2.3-rc.1", [ChartChange(Level.PATCH, "x")]) == "1.2.4"


def test_an_option_that_takes_an_empty_list_too_is_the_same_option() -> None:
    inner = {"type": "object", "title": "A", "additionalProperties": {"type": "string"}}
    aside = {**inner, "type": ["object", "array"], "maxItems": 0}
    old = {"properties": {"a": inner}}
    new = {"properties": {}, "patternProperties": {"^a$": aside}}
    (change,) = schema_changes(old, new)
    assert str(change).startswith("minor: a is now")
    assert [change.level for change in schema_changes(new, old)] != []
