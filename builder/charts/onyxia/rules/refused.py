"""Rules whose breach makes the API or Helm refuse the chart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.charts.onyxia.editor import errors
from builder.charts.onyxia.javascript import matches, pattern_error, same
from builder.charts.onyxia.model import (
    METADATA,
    UNDEFINED,
    VALUES,
    Consequence,
    SchemaNode,
    Violation,
)
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.slots import SLOTS
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.validation import show

NAME_LENGTH = 46
"""A release's name is <chart>-<up to six digits>, at most 53 characters."""

_LOOKAROUND = re.compile(r"(?<!\\)(?:\\\\)*(\(\?<?[=!]|\\[1-9]|\\k<|\\u|\\c[A-Za-z])")
_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_PARSED = re.compile(r"-\d+\.\d+\.\d+")


@rule(Consequence.REFUSED)
def options_wider(subject: Subject) -> Iterator[Violation]:
    """`listEnum` offers nothing that `enum` refuses: the form shows the first, the API and Helm
    check the second.
    """
    for node in subject.nodes:
        offered, allowed = node.options("listEnum"), node.options("enum")
        extra = [
            option
            for option in offered or []
            if not any(same(option, other) for other in allowed or [])
        ]
        if allowed is not None and extra:
            yield Violation(
                join(node.pointer, "listEnum"),
                f"listEnum of {node.name} offers {show(extra[0])}, which is not in its enum",
                "keep one of the two lists",
            )


@rule(Consequence.REFUSED)
def values_extra(subject: Subject) -> Iterator[Violation]:
    """`values.yaml` has no key outside an object that says `additionalProperties: false`."""
    for node, path, value in _objects(subject):
        raw = node.raw if isinstance(node.raw, dict) else {}
        patterns = raw.get("patternProperties")
        allowed = (
            [pattern for pattern in patterns if not pattern_error(pattern)]
            if isinstance(patterns, dict)
            else []
        )
        if raw.get("additionalProperties") is not False:
            continue
        for key in value:
            is_known = key in (node.properties or {})
            if is_known or any(matches(pattern, key) for pattern in allowed):
                continue
            name = ".".join((*path, key))
            message = f"{name} is not in the schema, which allows nothing else there"
            yield Violation(join("", *path, key), message, file=VALUES)


@rule(Consequence.REFUSED)
def values_refused(subject: Subject) -> Iterator[Violation]:
    """`values.yaml` satisfies the schema: Helm checks it first, even if no values are given."""
    if (
        subject.schema.problem
        or not isinstance(subject.values.value, dict)
        or subject.schema_errors
    ):
        return
    for error in errors(subject.tree.raw, subject.values.value):
        path = [str(key) for key in error.absolute_path]
        if error.validator != "additionalProperties":
            yield Violation(
                join("", *path), f"{'.'.join(path) or 'values.yaml'}: {error.message}", file=VALUES
            )


# Whether this happens depends on the administrator, who may replace the schema.
@rule(Consequence.REFUSED, severity="warning")
def slot_wider(subject: Subject) -> Iterator[Violation]:
    """The chart's own schema accepts what the API's schema for its slot accepts: the form uses the
    API's, Helm checks the chart's.
    """
    for node in subject.nodes:
        slot = SLOTS.get(node.slot or "")
        if slot is None:
            continue
        for below, texts in slot.accepts.items():
            target = subject.by_path.get((*node.path, *below.split(".")))
            pattern = target.text("pattern") if target else None
            refused = [
                text
                for text in texts
                if pattern is not None and not pattern_error(pattern) and not matches(pattern, text)
            ]
            if target is not None and refused:
                message = (
                    f"{node.slot} of an API accepts {show(refused[0])} for {target.name}, but the"
                    f" pattern {pattern} refuses it"
                )
                yield Violation(join(target.pointer, "pattern"), message, 'widen it to "^[^ ]+$"')


@rule(Consequence.REFUSED)
def pattern_helm(subject: Subject) -> Iterator[Violation]:
    r"""Helm can compile `pattern` too: no lookaround, no backreference, no `\u`."""
    for node in subject.nodes:
        pattern = node.text("pattern")
        lookaround = (
            _LOOKAROUND.search(pattern)
            if pattern is not None and not pattern_error(pattern)
            else None
        )
        if lookaround:
            yield Violation(
                join(node.pointer, "pattern"),
                f"Helm cannot compile the pattern {pattern} of {node.name}: it has {lookaround[1]}",
            )


@rule(Consequence.REFUSED)
def chart_yaml(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml is a mapping; no key is repeated."""
    if subject.chart_yaml.problem:
        yield Violation("", f"Chart.yaml: {subject.chart_yaml.problem}", file=METADATA)
    elif not isinstance(subject.chart_yaml.value, dict):
        yield Violation(
            "", f"Chart.yaml holds {show(subject.chart_yaml.value)}, not a mapping", file=METADATA
        )


@rule(Consequence.REFUSED)
def chart_name_length(subject: Subject) -> Iterator[Violation]:
    """The chart's name has at most 46 characters: a release is the name, a dash and up to six
    digits, together at most 53.
    """
    if len(subject.name) > NAME_LENGTH:
        yield Violation(
            "/name",
            f"the chart's name has {len(subject.name)} characters, and may have {NAME_LENGTH}",
            file=METADATA,
        )


@rule(Consequence.REFUSED)
def chart_name(subject: Subject) -> Iterator[Violation]:
    """The chart's name can begin a release's name: lower-case letters, digits and dashes, a letter
    first.
    """
    if subject.metadata and not _LABEL.fullmatch(subject.name):
        yield Violation(
            "/name",
            f"the chart's name {show(subject.name)} cannot begin the name of a release",
            file=METADATA,
        )


@rule(Consequence.REFUSED)
def chart_version(subject: Subject) -> Iterator[Violation]:
    """The chart's version is SemVer without a `v`, and its name contains nothing like `-1.2.3`: the
    API parses `name-x.y.z` to find the chart again.
    """
    version = str(subject.metadata.get("version", ""))
    if subject.metadata and not _VERSION.fullmatch(version):
        yield Violation(
            "/version", f"the chart's version {show(version)} is not x.y.z", file=METADATA
        )
    if _PARSED.search(subject.name):
        yield Violation(
            "/name",
            f"the API takes a part of the chart's name {show(subject.name)} for its version",
            file=METADATA,
        )


@rule(Consequence.REFUSED)
def chart_folder(subject: Subject) -> Iterator[Violation]:
    """A package's files are in a folder with the chart's name: the API looks for the schema
    there.
    """
    if subject.chart.folder is not None and subject.chart.folder != subject.name:
        yield Violation(
            "",
            f"the package's folder is {show(subject.chart.folder)}, but the chart's name is"
            f" {show(subject.name)}",
            file=METADATA,
        )


def _objects(subject: Subject) -> Iterator[tuple[SchemaNode, tuple[str, ...], dict[str, object]]]:
    """Yield the nodes of type object, with each mapping that values.yaml has for them."""
    if isinstance(subject.values.value, dict):
        yield from _below(subject.tree.root, (), subject.values.value)


def _below(
    node: SchemaNode, path: tuple[str, ...], value: object
) -> Iterator[tuple[SchemaNode, tuple[str, ...], dict[str, object]]]:
    if isinstance(value, dict):
        yield node, path, value
        for key, child in (node.properties or {}).items():
            yield from _below(child, (*path, key), value.get(key, UNDEFINED))
    elif isinstance(value, list) and node.items is not None:
        for index, item in enumerate(value):
            yield from _below(node.items, (*path, str(index)), item)
