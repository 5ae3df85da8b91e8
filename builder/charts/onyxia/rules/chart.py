"""Rules on the chart as a whole: suspension, dependencies, notes, the card in the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.charts.onyxia.model import METADATA, NOTES, Consequence, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.validation import show

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_PASSWORD = re.compile(r"password: ?([^\n ]+)", re.IGNORECASE)
_DECORATED = re.compile(r"[`*_\"'<(].*|.*[`*_\"'>),.;]")


@rule(Consequence.SILENT)
def schema_missing(subject: Subject) -> Iterator[Violation]:
    """The chart has a values.schema.json: without one, the form is empty, and all of values.yaml is
    in the text editor.
    """
    if subject.chart.schema is None:
        yield Violation("", "the chart has no values.schema.json", file=METADATA)


@rule(Consequence.SILENT)
def suspend(subject: Subject) -> Iterator[Violation]:
    """The schema has `global.suspend`, a hidden boolean whose default is false: only then can a
    service be suspended and resumed.
    """
    if subject.chart.schema is None or not isinstance(subject.schema.value, dict):
        return
    node = subject.by_path.get(("global", "suspend"))
    hint = (
        'global: {"suspend": {"type": "boolean", "default": false, "x-onyxia": {"hidden": true}}}'
    )
    if node is None:
        yield Violation(
            "", "the schema has no global.suspend: the service cannot be suspended", hint
        )
        return
    wrong = []
    wrong += [f"is of type {node.type}"] if node.type != "boolean" else []
    wrong += (
        ["does not default to false"]
        if node.default is not False or "const" in node.keywords
        else []
    )
    wrong += ["is shown"] if subject.shown(node) else []
    if wrong:
        yield Violation(node.pointer, f"global.suspend {' and '.join(wrong)}", hint)


@rule(Consequence.SILENT)
def dependency_condition(subject: Subject) -> Iterator[Violation]:
    """The `condition` of a dependency is a boolean of the schema: the form hides a dependency whose
    condition is not true.
    """
    given = subject.metadata.get("dependencies")
    for index, entry in enumerate(given if isinstance(given, list) else []):
        condition = entry.get("condition") if isinstance(entry, dict) else None
        name = entry.get("alias") or entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(condition, str) or (str(name),) not in subject.by_path:
            continue
        node = subject.by_path.get(tuple(condition.split(".")))
        if node is None or node.type != "boolean":
            what = "not in the schema" if node is None else f"of type {node.type}"
            pointer = join("", "dependencies", str(index), "condition")
            yield Violation(
                pointer,
                f"{name} is never shown: its condition {condition} is {what}",
                "make it a boolean",
                METADATA,
            )


@rule(Consequence.SILENT)
def notes_password(subject: Subject) -> Iterator[Violation]:
    """The notes say `password: X`, with the plain password after one space: the page finds it by
    that, to copy it.
    """
    if subject.chart.notes is None:
        return
    notes = _ACTION.sub("X", subject.chart.notes)
    lines = [line for line in notes.splitlines() if "password" in line.lower()]
    matches = [_PASSWORD.search(line) for line in lines]
    copied = [match[1] for match in matches if match]
    # If there is no password in the notes, the page looks for an option of that name.
    names = [node.path[-1].lower() for node in subject.nodes if node.path]
    has_option = any(name.endswith("password") for name in names)
    if lines and not copied and not has_option:
        yield Violation(
            "",
            f"the page finds no password in {show(lines[0].strip())}",
            "write it as `password: X`",
            NOTES,
        )
    for text in copied:
        if _DECORATED.fullmatch(text):
            yield Violation(
                "",
                f"the page copies {show(text)} as the password, with its decoration",
                "write it as `password: X`",
                NOTES,
            )
            return


@rule(Consequence.SILENT)
def notes_url(subject: Subject) -> Iterator[Violation]:
    """If there is no URL in the notes, the host of the service sorts first: the button opens the
    first host in alphabetical order, so a host should end with `-0`.
    """
    notes = subject.chart.notes
    if notes is not None and "http" in _ACTION.sub("", notes):
        return
    for main in (node for node in subject.nodes if node.path and node.path[-1] == "hostname"):
        others = [node for node in _siblings(subject, main) if node.path[-1].endswith("Hostname")]
        before = [node.name for node in others if _sorts_before(subject, node, main)]
        if before:
            yield Violation(
                main.pointer,
                f"the button opens {before[0]}, which sorts before {main.name}",
                'end the host with "-0"',
            )


@rule(Consequence.SILENT)
def chart_prerelease(subject: Subject) -> Iterator[Violation]:
    """The version is not a prerelease: one with a dash is only used if a user chooses it."""
    version = str(subject.metadata.get("version", ""))
    if "-" in version:
        yield Violation(
            "/version",
            f"the version {version} is a prerelease, which the page never selects by itself",
            file=METADATA,
        )


@rule(Consequence.SILENT)
def chart_card(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has a `description` and an `icon`: the chart's card in the catalog shows them."""
    for key in ("description", "icon"):
        value = subject.metadata.get(key)
        if subject.metadata and (not isinstance(value, str) or not value.strip()):
            yield Violation(
                "" if value is None else f"/{key}",
                f"the chart has no {key}: its card in the catalog shows none",
                file=METADATA,
            )


def _siblings(subject: Subject, node: SchemaNode) -> list[SchemaNode]:
    parent = subject.parents.get(node.pointer)
    return list((parent.properties or {}).values()) if parent else []


def _sorts_before(subject: Subject, one: SchemaNode, main: SchemaNode) -> bool:
    """Tell whether the value of a node sorts before another one's in some context."""
    for context, first in subject.occurring(one):
        for second in subject.values_of(main, context):
            if isinstance(first, str) and isinstance(second, str) and first < second:
                return True
    return False
