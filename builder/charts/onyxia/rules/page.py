"""Rules whose breach keeps the launcher's page from opening: the application parses the schema
before anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.charts.onyxia.model import Consequence, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.shape import KEYWORDS, NAME, ONYXIA, TYPES
from builder.charts.onyxia.slots import SLOTS, nearest
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.validation import show

_NAMED = {"type", "items", "required", "render", "title", "description", "hidden", "x-onyxia"}
"""Keywords whose shape has a rule of its own."""


@rule(Consequence.PAGE)
def schema_json(subject: Subject) -> Iterator[Violation]:
    """`values.schema.json` is a JSON object."""
    if subject.chart.schema is None:
        return
    if subject.schema.problem:
        yield Violation("", f"values.schema.json is {subject.schema.problem}")
    elif not isinstance(subject.schema.value, dict):
        yield Violation("", f"values.schema.json holds {show(subject.schema.value)}, not an object")


@rule(Consequence.PAGE)
def node_object(subject: Subject) -> Iterator[Violation]:
    """A node of the schema is an object, never `true` or `false`."""
    for node in subject.nodes:
        if not isinstance(node.raw, dict):
            yield Violation(
                node.pointer, f"{node.name} is {show(node.raw)}, not an object", 'write {"type": …}'
            )


@rule(Consequence.PAGE)
def node_type(subject: Subject) -> Iterator[Violation]:
    """Every node has a `type` or a `const`."""
    for node in subject.nodes:
        if isinstance(node.raw, dict) and not {"type", "const", "$ref"} & node.raw.keys():
            yield Violation(
                node.pointer,
                f"{node.name} has neither a type nor a const",
                f"give it one of: {', '.join(TYPES)}",
            )


@rule(Consequence.PAGE)
def type_name(subject: Subject) -> Iterator[Violation]:
    """`type` is one name, and not `null`: no list of types."""
    for pointer, name, value in _members(subject, "type"):
        if not KEYWORDS["type"].accepts(value):
            yield Violation(
                pointer, f"the type of {name} is {show(value)}", f"one of: {', '.join(TYPES)}"
            )


@rule(Consequence.PAGE)
def x_onyxia_hidden(subject: Subject) -> Iterator[Violation]:
    """`x-onyxia.hidden` is true or false: the condition `{value, path}` belongs in the node's own
    `hidden`.
    """
    for pointer, name, value in _members(subject, "x-onyxia"):
        if isinstance(value, dict) and not isinstance(value.get("hidden", False), bool):
            hidden = value["hidden"]
            hint = (
                'move it out of x-onyxia: "hidden": {"value": …, "path": "…"}'
                if isinstance(hidden, dict)
                else "write true or false"
            )
            yield Violation(
                join(pointer, "hidden"),
                f"x-onyxia.hidden of {name} is {show(hidden)}, not true or false",
                hint,
            )


@rule(Consequence.PAGE)
def x_onyxia_shape(subject: Subject) -> Iterator[Violation]:
    """`x-onyxia` is an object; what it injects is a string, an array or an object; `readonly` is
    true or false.
    """
    for pointer, name, value in _members(subject, "x-onyxia"):
        if not isinstance(value, dict):
            yield Violation(pointer, f"x-onyxia of {name} is {show(value)}, not an object")
            continue
        for key, shape in {**ONYXIA, "overwriteSchemaWith": NAME}.items():
            if key in value and key != "hidden" and not shape.accepts(value[key]):
                yield Violation(
                    join(pointer, key),
                    f"x-onyxia.{key} of {name} is {show(value[key])}, not {shape.words}",
                )


@rule(Consequence.PAGE)
def required_shape(subject: Subject) -> Iterator[Violation]:
    """`required` is an array of names on the object, not `true` on the property."""
    yield from _misshapen(
        subject, "required", "name the property in the `required` of the object that it is in"
    )


@rule(Consequence.PAGE)
def items_shape(subject: Subject) -> Iterator[Violation]:
    """`items` is one schema, not a list of schemas."""
    yield from _misshapen(subject, "items")


@rule(Consequence.PAGE)
def render_name(subject: Subject) -> Iterator[Violation]:
    """`render` is one of textArea, password, list, slider."""
    yield from _misshapen(subject, "render")


@rule(Consequence.PAGE)
def title_shape(subject: Subject) -> Iterator[Violation]:
    """`title` and `description` are strings."""
    yield from _misshapen(subject, "title")
    yield from _misshapen(subject, "description")


@rule(Consequence.PAGE)
def hidden_shape(subject: Subject) -> Iterator[Violation]:
    """`hidden` is true, false, or `{value, path}` with an optional boolean `isPathRelative`."""
    yield from _misshapen(subject, "hidden")


@rule(Consequence.PAGE)
def keyword_shape(subject: Subject) -> Iterator[Violation]:
    """Any other keyword that the form reads has the expected shape: a number, a list, and so on."""
    for keyword in KEYWORDS:
        if keyword not in _NAMED:
            yield from _misshapen(subject, keyword)


@rule(Consequence.PAGE)
def reference(subject: Subject) -> Iterator[Violation]:
    """`$ref` points to `#/definitions/…`, or is the name of a schema that every API has; it is not
    resolved below a slot for which the API has no schema.
    """
    for pointer, name, value in _members(subject, "$ref"):
        if isinstance(value, str) and value in SLOTS and SLOTS[value].bundled:
            continue
        near = (
            nearest(value, subject.slots)
            if isinstance(value, str) and not value.startswith("#")
            else ""
        )
        hint = (
            f"did you mean {near}?"
            if near
            else "define it under #/definitions/, outside of any node with overwriteSchemaWith"
        )
        yield Violation(pointer, f"the $ref of {name} to {show(value)} is not resolved", hint)


def _members(subject: Subject, key: str) -> Iterator[tuple[str, str, object]]:
    """Yield pointer, name of the node and value of one key, wherever it stands."""
    for node in subject.nodes:
        raw: Mapping[str, object] = node.raw if isinstance(node.raw, dict) else {}
        if key in raw:
            yield join(node.pointer, key), node.name, raw[key]


def _misshapen(subject: Subject, keyword: str, hint: str = "") -> Iterator[Violation]:
    shape = KEYWORDS[keyword]
    for pointer, name, value in _members(subject, keyword):
        if not shape.accepts(value):
            yield Violation(
                pointer, f"{keyword} of {name} is {show(value)}, not {shape.words}", hint
            )
