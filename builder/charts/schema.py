"""Options as a self-contained JSON Schema (draft-07), with the extensions of Onyxia's forms."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from builder.charts.compose import Composition
from builder.charts.model import Option, Slider, offered, spaced
from builder.charts.onyxia.context import AHEAD

DRAFT = "http://json-schema.org/draft-07/schema#"
Node = dict[str, JsonValue]


def schema(composition: Composition) -> Node:
    """Return values.schema.json: every node has type, title and description, every leaf a default
    that it accepts.
    """
    return {
        "$schema": DRAFT,
        "title": composition.service.title,
        "description": composition.service.description[composition.language],
        "type": "object",
        **_held(composition.options, None),
    }


def node(name: str, option: Option, gate: str | None = None) -> Node:
    """Return one option's node; `gate` is the boolean beside it that shows it."""
    keywords: Node = {
        "title": option.title or spaced(name),
        "description": option.description or option.title or spaced(name),
        "type": option.kind,
    }
    if option.ahead:
        keywords["$comment"] = AHEAD
    keywords |= _shape(option)
    keywords |= _form(option, None if option.hidden or name == gate else gate)
    if onyxia := _onyxia(option):
        keywords["x-onyxia"] = onyxia
    return keywords


def _shape(option: Option) -> Node:
    """Return the keywords of JSON Schema itself."""
    shape: Node = {}
    if option.options:
        shape |= _held(option.options, option.gate)
    elif option.kind != "object" or option.map is not None or not option.examples:
        shape["default"] = option.initial
    else:
        shape |= {"default": option.initial, "additionalProperties": True}
    if option.map is not None:
        shape["additionalProperties"] = node("value", option.map)
    if option.keys is not None:
        shape["propertyNames"] = {"type": "string", "pattern": option.keys}
    if option.items is not None:
        shape["items"] = node("item", option.items)
    if option.unique:
        shape["uniqueItems"] = True
    if option.choices:
        shape["enum"] = list(option.choices)
    for key in ("pattern", "minimum", "maximum"):
        if (value := getattr(option, key)) is not None:
            shape[key] = value
    if option.examples:
        shape["examples"] = list(option.examples)
    return shape


def _held(options: Mapping[str, Option], gate: str | None) -> Node:
    """Return the nodes of what an object holds. Those with two types are beside the properties,
    where Helm finds them and the form does not.
    """
    held: Node = {}
    aside: Node = {}
    gate = gate if gate in offered(options) else None
    for name, option in offered(options).items():
        if option.empty_list:
            aside[f"^{re.escape(name)}$"] = _or_empty_list(node(name, option, gate))
        else:
            held[name] = node(name, option, gate)
    nodes: Node = {"properties": held}
    if aside:
        nodes["patternProperties"] = aside
    return nodes


def _or_empty_list(keywords: Node) -> Node:
    return keywords | {"type": ["object", "array"], "maxItems": 0}


def _form(option: Option, gate: str | None) -> Node:
    """Return the keywords of Onyxia's form: how the node is shown, and when."""
    form: Node = {}
    if option.suggest:
        form |= {"render": "list", "listEnum": list(option.suggest)}
    if option.render:
        form["render"] = option.render
    if option.slider:
        form |= _slider(option.slider)
    if option.unless:
        form["hidden"] = _condition(option.unless, value=True)
    elif when := option.when or gate:
        form["hidden"] = _condition(when, value=False)
    return form


def _slider(slider: Slider) -> Node:
    fields: Mapping[str, JsonValue] = {
        "render": "slider",
        "sliderMin": _number(slider.min),
        "sliderMax": _number(slider.max),
        "sliderStep": _number(slider.step),
        "sliderUnit": slider.unit,
        "sliderExtremity": slider.end,
        "sliderExtremitySemantic": slider.semantic,
        "sliderRangeId": slider.range,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _condition(path: str, *, value: bool) -> Node:
    if path.startswith("/"):
        return {"value": value, "path": path[1:]}
    return {"value": value, "path": path, "isPathRelative": True}


def _onyxia(option: Option) -> Node:
    fields: Mapping[str, JsonValue] = {
        "hidden": option.hidden or None,
        "readonly": option.readonly or None,
        "overwriteDefaultWith": option.inject,
        "overwriteListEnumWith": option.inject_choices,
        "overwriteSchemaWith": option.slot,
    }
    return {key: value for key, value in fields.items() if value is not None}
