from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from builder.charts.changes import Change, Level, raised, schema_changes

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
        ({}, {"type": "integer"}, "major: a is integer, and was string"),
        ({}, {"enum": ["x", "y"]}, "major: a may be nothing but x, y"),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, "major: a may not be y any more"),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, "minor: a may be y"),
        ({"enum": ["x"]}, {}, "minor: a may be anything"),
        ({"type": "integer"}, {"type": "number"}, "minor: a is number, and was integer"),
        ({"type": "number"}, {"type": "integer"}, "major: a is integer, and was number"),
        ({}, {"type": ["string", "null"]}, 'minor: a is ["string", "null"], and was string'),
        ({}, {"maxLength": 3}, "major: a has maxLength 3, and had nothing"),
        ({"minLength": 3}, {"minLength": 2}, "minor: a has minLength 2, and had 3"),
        ({"uniqueItems": True}, {}, "minor: a may take an item twice"),
        ({}, {"uniqueItems": True}, "major: a takes no item twice"),
        ({}, {"const": 1}, "major: a must be as const says"),
        ({"oneOf": []}, {}, "minor: a is free of oneOf"),
        ({"required": ["b"]}, {}, "minor: a no longer requires b"),
        ({"additionalProperties": False}, {}, "minor: a takes other options"),
        (
            {"x-onyxia": {"overwriteDefaultWith": "a.b"}},
            {},
            "patch: a is injected from nothing, and was from a.b",
        ),
        ({}, {"pattern": "^x$"}, "major: a must match ^x$"),
        ({"pattern": "^x$"}, {}, "minor: a may be any text"),
        ({}, {"minimum": 1}, "major: a has minimum 1, and had nothing"),
        ({"minimum": 1}, {"minimum": 2}, "major: a has minimum 2, and had 1"),
        ({"minimum": 2}, {"minimum": 1}, "minor: a has minimum 1, and had 2"),
        ({"maximum": 2}, {"maximum": 1}, "major: a has maximum 1, and had 2"),
        ({"maximum": 2}, {}, "minor: a has maximum nothing, and had 2"),
        ({}, {"default": "y"}, "minor: a is y by default, and was x"),
        ({"listEnum": ["x"]}, {"listEnum": ["x", "y"]}, "patch: a offers y"),
        ({"listEnum": ["x", "y"]}, {"listEnum": ["x"]}, "patch: a offers y no more"),
        (
            {"x-onyxia": {"overwriteSchemaWith": "s.json"}},
            {},
            "major: a is overridden by nothing, and was by s.json",
        ),
        (
            {},
            {"x-onyxia": {"overwriteSchemaWith": "s.json"}},
            "minor: a is overridden by s.json, and was by nothing",
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
    found = compared({**LEAF, "enum": ["x", "y"]}, {**LEAF, "enum": ["x", "z"]})
    assert found == ["major: a may not be y any more", "minor: a may be z"]


def test_a_new_image_by_default_is_a_patch() -> None:
    old = LEAF | {"default": "i:1", "listEnum": ["i:1"]}
    assert [
        change.split(":")[0]
        for change in compared(old, LEAF | {"default": "i:2", "listEnum": ["i:2"]})
    ] == ["patch"] * 3


def test_added_removed_and_renamed() -> None:
    other = {"type": "boolean", "title": "B", "description": "b", "default": True}
    found = schema_changes(chart(a=LEAF, b=other), chart(c=LEAF, d={**other, "title": "D"}))
    assert [str(change) for change in found] == [
        "major: renamed the option a to c",
        "major: removed the option b",
        "minor: added the option d",
    ]


def test_changes_deep_inside() -> None:
    old, new = ({"type": "array", "items": chart(x=LEAF)} for _ in range(2))
    new["items"] = chart(x=LEAF, y=LEAF)
    assert compared(old, new) == ["minor: added the option items of a.y"]


def test_required_and_closed_objects() -> None:
    found = schema_changes(
        chart(a=LEAF), {**chart(a=LEAF), "required": ["a"], "additionalProperties": False}
    )
    assert [str(change) for change in found] == [
        "major: the chart requires a",
        "major: the chart takes no other options",
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
    assert raised("1.2.3", [Change(level, "x") for level in levels]) == version


def test_after_a_prerelease_comes_no_prerelease() -> None:
    assert raised("1.2.3-rc.1", [Change(Level.PATCH, "x")]) == "1.2.4"
