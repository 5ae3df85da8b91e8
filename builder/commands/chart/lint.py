"""`catalog chart lint`: Onyxia's rules over charts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from builder.charts.library import NAME as LIBRARY
from builder.charts.onyxia.files import read
from builder.charts.onyxia.lint import lint
from builder.charts.onyxia.model import Finding
from builder.charts.onyxia.table import RULES, markdown
from builder.console.text import Console
from builder.errors import InputError, Problem, counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "charts",
        nargs="*",
        type=Path,
        metavar="CHART",
        help="directory or .tgz of a chart (default: every chart below charts/)",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help="leave a rule out (may be repeated)",
    )
    parser.add_argument(
        "--slot",
        action="append",
        default=[],
        metavar="NAME",
        help="a name of overwriteSchemaWith that your platform has",
    )
    parser.add_argument("--rules", action="store_true", help="print the rules and check nothing")
    parser.add_argument(
        "--markdown", action="store_true", help="with --rules: print them as Markdown"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong with each chart; exit 1 when there are errors, or with --strict any
    findings.
    """
    if arguments.rules:
        _rules(arguments, console)
        return 0
    charts = arguments.charts or _charts(arguments.catalog.parent / "charts")
    findings: list[tuple[Path, Finding]] = []
    for path in charts:
        for finding in lint(read(path), slots=arguments.slot, ignore=arguments.ignore):
            findings.append((path, finding))
    if arguments.json:
        console.json([{"chart": str(path), **asdict(finding)} for path, finding in findings])
    else:
        _print(charts, findings, console)
    failing = [one for _, one in findings if one.severity == "error" or arguments.strict]
    return 1 if failing else 0


def _rules(arguments: argparse.Namespace, console: Console) -> None:
    if arguments.markdown:
        console.text(markdown())
    elif arguments.json:
        console.json(
            [
                {
                    "rule": rule.id,
                    "severity": rule.severity,
                    "consequence": rule.consequence,
                    "text": rule.text,
                }
                for rule in RULES
            ]
        )
    else:
        console.table(
            ("rule", "severity", "consequence"),
            [(rule.id, rule.severity, rule.consequence) for rule in RULES],
        )


def _charts(directory: Path) -> list[Path]:
    charts = sorted(path.parent for path in directory.glob("*/Chart.yaml"))
    charts = [path for path in charts if path.name != LIBRARY]
    if not charts:
        hint = "run `catalog chart generate`, or give the directory or the .tgz of a chart"
        raise InputError([Problem(str(directory), 0, 0, "no chart to check", hint)])
    return charts


def _print(
    charts: Sequence[Path], findings: Sequence[tuple[Path, Finding]], console: Console
) -> None:
    for path, finding in findings:
        file = str(path / finding.file) if path.is_dir() else f"{path}!{finding.file}"
        place = f"{file}:{finding.line}:{finding.column}" if finding.line else file
        what = f"{finding.severity} {finding.rule} {finding.message} ({finding.consequence})"
        console.text(f"{place} {what}")
        if finding.hint:
            console.text(f"  hint: {finding.hint}")
    errors = sum(finding.severity == "error" for _, finding in findings)
    warnings = len(findings) - errors
    counts = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    console.text(f"{counted(len(charts), 'chart')}: {counts}")
