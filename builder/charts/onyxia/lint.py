"""A chart's files in, findings out."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from builder.charts.onyxia.model import METADATA, SCHEMA, VALUES, ChartFiles, Finding, Violation
from builder.charts.onyxia.rule import LintRule
from builder.charts.onyxia.source import Position, json_positions, yaml_positions
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.table import NAMES, RULES
from builder.errors import InputError, Problem


def lint(
    chart: ChartFiles, *, slots: Collection[str] = (), ignore: Collection[str] = ()
) -> list[Finding]:
    """Return where the chart breaks a rule, by file and place; a library chart, which nobody
    launches, has no findings.

    `slots` are further names of `overwriteSchemaWith` that the platform has;
    `ignore` are rules to leave out.

    Raises:
        InputError: `ignore` names a rule that does not exist.

    """
    unknown = [name for name in ignore if name not in NAMES]
    if unknown:
        problems = [
            Problem("--ignore", 0, 0, f"there is no rule {name!r}", _nearest(name))
            for name in unknown
        ]
        raise InputError(problems)
    subject = Subject(chart, slots)
    if subject.metadata.get("type") == "library":
        return []
    places = _Places(subject)
    findings: dict[Finding, None] = {}
    for rule in RULES:
        if rule.id in ignore:
            continue
        for violation in rule.check(subject):
            findings[_finding(rule, violation, places)] = None
    return sorted(findings, key=_place)


def _place(finding: Finding) -> tuple[int, int, int, int, str]:
    """Return the sort key of a finding: its file, its place there, and its rule."""
    files = (SCHEMA, VALUES, METADATA)
    file = files.index(finding.file) if finding.file in files else len(files)
    return file, finding.line, finding.column, NAMES.index(finding.rule), finding.message


class _Places:
    """Line and column of JSON pointers in the chart's files; a file is scanned for its first
    finding.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._known: dict[str, Mapping[str, Position]] = {}

    def pointer(self, violation: Violation) -> str:
        return (
            self._subject.tree.origin(violation.pointer)
            if violation.file == SCHEMA
            else violation.pointer
        )

    def position(self, file: str, pointer: str) -> Position:
        """Return line and column of the node, or of the nearest one above it; (0, 0) for a whole
        file.
        """
        document = {
            SCHEMA: self._subject.schema,
            VALUES: self._subject.values,
            METADATA: self._subject.chart_yaml,
        }.get(file)
        if document is not None and document.problem:
            return document.position
        if not pointer:
            return 0, 0
        if file not in self._known:
            self._known[file] = self._scan(file)
        while pointer and pointer not in self._known[file]:
            pointer = pointer.rpartition("/")[0]
        return self._known[file].get(pointer, (0, 0)) if pointer else (0, 0)

    def _scan(self, file: str) -> Mapping[str, Position]:
        chart = self._subject.chart
        if file == SCHEMA:
            return json_positions(chart.schema) if chart.schema else {}
        return yaml_positions((chart.values or "") if file == VALUES else chart.metadata)


def _finding(rule: LintRule, violation: Violation, places: _Places) -> Finding:
    pointer = places.pointer(violation)
    line, column = places.position(violation.file, pointer)
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        consequence=rule.consequence,
        file=violation.file,
        pointer=pointer,
        line=line,
        column=column,
        message=violation.message,
        hint=violation.hint,
    )


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, 1, 0.4)
    return f"did you mean {near[0]}?" if near else ""
