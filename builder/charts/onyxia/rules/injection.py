"""Rules on what is injected: expressions, the context that they read, and whether their node
accepts the value.
"""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.context import AHEAD, VERSION, Type, Unknown, is_later, look_up
from builder.charts.onyxia.expression import ContextReference, evaluate, references, strings
from builder.charts.onyxia.model import UNDEFINED, Consequence, Crash, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, together
from builder.charts.onyxia.validation import options, show

_KEYS = ("overwriteDefaultWith", "overwriteListEnumWith")
_ANY = Type(kind="any")


@rule(Consequence.SILENT)
def expression_syntax(subject: Subject) -> Iterator[Violation]:
    """Braces come in pairs of two, with a path in between: anything else is injected as literal
    text.
    """
    for node, key, expression in _expressions(subject):
        for pieces in strings(expression):
            text = next(
                (
                    piece
                    for piece in pieces
                    if isinstance(piece, str) and ("{{" in piece or "}}" in piece)
                ),
                None,
            )
            if text is not None:
                yield Violation(
                    join(node.pointer, "x-onyxia", key),
                    f"{key} of {node.name} has braces that enclose no path: {show(text)}",
                )


@rule(Consequence.SILENT)
def context_path(subject: Subject) -> Iterator[Violation]:
    """Every path that an expression reads is in the context: otherwise it is undefined, and the
    default is used. A node may say that it knows.
    """
    for node, key, expression in _expressions(subject):
        item = _item(subject, node)
        knows = isinstance(node.raw, dict) and node.raw.get("$comment") == AHEAD
        for reference in references(expression):
            if knows and is_later(reference.path):
                continue
            looked_up = look_up(reference.path, item)
            if isinstance(looked_up, Unknown):
                hint = (
                    f"did you mean {looked_up.nearest}?"
                    if looked_up.nearest
                    else "remove it, and keep the default"
                )
                why = f": {looked_up.why}" if looked_up.why else ""
                message = (
                    f"{node.name} reads {looked_up.path!r}, which is not in the context of the"
                    f" application {VERSION}{why}"
                )
                yield Violation(join(node.pointer, "x-onyxia", key), message, hint)


@rule(Consequence.SILENT)
def embedded_path(subject: Subject) -> Iterator[Violation]:
    """An expression inside a longer string yields a string, a number or a boolean: with anything
    else the whole string is undefined.
    """
    for node, key, expression in _expressions(subject):
        for reference in references(expression):
            looked_up = look_up(reference.path, _item(subject, node))
            if (
                reference.embedded
                and isinstance(looked_up, Type)
                and looked_up.kind in {"array", "object"}
            ):
                yield Violation(
                    join(node.pointer, "x-onyxia", key),
                    f"{node.name} puts {reference}, an {looked_up.kind}, into a string",
                )


@rule(Consequence.SILENT)
def injection_refused(subject: Subject) -> Iterator[Violation]:
    """The node accepts what it injects, by its type, pattern, bounds and options; otherwise its
    default is used.
    """
    occurrences: list[tuple[str, str, str]] = []
    for context, computed in subject.computed.items():
        for refusal in computed.refusals:
            node = refusal.node
            words = (
                f"{node.name} does not accept what it injects, {show(refusal.value)}, which"
                f" {refusal.why}"
            )
            if node.pointer not in subject.crashed:
                occurrences.append((node.pointer, words, context))
    for pointer, words in together(occurrences):
        yield Violation(join(pointer, "x-onyxia", "overwriteDefaultWith"), words)


@rule(Consequence.SILENT)
def options_injected(subject: Subject) -> Iterator[Violation]:
    """`overwriteListEnumWith` yields an array with at least one option that the node accepts;
    otherwise `listEnum` is used.
    """
    occurrences: list[tuple[str, str, str]] = []
    for node in subject.nodes:
        expression = node.onyxia.get("overwriteListEnumWith", UNDEFINED)
        for context, lookup in subject.lookups.items():
            value = evaluate(expression, lookup)
            if value is UNDEFINED or _taken(node, value, subject, context):
                continue
            occurrences.append(
                (node.pointer, f"the options of {node.name} are not {show(value)}", context)
            )
    for pointer, words in together(occurrences):
        yield Violation(
            join(pointer, "x-onyxia", "overwriteListEnumWith"),
            words,
            "inject an array of values that the node accepts",
        )


@rule(Consequence.SILENT)
def object_default(subject: Subject) -> Iterator[Violation]:
    """An object with `properties` has neither a `default` nor an `overwriteDefaultWith` of its own:
    its value comes from its properties.
    """
    for node in subject.nodes:
        if node.type != "object" or node.properties is None or "const" in node.keywords:
            continue
        for keyword, given in (
            ("default", node.default),
            ("overwriteDefaultWith", node.expression),
        ):
            if given is not UNDEFINED:
                pointer = (
                    join(node.pointer, "default")
                    if keyword == "default"
                    else join(node.pointer, "x-onyxia", keyword)
                )
                message = f"{keyword} of {node.name} is never used: it is an object with properties"
                yield Violation(
                    pointer, message, "move it to the properties, or remove the properties"
                )


def _expressions(subject: Subject) -> Iterator[tuple[SchemaNode, str, object]]:
    for node in subject.nodes:
        for key in _KEYS:
            if key in node.onyxia:
                yield node, key, node.onyxia[key]


def _item(subject: Subject, node: SchemaNode) -> Type | None:
    """Return the type of the element whose properties are in scope: that of the nearest array
    around the node that injects one.
    """
    for array in subject.lineage(node):
        if array.type != "array" or array.expression is UNDEFINED:
            continue
        paths = list(references(array.expression)) if isinstance(array.expression, str) else []
        looked_up = look_up(paths[0].path) if len(paths) == 1 and _whole(paths[0]) else _ANY
        return looked_up.items or _ANY if isinstance(looked_up, Type) else _ANY
    return None


def _whole(reference: ContextReference) -> bool:
    return not reference.embedded


def _taken(node: SchemaNode, value: object, subject: Subject, context: str) -> bool:
    if not isinstance(value, list):
        return False
    bare = SchemaNode(
        pointer=node.pointer,
        path=node.path,
        raw=node.raw,
        type=node.type,
        keywords={
            key: given for key, given in node.keywords.items() if key not in {"enum", "listEnum"}
        }
        | {"render": "list"},
        onyxia=node.onyxia,
    )
    try:
        return options(bare, subject.lookups[context]) is not None
    except Crash:
        return False
