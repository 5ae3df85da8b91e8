"""Coercions, bounds, units and options, as the web application has them."""

from __future__ import annotations

from typing import Any

import pytest

from builder.charts.onyxia.model import UNDEFINED
from builder.charts.onyxia.tree import grow
from builder.charts.onyxia.validation import problem, validate

GI = {"type": "string", "sliderMin": 2, "sliderMax": 4, "sliderUnit": "Gi"}
PAIR = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}


def nothing(_: tuple[str, ...]) -> object:
    return UNDEFINED


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, "a", True),
        ({"type": "string"}, 3, "3"),
        ({"type": "string"}, 0.5, "0.5"),
        ({"type": "string"}, 2.0, "2"),
        ({"type": "string"}, True, "true"),
        ({"type": "string"}, None, ""),
        ({"type": "string"}, [], False),
        ({"type": "string", "pattern": "^[0-9]+$"}, "a", False),
        ({"type": "string", "pattern": "^[0-9]+$"}, 4, "4"),
        ({"type": "string", "pattern": "^[0-9]+$"}, None, False),
        ({"type": "boolean"}, "YES", "on"),
        ({"type": "boolean"}, "maybe", False),
        ({"type": "boolean"}, 2, "on"),
        ({"type": "boolean"}, 0, "off"),
        ({"type": "boolean"}, None, "off"),
        ({"type": "number"}, "4.5 GB", 4.5),
        ({"type": "number"}, "four", False),
        ({"type": "number"}, True, 1),
        ({"type": "integer"}, 4.5, False),
        ({"type": "integer"}, 4.0, True),
        ({"type": "integer", "minimum": 2}, "1", False),
        (GI, "4Gi", True),
        (GI, "4.1Gi", False),
        (GI, "1.9Gi", False),
        (GI, "3Mi", False),
        (GI, "Gi", False),
        (GI | {"sliderUnit": ""}, "3", True),
        ({"type": "number", "sliderMin": 2, "sliderMax": 4}, 4.1, False),
        ({"type": "array", "items": {"type": "string"}}, ["a", 3], ["a", "3"]),
        ({"type": "array", "items": {"type": "string"}}, ["a", {}], False),
        ({"type": "array", "maxItems": 1}, ["a", "b"], False),
        ({"type": "array", "minItems": 1}, [], False),
        (PAIR, {"a": "x", "b": 1}, True),
        (PAIR, {"a": "x", "b": "1"}, {"a": "x", "b": 1}),
        (PAIR, {"a": "x", "b": 1, "c": 2}, {"a": "x", "b": 1}),
        (PAIR, {"a": "x"}, False),
        ({"type": "object"}, {"any": 1}, True),
        ({"type": "string", "enum": ["a", "b"]}, "c", False),
        ({"type": "integer", "enum": [1, 2]}, "2", 2),
        ({"type": "string", "listEnum": ["a", 5]}, "c", True),
    ],
)
def test_verdict(schema: dict[str, Any], value: object, expected: object) -> None:
    """`expected` is True for valid, False for neither valid nor mendable, else the value that would
    do instead."""
    node = grow(schema).root
    verdict = validate(node, value, nothing)
    instead = (
        {"on": True, "off": False}.get(str(expected), expected)
        if schema["type"] == "boolean"
        else expected
    )
    if expected is True:
        assert verdict.valid
    elif expected is False:
        assert not verdict.usable
    else:
        assert (verdict.valid, verdict.instead) == (False, instead)
    assert bool(problem(node, value, nothing)) is not verdict.valid, (
        "what is refused has a reason, and only that"
    )


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        (GI, "5Gi", "is above sliderMax 4"),
        (GI, "5Mi", "does not end with the unit Gi"),
        (GI, "xGi", "is not a number"),
        ({"type": "integer", "minimum": 2}, 1, "is below the minimum 2"),
        ({"type": "integer"}, 1.5, "is not an integer"),
        ({"type": "string"}, None, "is null, not a string"),
        ({"type": "array"}, {}, "is an object, not an array"),
        (
            {"type": "array", "items": {"type": "string"}},
            ["a", 1],
            "has an item that is a number, not a string",
        ),
        ({"type": "array", "maxItems": 0}, [1], "has too few or too many items"),
        (PAIR, {"a": "x"}, "has a b that is missing"),
        (PAIR, {"a": "x", "b": 1, "c": 1}, "has keys that are not in the schema"),
        ({"type": "string", "enum": ["a"]}, "b", "is not among the options"),
    ],
)
def test_reasons(schema: dict[str, Any], value: object, words: str) -> None:
    assert problem(grow(schema).root, value, nothing) == words
