"""Rules whose breach crashes the form, or the text editor beside it, as soon as it is shown."""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.context import contexts
from builder.charts.onyxia.javascript import parse_float, pattern_error, same
from builder.charts.onyxia.model import Consequence, Crash, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, together
from builder.charts.onyxia.validation import options, show
from builder.charts.onyxia.values import selectable

DIALECTS = ("http://json-schema.org/draft-07/schema", "http://json-schema.org/schema")
"""The dialects that the editor's validator knows, with or without a final #."""


@rule(Consequence.FORM)
def list_options(subject: Subject) -> Iterator[Violation]:
    """`render: list` has options, and the node accepts each of them: with one bad option, none
    counts.
    """
    occurrences: list[tuple[str, str, str]] = []
    for node in subject.nodes:
        if node.keywords.get("render") == "list" and not pattern_error(node.text("pattern") or ""):
            occurrences += [
                (node.pointer, f"{node.name}: {crash}", context)
                for context, crash in _crashed_options(subject, node)
            ]
    for pointer, words in together(occurrences):
        yield Violation(
            pointer,
            words,
            "give it a listEnum whose options all match its type, pattern and bounds",
        )


@rule(Consequence.FORM)
def slider_type(subject: Subject) -> Iterator[Violation]:
    """A slider is a string or a number, not an integer."""
    for node in _sliders(subject):
        if node.type not in {"string", "number"}:
            yield Violation(
                join(node.pointer, "type"),
                f"{node.name} is a slider of type {node.type}",
                "make it a number, or a string with a sliderUnit",
            )


@rule(Consequence.FORM)
def slider_bounds(subject: Subject) -> Iterator[Violation]:
    """A slider has both `sliderMin` and `sliderMax`; both ends of a range slider too."""
    for node in _sliders(subject):
        missing = [
            keyword for keyword in ("sliderMin", "sliderMax") if node.number(keyword) is None
        ]
        if missing:
            yield Violation(
                node.pointer, f"the slider {node.name} has no {' and no '.join(missing)}"
            )


@rule(Consequence.FORM)
def slider_unit(subject: Subject) -> Iterator[Violation]:
    """A slider over numbers has no `sliderUnit`, not even an empty one."""
    for node in _sliders(subject):
        unit = node.text("sliderUnit")
        if (
            node.type == "number"
            and unit is not None
            and (unit or "sliderExtremity" not in node.keywords)
        ):
            hint = "remove it, or make the node a string"
            yield Violation(
                join(node.pointer, "sliderUnit"),
                f"the slider {node.name} is a number and has the unit {show(unit)}",
                hint,
            )


@rule(Consequence.FORM)
def slider_render(subject: Subject) -> Iterator[Violation]:
    """A slider's `render` is `slider`, or absent."""
    for node in _sliders(subject):
        render = node.keywords.get("render", "slider")
        if render != "slider":
            yield Violation(
                join(node.pointer, "render"),
                f"{node.name} has the keywords of a slider and has render {render}",
            )


@rule(Consequence.FORM)
def slider_number(subject: Subject) -> Iterator[Violation]:
    """The value of a slider over strings without a unit is a number."""
    occurrences: list[tuple[str, str, str]] = []
    for node in _sliders(subject):
        if node.type != "string" or node.text("sliderUnit") is not None:
            continue
        for context, value in subject.occurring(node):
            if isinstance(value, str) and parse_float(value) is None:
                words = (
                    f"the value of the slider {node.name} is {show(value)}, which is not a number"
                )
                occurrences.append((node.pointer, words, context))
    for pointer, words in together(occurrences):
        yield Violation(
            pointer, words, "give the slider a sliderUnit, and add that unit to the default"
        )


@rule(Consequence.FORM)
def root_properties(subject: Subject) -> Iterator[Violation]:
    """The root of the schema has `properties`."""
    root = subject.tree.root
    if root.type == "object" and root.properties is None:
        yield Violation("", "the root of the schema has no properties", 'write "properties": {}')


@rule(Consequence.FORM)
def pattern_unicode(subject: Subject) -> Iterator[Violation]:
    r"""`pattern` is valid with the flag `u`, which the text editor uses: no needless escapes such
    as `\-` and `\_`.
    """
    for node in subject.nodes:
        pattern = node.text("pattern")
        if pattern is None or pattern_error(pattern):
            continue
        wrong = pattern_error(pattern, "u")
        if wrong:
            message = f"the pattern {pattern} of {node.name} is not valid with the flag u: {wrong}"
            yield Violation(
                join(node.pointer, "pattern"),
                message,
                "escape only what needs it, and put - last in [ ]",
            )


@rule(Consequence.FORM)
def options_empty(subject: Subject) -> Iterator[Violation]:
    """`enum` is not empty."""
    for node in subject.nodes:
        if node.options("enum") == []:
            yield Violation(
                join(node.pointer, "enum"), f"the enum of {node.name} is empty", "remove it"
            )


@rule(Consequence.FORM)
def options_repeated(subject: Subject) -> Iterator[Violation]:
    """No option is repeated in `enum` or `listEnum`."""
    for node in subject.nodes:
        for keyword in ("enum", "listEnum"):
            given = node.options(keyword) or []
            repeated = list(_repeated(given))
            if repeated:
                message = f"{keyword} of {node.name} has {show(repeated[0])} twice"
                yield Violation(join(node.pointer, keyword), message)


@rule(Consequence.FORM)
def schema_dialect(subject: Subject) -> Iterator[Violation]:
    """`$schema` is draft 07, or absent: the text editor knows no other."""
    raw = subject.tree.raw
    dialect = raw.get("$schema") if isinstance(raw, dict) else None
    if dialect is not None and not (
        isinstance(dialect, str) and dialect.removesuffix("#") in DIALECTS
    ):
        yield Violation(
            "/$schema",
            f"the text editor does not know the dialect {show(dialect)}",
            f"write {DIALECTS[0]}#",
        )


@rule(Consequence.FORM)
def schema_id(subject: Subject) -> Iterator[Violation]:
    """No node has an `$id`: the text editor compiles the schema repeatedly, which fails for an
    identifier that it knows already.
    """
    for node in subject.nodes:
        if isinstance(node.raw, dict) and "$id" in node.raw:
            yield Violation(join(node.pointer, "$id"), f"{node.name} has an $id", "remove it")


def _repeated(given: list[object]) -> Iterator[object]:
    """Yield the options that repeat an earlier one."""
    for index, option in enumerate(given):
        if any(same(option, other) for other in given[:index]):
            yield option


def _sliders(subject: Subject) -> Iterator[SchemaNode]:
    """Yield the nodes that the form draws as sliders, in any context."""
    for node in subject.nodes:
        is_slider = "sliderMin" in node.keywords or "sliderExtremity" in node.keywords
        as_text = (node.type == "object" and node.properties is None) or (
            node.type == "array" and node.items is None
        )
        if (
            is_slider
            and node.type
            and not as_text
            and not all(selectable(node, context) for context in contexts().values())
        ):
            yield node


def _crashed_options(subject: Subject, node: SchemaNode) -> Iterator[tuple[str, Crash]]:
    for context, lookup in subject.lookups.items():
        try:
            options(node, lookup)
        except Crash as crash:
            yield context, crash
