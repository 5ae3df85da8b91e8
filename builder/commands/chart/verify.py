"""`catalog chart verify`: lint charts, render them with Helm, and check the objects against the
schemas of Kubernetes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from builder.catalog.load import load
from builder.charts.project import Charts, open_charts
from builder.charts.switches import Values
from builder.console.text import Console
from builder.events import Plain
from builder.tools import helm, process
from builder.tree import Tree
from builder.verify.charts import RELEASE, ChartFault, cases, check
from builder.verify.manifests import VERSIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="services (default: all)")
    parser.add_argument("--json", action="store_true", help="print what is wrong as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong with each chart, as it would be generated now; nothing is written."""
    charts = open_charts(load(arguments.catalog)).named(arguments.services)
    trees: dict[str, Tree] = {}
    faults = check(_remembered(charts, trees), console)
    if arguments.json:
        console.json({name: [str(one) for one in those] for name, those in faults.items()})
    else:
        _report(faults, console)
    _plain(charts, console)
    for name, those in faults.items():
        _again(charts.directory / name, those, cases(trees[name]), console)
    return 1 if any(faults.values()) else 0


def _remembered(charts: Charts, trees: dict[str, Tree]) -> Iterator[tuple[str, Tree]]:
    """Yield each chart as soon as it is made, and keep its files in `trees`."""
    for name, tree in charts.trees():
        trees[name] = tree
        yield name, tree


def _report(faults: Mapping[str, Sequence[ChartFault]], console: Console) -> None:
    for name, those in faults.items():
        for fault in those:
            console.text(f"{name}: {fault}")
    right = sum(not those for those in faults.values())
    versions = ", ".join(VERSIONS)
    console.text(f"{right} of {len(faults)} charts are right, for Kubernetes {versions}")


def _plain(charts: Charts, console: Console) -> None:
    """Print the Helm commands that do the same, over the charts as they were generated."""
    paths = [charts.directory / name for name in charts.compositions]
    console(Plain(process.quote(helm.lint_command(paths))))
    one = helm.template_command(Path("$chart"), release=RELEASE, kubernetes=VERSIONS[-1])
    rendering = process.quote(one).replace("'$chart'", '"$chart"')
    console(Plain(f"for chart in {process.quote(paths)}; do {rendering}; done"))


def _again(
    chart: Path, faults: Sequence[ChartFault], values: Mapping[str, Values], console: Console
) -> None:
    """Print the command that shows again what is wrong."""
    for case in dict.fromkeys(fault.case for fault in faults if fault.case):
        options = ["--set-json", json.dumps(values[case])] if values[case] else []
        command = helm.template_command(
            chart, release=RELEASE, kubernetes=VERSIONS[-1], options=options
        )
        console(Plain(process.quote(command)))
