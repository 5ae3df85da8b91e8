"""Positions, JavaScript's regular expressions, YAML as the browser reads it."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from builder.charts.onyxia.javascript import matches, parse_float, pattern_error, same, to_text
from builder.charts.onyxia.source import (
    join,
    json_positions,
    parse_json,
    parse_yaml,
    yaml_positions,
)
from builder.charts.onyxia.tree import grow

KEYS = st.text('ab/~"\\é\n', max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below) | st.dictionaries(KEYS, below),
    max_leaves=8,
)


def pointers(value: object, pointer: str = "") -> set[str]:
    below = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return {pointer}.union(*(pointers(child, join(pointer, str(key))) for key, child in below))


@given(JSON, st.sampled_from([None, 2, "\t"]))
def test_every_node_of_json_has_a_position(value: object, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent)
    found = json_positions(text)
    assert set(found) == pointers(value)
    lines = text.split("\n")
    for pointer, (line, column) in found.items():
        rest = lines[line - 1][column - 1 :]
        key = pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
        assert rest, f"{pointer} is at {line}:{column}, where nothing is"
        assert rest[0] in '"[{tfn-0123456789', f"{pointer} is at {rest!r}"
        if rest.startswith(json.dumps(key) + ":"):
            assert pointer


def test_positions_of_yaml() -> None:
    found = yaml_positions("a:\n  b: 1\n  c:\n    - x\n    - d: 2\n")
    assert found == {
        "": (1, 1),
        "/a": (1, 1),
        "/a/b": (2, 3),
        "/a/c": (3, 3),
        "/a/c/0": (4, 7),
        "/a/c/1": (5, 7),
        "/a/c/1/d": (5, 7),
    }


def test_yaml_is_that_of_the_browser() -> None:
    value, problem, _ = parse_yaml(
        "a: yes\nb: on\nc: true\nd: 1_000\ne: 0o17\nf: ~\ng: 1.5\nh:\ni: 2026-01-01\n"
    )
    assert not problem
    assert value == {
        "a": "yes",
        "b": "on",
        "c": True,
        "d": "1_000",
        "e": 15,
        "f": None,
        "g": 1.5,
        "h": None,
        "i": "2026-01-01",
    }


def test_what_cannot_be_read_says_where() -> None:
    assert parse_json('{\n  "a": x\n}')[1:] == ("not JSON: expected value", (2, 8))
    assert parse_yaml("a: 1\nb: [\n")[2][0] == 3
    assert parse_yaml("a: 1\nb: 2\na: 3\n")[1:] == ("the key 'a' is repeated", (3, 1))


# Each answer is V8's: new RegExp(pattern) and new RegExp(pattern, "u").
@pytest.mark.parametrize(
    ("pattern", "plain", "unicode"),
    [
        ("^[a-z0-9-_./]+(:[a-z0-9-_.]+)?$", True, True),
        ("^[a-zA-Z0-9_]+$", True, True),
        (r"[a-z\-\_]", True, False),
        (r"\d{3}", True, True),
        (r"[\w-.]", True, False),
        (r"\p{L}", True, True),
        (r"\@", True, False),
        (r"\/", True, True),
        (r"\Z", True, False),
        ("a{,3}", True, False),
        ("]", True, False),
        ("{", True, False),
        ("(?=a)b", True, True),
        ("(?<!a)b", True, True),
        (r"(?<n>a)\k<n>", True, True),
        ("(?P<n>a)", False, False),
        ("(?i)a", False, False),
        ("(?i:a)", False, False),
        ("(?>a)", False, False),
        ("a++", False, False),
        ("*", False, False),
        ("(", False, False),
        (r"\b+", False, False),
    ],
)
def test_patterns(pattern: str, plain: bool, unicode: bool) -> None:  # noqa: FBT001
    assert (pattern_error(pattern) is None, pattern_error(pattern, "u") is None) == (plain, unicode)


def test_matching_is_searching() -> None:
    assert matches("b", "abc")
    assert not matches("^b", "abc")
    assert matches(r"^\d$", "5")
    assert not matches(r"^\d$", "٥"), "a digit of JavaScript is one of ASCII"  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "number"),
    [("4.5Gi", 4.5), (" -2e3x", -2000), (".5", 0.5), ("Gi", None), ("", None), ("1_0", 1)],
)
def test_parse_float(text: str, number: float | None) -> None:
    assert parse_float(text) == number


def test_equality_and_text() -> None:
    assert same({"a": [1, 2.0]}, {"a": [1.0, 2]})
    assert not same([True], [1])
    assert not same([1], [1, 2])
    assert [to_text(value) for value in (1.0, 0.5, True, "x")] == ["1", "0.5", "true", "x"]


def test_a_reference_takes_the_place_of_its_node() -> None:
    tree = grow(
        {
            "definitions": {"d": {"type": "object", "properties": {"x": {"type": "string"}}}},
            "type": "object",
            "properties": {"a": {"$ref": "#/definitions/d"}},
        }
    )
    assert [node.path for node in tree.nodes()] == [(), ("a",), ("a", "x")]
    assert tree.origin("/properties/a/properties/x") == "/definitions/d/properties/x"


def test_a_reference_to_itself_ends() -> None:
    tree = grow(
        {
            "definitions": {
                "d": {"type": "object", "properties": {"x": {"$ref": "#/definitions/d"}}}
            },
            "properties": {"a": {"$ref": "#/definitions/d"}},
        }
    )
    assert len(tree.nodes()) == 3


@given(JSON)
def test_yaml_and_json_positions_agree_on_what_there_is(value: object) -> None:
    text = yaml.safe_dump(value, default_flow_style=True)
    if parse_yaml(text)[1] == "" and parse_yaml(text)[0] == value:
        assert set(yaml_positions(text)) == pointers(value)
