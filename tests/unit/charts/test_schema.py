from __future__ import annotations

import pytest

from builder.charts.model import Option, Slider, spaced
from builder.charts.onyxia.context import AHEAD
from builder.charts.schema import node


def test_a_leaf() -> None:
    assert node("maxSize", Option(description="How big", default="1Gi", pattern="^.*Gi$")) == {
        "title": "Max size",
        "description": "How big",
        "type": "string",
        "default": "1Gi",
        "pattern": "^.*Gi$",
    }


def test_the_form_may_start_with_something_else() -> None:
    assert node("a", Option(type="boolean", form=True))["default"] is True


def test_an_object_has_no_default_of_its_own() -> None:
    found = node("a", Option(default={}, options={"b": Option()}))
    assert "default" not in found
    assert found["type"] == "object"


def test_a_gate_shows_what_is_beside_it() -> None:
    found = node(
        "s3",
        Option(
            gate="enabled",
            options={
                "enabled": Option(type="boolean"),
                "key": Option(),
                "name": Option(hidden=True),
            },
        ),
    )
    properties = found["properties"]
    assert isinstance(properties, dict)
    shown = {
        name: inner.get("hidden") for name, inner in properties.items() if isinstance(inner, dict)
    }
    assert shown == {
        "enabled": None,
        "key": {"value": False, "path": "enabled", "isPathRelative": True},
        "name": None,
    }


@pytest.mark.parametrize(
    ("option", "hidden"),
    [
        (Option(when="enabled"), {"value": False, "path": "enabled", "isPathRelative": True}),
        (Option(when="/a/b"), {"value": False, "path": "a/b"}),
        (Option(unless="/a/b"), {"value": True, "path": "a/b"}),
    ],
)
def test_conditions(option: Option, hidden: object) -> None:
    assert node("x", option)["hidden"] == hidden


def test_what_onyxia_injects_overrides_and_hides() -> None:
    option = Option(
        hidden=True,
        inject="{{user.email}}",
        inject_choices="user.groups",
        slot="a.json",
        readonly=True,
    )
    assert node("x", option)["x-onyxia"] == {
        "hidden": True,
        "readonly": True,
        "overwriteDefaultWith": "{{user.email}}",
        "overwriteListEnumWith": "user.groups",
        "overwriteSchemaWith": "a.json",
    }


def test_choices_are_enforced_and_suggestions_are_not() -> None:
    assert node("x", Option(choices=("a", "b"), default="a"))["enum"] == ["a", "b"]
    found = node("x", Option(suggest=("a", "b"), default="a"))
    assert (found["listEnum"], found["render"]) == (["a", "b"], "list")


def test_a_slider_has_whole_numbers_and_no_key_without_value() -> None:
    found = node("x", Option(default="1Gi", slider=Slider(min=1, max=10, unit="Gi")))
    assert {key: value for key, value in found.items() if "lider" in str(key)} == {
        "sliderMin": 1,
        "sliderMax": 10,
        "sliderStep": 1,
        "sliderUnit": "Gi",
    }
    assert isinstance(found["sliderMin"], int)


def test_items_and_maps_are_typed() -> None:
    found = node("x", Option(items=Option(type="integer", default=1), unique=True))
    assert found["items"] == {
        "title": "Item",
        "description": "Item",
        "type": "integer",
        "default": 1,
    }
    assert (found["default"], found["uniqueItems"]) == ([], True)
    assert node("x", Option(map=Option()))["additionalProperties"] == {
        "title": "Value",
        "description": "Value",
        "type": "string",
        "default": "",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [("ingressClassName", "Ingress class name"), ("cpu", "Cpu"), ("useTLS", "Use tls")],
)
def test_names_as_words(name: str, words: str) -> None:
    assert spaced(name) == words


def test_an_empty_list_for_a_map_is_beside_the_properties() -> None:
    """A form's node has one type, and looks at properties only."""
    annotations = Option(map=Option(), empty_list=True)
    found = node("ingress", Option(options={"path": Option(), "annotations": annotations}))
    properties, aside = found["properties"], found["patternProperties"]
    assert isinstance(properties, dict)
    assert isinstance(aside, dict)
    assert list(properties) == ["path"]
    inner = aside["^annotations$"]
    assert isinstance(inner, dict)
    assert (inner["type"], inner["maxItems"]) == (["object", "array"], 0)


def test_what_is_ahead_of_the_form_says_so() -> None:
    found = node("a", Option(inject="{{ai.providers}}", ahead=True))
    assert found["$comment"] == AHEAD
