"""The values with which the form opens, computed as the web application computes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.charts.onyxia.context import contexts
from builder.charts.onyxia.javascript import at
from builder.charts.onyxia.tree import grow
from builder.charts.onyxia.validation import validate
from builder.charts.onyxia.values import Computed, compute_values, default_item

CONTEXT: Mapping[str, Any] = {
    "a": {"b": {"r": "injected"}, "text": "42", "half": "42.5", "yes": "true", "list": ["x", "y"]},
    "s3": {"key": "k"},
}


def compute(
    node: Mapping[str, Any], values: object = None, context: Mapping[str, Any] = CONTEXT
) -> Computed:
    given = {} if values is None else {"r": values}
    return compute_values(grow({"type": "object", "properties": {"r": node}}).root, given, context)


def value(
    node: Mapping[str, Any], values: object = None, context: Mapping[str, Any] = CONTEXT
) -> object:
    computed = compute(node, values, context)
    assert not computed.crashes, computed.crashes
    assert isinstance(computed.values, dict)
    return computed.values["r"]


def crash(node: Mapping[str, Any], values: object = None) -> str:
    computed = compute(node, values)
    assert len(computed.crashes) == 1
    assert computed.crashes[0].pointer == "/properties/r"
    return computed.crashes[0].kind


INJECTS = {"overwriteDefaultWith": "a.b"}


def test_order_const_injection_default_values_yaml() -> None:
    node: dict[str, Any] = {
        "type": "object",
        "const": {"r": "const"},
        "default": {"r": "default"},
        "x-onyxia": INJECTS,
    }
    sources = []
    for key in ("const", "x-onyxia", "default", None):
        computed = compute(node, {"r": "values"})
        sources.append(computed.sources["/properties/r"])
        node.pop(key or "", None)
    assert sources == ["const", "injected", "default", "values.yaml"]


def test_a_missing_injection_falls_back_to_the_default() -> None:
    assert (
        value({"type": "string", "default": "d", "x-onyxia": {"overwriteDefaultWith": "a.nothing"}})
        == "d"
    )


def test_an_object_with_properties_ignores_what_it_says_itself() -> None:
    node = {
        "type": "object",
        "default": {"n": 5},
        "x-onyxia": INJECTS,
        "properties": {"n": {"type": "integer", "default": 1}},
    }
    assert value(node) == {"n": 1}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "number", "x-onyxia": {"overwriteDefaultWith": "a.text"}}, 42),
        ({"type": "integer", "default": 7, "x-onyxia": {"overwriteDefaultWith": "a.half"}}, 7),
        ({"type": "boolean", "x-onyxia": {"overwriteDefaultWith": "a.yes"}}, True),
        (
            {"type": "string", "x-onyxia": {"overwriteDefaultWith": "{{a.text}}-{{a.b.r}}"}},
            "42-injected",
        ),
        (
            {
                "type": "string",
                "default": "d",
                "x-onyxia": {"overwriteDefaultWith": "x-{{a.list}}"},
            },
            "d",
        ),
        ({"type": "string", "x-onyxia": {"overwriteDefaultWith": "{{a.list[1]}}"}}, "y"),
        (
            {"type": "array", "x-onyxia": {"overwriteDefaultWith": ["one", "{{a.text}}", 3]}},
            ["one", "42", 3],
        ),
        (
            {
                "type": "object",
                "x-onyxia": {"overwriteDefaultWith": {"k": "{{a.b.r}}", "l": "a.b.r"}},
            },
            {"k": "injected", "l": "a.b.r"},
        ),
    ],
)
def test_injected_values(node: Mapping[str, Any], expected: object) -> None:
    assert value(node) == expected


def test_objects_of_an_array_are_read_through_the_expressions_of_the_item() -> None:
    context = {"a": [{"id": "1", "more": True}, {"id": "2"}], "platform": "p"}
    item = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "on": {"type": "string", "x-onyxia": {"overwriteDefaultWith": "{{platform}}-{{id}}"}},
        },
    }
    node = {"type": "array", "x-onyxia": {"overwriteDefaultWith": "a"}, "items": item}
    assert value(node, context=context) == [{"id": "1", "on": "p-1"}, {"id": "2", "on": "p-2"}]


def test_an_array_with_nothing_is_empty_or_as_long_as_it_must_be() -> None:
    assert value({"type": "array"}) == []
    assert value({"type": "array", "minItems": 2, "items": {"type": "string", "default": "x"}}) == [
        "x",
        "x",
    ]
    assert crash({"type": "array", "minItems": 2, "items": {"type": "string"}}) == "items"
    assert crash({"type": "array", "minItems": 2, "default": ["x"]}) == "items"


@pytest.mark.parametrize(
    ("node", "values", "kind"),
    [
        ({"type": "string"}, None, "value"),
        ({"type": "object"}, None, "object"),
        ({"type": "string"}, 5, "values.yaml"),
        ({"type": "number", "const": "text"}, None, "const"),
        ({"type": "string", "default": "a", "pattern": "(?i)a"}, None, "pattern"),
        ({"type": "string", "default": "a", "render": "list"}, None, "options"),
    ],
)
def test_what_crashes(node: Mapping[str, Any], values: object, kind: str) -> None:
    assert crash(node, values) == kind


def test_all_crashes_are_found_not_only_the_first() -> None:
    tree = grow(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string"},
                "b": {"type": "string", "default": "x"},
                "c": {"type": "integer"},
            },
        }
    )
    computed = compute_values(tree.root, {}, {})
    assert [found.pointer for found in computed.crashes] == ["/properties/a", "/properties/c"]
    assert computed.values == {"b": "x"}


def test_a_chart_that_reads_s3_offers_its_profiles() -> None:
    assert compute(
        {"type": "string", "default": "", "x-onyxia": {"overwriteDefaultWith": "s3.nothing"}}
    ).uses_s3
    assert not compute(
        {"type": "string", "default": "", "x-onyxia": {"overwriteDefaultWith": "a.text"}}
    ).uses_s3


def test_options_that_are_injected_go_before_those_that_are_listed() -> None:
    node = {
        "type": "string",
        "default": "y",
        "listEnum": ["z"],
        "x-onyxia": {"overwriteListEnumWith": "a.list"},
    }
    assert value(node) == "y"
    assert value(node | {"default": "z"}, "x") == "x"


def test_the_item_that_a_button_adds() -> None:
    root = grow(
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "array"}},
            },
        }
    ).root
    assert root.items is not None
    assert default_item(root.items, {}) == {"a": "x", "b": []}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 50)
    | st.sampled_from(["", "a", "5Gi", "true", "2"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3)
    ),
    max_leaves=6,
)


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "boolean", "integer", "number", "array", "object"])},
        optional={
            "default": JSON,
            "minimum": st.integers(0, 3),
            "pattern": st.sampled_from(["^a?$", "."]),
            "listEnum": st.lists(st.sampled_from(["a", "2", 2]), max_size=3),
            "x-onyxia": st.fixed_dictionaries(
                {
                    "overwriteDefaultWith": st.sampled_from(
                        ["user.name", "git.token", "region.tolerations", "s3.port"]
                    )
                }
            ),
        },
    )
    return st.recursive(
        leaf,
        lambda below: (
            st.builds(
                lambda some: {"type": "object", "properties": some},
                st.dictionaries(st.sampled_from("abc"), below, max_size=3),
            )
            | st.builds(lambda item, rest: {**rest, "type": "array", "items": item}, below, leaf)
        ),
        max_leaves=6,
    )


@given(schemas(), JSON, st.sampled_from(sorted(contexts())))
def test_what_is_computed_is_what_its_node_takes(
    schema: dict[str, Any], values: object, context: str
) -> None:
    """The law behind the form's assertions: after a computation without a crash, every node accepts
    its value as it is."""
    root = grow({"type": "object", "properties": {"r": schema}}).root
    computed = compute_values(root, {"r": values}, contexts()[context])
    if not computed.crashes:
        assert validate(root, computed.values, lambda path: at(contexts()[context], path)).valid
