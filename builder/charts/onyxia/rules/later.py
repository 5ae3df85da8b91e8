"""Rules whose breach shows once the form is used, or the button is pressed."""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.context import contexts
from builder.charts.onyxia.editor import editor_schema, errors
from builder.charts.onyxia.javascript import at, matches, pattern_error, to_text
from builder.charts.onyxia.model import UNDEFINED, Consequence, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.shape import KEYWORDS
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, in_contexts, together
from builder.charts.onyxia.values import default_item

_STEPS = 1000
"""Maximum number of positions of a slider to try."""


@rule(Consequence.LATER)
def item_default(subject: Subject) -> Iterator[Violation]:
    """An array to which a user can add items has a usable default for them, or a first item to
    copy.
    """
    for node in subject.nodes:
        if (
            node.type != "array"
            or node.items is None
            or not _changeable(subject, node)
            or node.number("maxItems") == 0
        ):
            continue
        failing = [
            name
            for name, context in contexts().items()
            if default_item(node.items, context) is UNDEFINED
            and not any(subject.values_of(node, name))
        ]
        if failing:
            message = (
                f"adding an item to {node.name} crashes: its items have no usable"
                f" default{in_contexts(failing)}"
            )
            yield Violation(
                join(node.pointer, "items"),
                message,
                "give each property of the items a default that it accepts",
            )


@rule(Consequence.LATER)
def item_removal(subject: Subject) -> Iterator[Violation]:
    """An array of objects from which a user can remove items starts empty: once an item was removed
    and the configuration saved, opening it again crashes the page.
    """
    for node in subject.nodes:
        if (
            node.type != "array"
            or node.items is None
            or node.items.type != "object"
            or not _changeable(subject, node)
        ):
            continue
        filled = [
            name
            for name in contexts()
            if any(
                isinstance(value, list) and _removable(node, value)
                for value in subject.values_of(node, name)
            )
        ]
        if filled:
            hint = "start with an empty array, or let minItems keep the items"
            yield Violation(
                node.pointer,
                f"{node.name} is an array of objects that starts with items{in_contexts(filled)}",
                hint,
            )


@rule(Consequence.FORM)
def schema_meta(subject: Subject) -> Iterator[Violation]:
    """The schema is valid draft 07: the text editor refuses to compile any other."""
    if subject.schema.problem or not isinstance(subject.schema.value, dict):
        return
    for error in subject.schema_errors:
        keyword = str(error.absolute_path[-1]) if error.absolute_path else ""
        if keyword == "$schema" or _ours(subject, [str(step) for step in error.absolute_path]):
            continue
        yield Violation(
            join("", *map(str, error.absolute_path)),
            f"{'.'.join(map(str, error.absolute_path)) or 'the schema'}: {error.message}",
        )


@rule(Consequence.LAUNCH)
def launch_value(subject: Subject) -> Iterator[Violation]:
    """The form's initial values satisfy the whole schema, including what the form ignores: lengths,
    `maximum`, `oneOf`.
    """
    if subject.schema.problem or subject.schema_errors:
        return
    occurrences: list[tuple[str, str, str]] = []
    for context, computed in subject.computed.items():
        if computed.crashes or not isinstance(computed.values, dict):
            continue
        schema = editor_schema(subject.tree.root, subject.lookups[context])
        occurrences += [
            (
                _pointer(subject, [str(key) for key in error.absolute_path]),
                f"{'.'.join(map(str, error.absolute_path))}: {error.message}",
                context,
            )
            for error in errors(schema, computed.values)
        ]
    for pointer, words in together(occurrences):
        yield Violation(pointer, words, "change the default, or the keyword that refuses it")


@rule(Consequence.LAUNCH)
def slider_pattern(subject: Subject) -> Iterator[Violation]:
    """A slider cannot reach a value that the node's `pattern` refuses."""
    for node in subject.nodes:
        pattern = node.text("pattern")
        if pattern is None or pattern_error(pattern) or node.type != "string":
            continue
        refused = next((text for text in _positions(node) if not matches(pattern, text)), None)
        if refused is not None:
            yield Violation(
                join(node.pointer, "pattern"),
                f"the slider {node.name} reaches {refused}, which its pattern {pattern} refuses",
            )


def _changeable(subject: Subject, node: SchemaNode) -> bool:
    """Tell whether a user may add to an array, or remove from it."""
    return (
        subject.shown(node)
        and node.onyxia.get("readonly") is not True
        and "const" not in node.keywords
        and "*" not in node.path
    )


def _removable(node: SchemaNode, value: list[object]) -> bool:
    return len(value) > (node.number("minItems") or 0)


def _positions(node: SchemaNode) -> Iterator[str]:
    low, high, step = (
        node.number("sliderMin"),
        node.number("sliderMax"),
        node.number("sliderStep") or 1,
    )
    if low is None or high is None or step <= 0:
        return
    unit = node.text("sliderUnit") or ""
    count = min(int((high - low) / step), _STEPS)
    for position in (*range(count + 1), (high - low) / step):
        yield to_text(low + position * step) + unit


def _pointer(subject: Subject, path: list[str]) -> str:
    """Return the pointer of the node for the value at a path."""
    for end in range(len(path), -1, -1):
        steps = tuple(path[:end])
        node = subject.by_path.get(steps) or subject.by_path.get(
            tuple("*" if key.isdecimal() else key for key in steps)
        )
        if node is not None:
            return node.pointer
    return ""


def _ours(subject: Subject, path: list[str]) -> bool:
    """Tell whether a rule on shapes reports the keyword at a path."""
    for end in range(len(path), 0, -1):
        keyword, owner = path[end - 1], at(subject.tree.raw, path[: end - 1])
        if (
            keyword in KEYWORDS
            and isinstance(owner, dict)
            and not KEYWORDS[keyword].accepts(owner.get(keyword))
        ):
            return True
    return False
