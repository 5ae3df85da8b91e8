"""Rules whose breach crashes the page while it computes the form's initial values."""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.javascript import at, pattern_error
from builder.charts.onyxia.model import UNDEFINED, VALUES, Consequence, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.slots import SLOTS
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, together
from builder.charts.onyxia.validation import kind, show


@rule(Consequence.VALUES)
def values_root(subject: Subject) -> Iterator[Violation]:
    """`values.yaml` is a mapping, and not empty; no key is repeated."""
    if subject.chart.values is None:
        yield Violation("", "the chart has no values.yaml", file=VALUES)
    elif subject.values.problem:
        yield Violation("", f"values.yaml: {subject.values.problem}", file=VALUES)
    elif not isinstance(subject.values.value, dict):
        what = (
            "is empty"
            if subject.values.value is None
            else f"holds {show(subject.values.value)}, not a mapping"
        )
        yield Violation(
            "", f"values.yaml {what}", "give every value of the schema a default there", VALUES
        )


@rule(Consequence.VALUES)
def schema_root(subject: Subject) -> Iterator[Violation]:
    """The root of the schema is an object."""
    if isinstance(subject.schema.value, dict) and subject.tree.root.type not in {None, "object"}:
        yield Violation(
            "/type", f"the root of the schema is {show(subject.tree.root.type)}, not an object"
        )


@rule(Consequence.VALUES)
def no_value(subject: Subject) -> Iterator[Violation]:
    """Every leaf has a usable value in every context: a valid `default`, or a value in values.yaml,
    if what it injects may be missing.
    """
    yield from _crashes(subject, "value", "give it a default that it accepts")


@rule(Consequence.VALUES)
def values_yaml(subject: Subject) -> Iterator[Violation]:
    """A value of values.yaml is valid (not null, and of the node's type) if it is used because
    there is neither an injected value nor a valid `default`.
    """
    yield from _crashes(subject, "values.yaml", "give it a valid default, or correct values.yaml")


@rule(Consequence.VALUES)
def object_value(subject: Subject) -> Iterator[Violation]:
    """An object without properties has a `default` or a value in values.yaml; only an array needs
    neither.
    """
    yield from _crashes(subject, "object", 'give it a default: {"type": "object", "default": {}}')


@rule(Consequence.VALUES)
def min_items(subject: Subject) -> Iterator[Violation]:
    """An array with `minItems` has a default with as many items, or items with a default."""
    yield from _crashes(
        subject, "items", "give the items a default, or give the array one with enough items"
    )


@rule(Consequence.VALUES)
def const_value(subject: Subject) -> Iterator[Violation]:
    """`const` is a value that the node itself accepts: not null, and of its type."""
    yield from _crashes(subject, "const")
    for node in subject.nodes:
        if (
            "const" in node.keywords
            and "type" not in node.keywords
            and node.type is None
            and "type" not in _raw(node.raw)
        ):
            yield Violation(
                join(node.pointer, "const"),
                f"the const of {node.name} is {show(node.keywords['const'])}, which has no type",
            )


@rule(Consequence.VALUES)
def pattern_javascript(subject: Subject) -> Iterator[Violation]:
    """`pattern` is a valid regular expression of JavaScript, which has no flags such as `(?i)`."""
    for node in subject.nodes:
        pattern = node.text("pattern")
        wrong = pattern_error(pattern) if pattern is not None else None
        if wrong:
            yield Violation(
                join(node.pointer, "pattern"),
                f"the pattern {pattern} of {node.name} is not valid JavaScript: {wrong}",
                "write both cases: [Aa]",
            )


@rule(Consequence.VALUES)
def slot_values(subject: Subject) -> Iterator[Violation]:
    """For a slot, values.yaml has every value for which the API's own schema has no usable default:
    the API replaces the whole node by that schema.
    """
    for node in subject.nodes:
        slot = SLOTS.get(node.slot or "")
        if slot is None or "*" in node.path:
            continue
        for below, wanted in slot.needs.items():
            path = (*node.path, *([below] if below else []))
            value = at(subject.values.value, path)
            if value is UNDEFINED or kind(value) != wanted:
                given = "nothing" if value is UNDEFINED else show(value)
                message = (
                    f"{'.'.join(path)}: an API's {node.slot} has no usable default for it, and"
                    f" values.yaml has {given}"
                )
                yield Violation(
                    node.pointer,
                    message,
                    f"set {'.'.join(path)} to a value of type {wanted} in values.yaml",
                )


def _crashes(subject: Subject, what: str, hint: str = "") -> Iterator[Violation]:
    occurrences: list[tuple[str, str, str]] = []
    for context, computed in subject.computed.items():
        for crash in computed.crashes:
            if crash.kind == what:
                occurrences.append((crash.pointer, crash.reason, context))
    names = {node.pointer: node.name for node in subject.nodes}
    for pointer, words in together(occurrences):
        yield Violation(pointer, f"{names[pointer]} has no usable value: {words}", hint)


def _raw(raw: object) -> dict[str, object]:
    return raw if isinstance(raw, dict) else {}
