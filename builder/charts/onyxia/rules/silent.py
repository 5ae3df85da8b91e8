"""Rules whose breach is silent: the page opens, but does not do what the schema says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from builder.charts.onyxia.javascript import pattern_error
from builder.charts.onyxia.model import UNDEFINED, Consequence, Crash, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.shape import KEYWORDS, ONYXIA
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, together
from builder.charts.onyxia.validation import fits, kind, problem, show

IGNORED = (
    *(
        "maximum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "multipleOf",
        "minLength",
        "maxLength",
        "format",
        "uniqueItems",
    ),
    *(
        "contains",
        "minProperties",
        "maxProperties",
        "patternProperties",
        "propertyNames",
        "dependencies",
        "additionalItems",
    ),
    *(
        "oneOf",
        "anyOf",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "contentEncoding",
        "contentMediaType",
        "readOnly",
        "writeOnly",
    ),
)
"""Keywords of draft 07 that Helm checks and the form ignores."""

_DEAD = ("form", "x-form", "x-generated")
_HARMLESS = ("$schema", "$id", "$ref", "$comment", "definitions", "examples")
_MEANT = {
    "readOnly": "x-onyxia.readonly",
    "maximum": "sliderMax, or options",
    "minLength": "a pattern",
    "maxLength": "a pattern",
    "format": "a pattern",
    "exclusiveMinimum": "minimum",
}


@rule(Consequence.SILENT)
def default_refused(subject: Subject) -> Iterator[Violation]:
    """A node accepts its own `default` wherever it is needed; otherwise the value of values.yaml is
    used.
    """
    occurrences: list[tuple[str, str, str]] = []
    for node in subject.nodes:
        unused = (
            node.type is None
            or "const" in node.keywords
            or (node.type == "object" and node.properties is not None)
        )
        if node.default is UNDEFINED or unused or node.pointer in subject.crashed:
            continue
        for context, computed in subject.computed.items():
            if computed.sources.get(node.pointer) == "injected":
                continue
            why = _problem(node, node.default, subject, context)
            occurrences += (
                [(node.pointer, f"the default {show(node.default)} of {node.name} {why}", context)]
                if why
                else []
            )
    for pointer, words in together(occurrences):
        yield Violation(join(pointer, "default"), words, "give it a default that it accepts")


@rule(Consequence.SILENT)
def options_dropped(subject: Subject) -> Iterator[Violation]:
    """A node accepts every option of its `enum` or `listEnum`: with one that it does not, none is
    offered, and the field is plain text.
    """
    for node in subject.nodes:
        if (
            node.type is None
            or pattern_error(node.text("pattern") or "")
            or node.keywords.get("render") == "list"
        ):
            continue
        for keyword in ("listEnum", "enum"):
            given = node.options(keyword) or []
            bad = [
                option for option in given if not fits(node, option, subject.lookups["everything"])
            ]
            if bad:
                yield Violation(
                    join(node.pointer, keyword),
                    f"{keyword} of {node.name} is not offered: {show(bad[0])} does not fit the"
                    " node",
                )


@rule(Consequence.SILENT)
def enum_beside_list(subject: Subject) -> Iterator[Violation]:
    """A node has `listEnum` or `enum`, not both: the form shows only `listEnum`."""
    for node in subject.nodes:
        if node.options("listEnum") is not None and node.options("enum") is not None:
            hint = "keep enum to enforce the options, or listEnum to allow other values"
            yield Violation(
                join(node.pointer, "enum"),
                f"{node.name} has both listEnum and enum, and the form ignores enum",
                hint,
            )


@rule(Consequence.SILENT)
def hidden_path(subject: Subject) -> Iterator[Violation]:
    """`hidden.path` points to a value: keys separated by `/`, from the root, or from the node's own
    object with `isPathRelative`.
    """
    for node, hidden, path in _hidden(subject):
        if _target(subject, path) is not None or _free(subject, path):
            continue
        same_text = [one for one in subject.by_path if "/".join(one) == "/".join(path)]
        if any("/" in "".join(one) for one in same_text):
            hint = "no path can point to a key with a slash"
        else:
            asked = str(hidden["path"]).replace(".", "/")
            below = [] if not hidden.get("isPathRelative") else list(node.path[:-1])
            known = [
                "/".join(one[len(below) :])
                for one in subject.by_path
                if one[: len(below)] == tuple(below)
            ]
            near = difflib.get_close_matches(asked, known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else ""
        yield Violation(
            join(node.pointer, "hidden", "path"),
            f"{node.name} is always shown: there is no value at {show(hidden['path'])}",
            hint,
        )


@rule(Consequence.SILENT)
def hidden_value(subject: Subject) -> Iterator[Violation]:
    """`hidden.value` is one that the value at `hidden.path` can have."""
    for node, hidden, path in _hidden(subject):
        target = _target(subject, path)
        if target is None or target.type is None:
            continue
        type_of_value = kind(hidden["value"])
        if type_of_value != target.type and (type_of_value, target.type) != ("number", "integer"):
            message = (
                f"{node.name} is always shown: {target.name} is of type {target.type} and is never"
                f" {show(hidden['value'])}"
            )
            yield Violation(join(node.pointer, "hidden", "value"), message)


@rule(Consequence.SILENT)
def slider_dropped(subject: Subject) -> Iterator[Violation]:
    """A node with `sliderMax`, `sliderStep`, or `render: slider` has a `sliderMin`: without, it is
    not a slider.
    """
    for node in subject.nodes:
        wants = [
            key
            for key in ("sliderMax", "sliderStep", "sliderRangeId", "sliderExtremitySemantic")
            if key in node.keywords
        ]
        wants += ["render: slider"] if node.keywords.get("render") == "slider" else []
        if wants and "sliderMin" not in node.keywords and "sliderExtremity" not in node.keywords:
            yield Violation(
                node.pointer,
                f"{node.name} has {wants[0]} but no sliderMin: it is a plain field",
                "give it a sliderMin and a sliderMax",
            )


@rule(Consequence.SILENT)
def keyword_ignored(subject: Subject) -> Iterator[Violation]:
    """The form ignores `maximum`, lengths, `format`, `uniqueItems`, `oneOf`, `if`: it lets a user
    enter what Helm will refuse.
    """
    for node in subject.nodes:
        # A bound that only Helm checks does not matter for a value that the form does not show.

        ignored = (
            IGNORED
            if subject.shown(node)
            else [keyword for keyword in IGNORED if keyword not in _MEANT]
        )
        for keyword in ignored:
            if isinstance(node.raw, dict) and keyword in node.raw and not _is_aside(node, keyword):
                hint = f"use {_MEANT[keyword]}" if keyword in _MEANT else ""
                yield Violation(
                    join(node.pointer, keyword), f"the form ignores {keyword} of {node.name}", hint
                )


@rule(Consequence.SILENT)
def keyword_dead(subject: Subject) -> Iterator[Violation]:
    """There are no keys of older forms: nothing reads `form` and `x-form`."""
    for node in subject.nodes:
        for keyword in _DEAD:
            if isinstance(node.raw, dict) and keyword in node.raw:
                yield Violation(
                    join(node.pointer, keyword),
                    f"nothing reads {keyword} of {node.name}",
                    "remove it",
                )


@rule(Consequence.SILENT)
def region_slider_config(subject: Subject) -> Iterator[Violation]:
    """There is no `x-onyxia.useRegionSliderConfig`: it was removed in 2024."""
    for node in subject.nodes:
        if "useRegionSliderConfig" in _onyxia(node):
            pointer = join(node.pointer, "x-onyxia", "useRegionSliderConfig")
            yield Violation(
                pointer, f"nothing reads useRegionSliderConfig of {node.name}", "remove it"
            )


@rule(Consequence.SILENT)
def keyword_unknown(subject: Subject) -> Iterator[Violation]:
    """Every keyword is one of draft 07 or of the form."""
    known = {*KEYWORDS, *IGNORED, *_DEAD, *_HARMLESS}
    for node in subject.nodes:
        if not isinstance(node.raw, dict):
            continue
        for keyword in node.raw:
            if keyword not in known:
                near = difflib.get_close_matches(keyword, known, 1, 0.6)
                yield Violation(
                    join(node.pointer, keyword),
                    f"nothing reads {keyword} of {node.name}",
                    f"did you mean {near[0]}?" if near else "",
                )


@rule(Consequence.SILENT)
def x_onyxia_unknown(subject: Subject) -> Iterator[Violation]:
    """Every key of `x-onyxia` is one that the application or the API reads."""
    known = [*ONYXIA, "overwriteSchemaWith"]
    for node in subject.nodes:
        for key in _onyxia(node):
            if key not in {*known, "useRegionSliderConfig"}:
                near = difflib.get_close_matches(key, known, 1, 0.5)
                hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"
                yield Violation(
                    join(node.pointer, "x-onyxia", key),
                    f"nothing reads x-onyxia.{key} of {node.name}",
                    hint,
                )


def _is_aside(node: SchemaNode, keyword: str) -> bool:
    """Tell whether a keyword is about what the form does not show as a field: keys of a free map,
    which is text there, and options that are none of its properties.
    """
    if keyword == "propertyNames":
        return node.properties is None
    if keyword != "patternProperties" or not isinstance(node.raw, dict):
        return False
    patterns = node.raw[keyword]
    if not isinstance(patterns, dict) or not isinstance(node.properties, dict):
        return False
    names = [pattern[1:-1] for pattern in patterns if re.fullmatch(r"\^\w+\$", pattern)]
    return len(names) == len(patterns) and not set(names) & set(node.properties)


def _onyxia(node: SchemaNode) -> dict[str, object]:
    onyxia = node.raw.get("x-onyxia") if isinstance(node.raw, dict) else None
    return onyxia if isinstance(onyxia, dict) else {}


def _hidden(subject: Subject) -> Iterator[tuple[SchemaNode, dict[str, object], tuple[str, ...]]]:
    """Yield the nodes that are hidden under a condition, with the condition and the absolute path
    of the value that it reads.
    """
    for node in subject.nodes:
        hidden = node.keywords.get("hidden")
        if isinstance(hidden, dict):
            keys = str(hidden["path"]).split("/")
            yield (
                node,
                hidden,
                (*node.path[:-1], *keys) if hidden.get("isPathRelative") else tuple(keys),
            )


def _target(subject: Subject, path: tuple[str, ...]) -> SchemaNode | None:
    return subject.by_path.get(path) or subject.by_path.get(
        tuple("*" if key.isdecimal() else key for key in path)
    )


def _free(subject: Subject, path: tuple[str, ...]) -> bool:
    """Tell whether a path leads into an object or an array whose content the schema leaves open."""
    for end in range(len(path) - 1, 0, -1):
        node = _target(subject, path[:end])
        if node is not None:
            return (node.type == "object" and node.properties is None) or (
                node.type == "array" and node.items is None
            )
    return False


def _problem(node: SchemaNode, value: object, subject: Subject, context: str) -> str:
    try:
        return problem(node, value, subject.lookups[context])
    except Crash:
        return ""
