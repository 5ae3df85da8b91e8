"""`catalog chart verify`: lint charts, render them with Helm, and check the objects against the
schemas of Kubernetes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from builder.catalog.load import load
from builder.charts.project import Charts, open_charts
from builder.charts.switches import Values
from builder.console.text import Console
from builder.events import Plain
from builder.tools import helm, process
from builder.tree import Tree
from builder.verify.charts import RELEASE, Wrong, cases, check
from builder.verify.manifests import VERSIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="services; all without one")
    parser.add_argument("--json", action="store_true", help="print what is wrong as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong with each chart, as it would be generated now; nothing is written."""
    charts = open_charts(load(arguments.catalog)).named(arguments.services)
    trees: dict[str, Tree] = {}
    found = check(((name, trees.setdefault(name, tree)) for name, tree in charts.trees()), console)
    if arguments.json:
        console.json({name: [str(wrong) for wrong in wrongs] for name, wrongs in found.items()})
    for name, wrongs in found.items() if not arguments.json else ():
        for wrong in wrongs:
            console.text(f"{name}: {wrong}")
    if not arguments.json:
        right = sum(not wrongs for wrongs in found.values())
        console.text(
            f"{right} of {len(found)} charts are right, for Kubernetes {', '.join(VERSIONS)}"
        )
    _plain(charts, console)
    for name, wrongs in found.items():
        _again(charts.directory / name, wrongs, cases(trees[name]), console)
    return 1 if any(found.values()) else 0


def _plain(charts: Charts, console: Console) -> None:
    """Tell how Helm alone does it, with the charts as they were generated."""
    paths = [charts.directory / name for name in charts.compositions]
    console(Plain(process.quote(helm.lint_command(paths))))
    one = helm.template_command(Path("$chart"), release=RELEASE, kubernetes=VERSIONS[-1])
    rendering = process.quote(one).replace("'$chart'", '"$chart"')
    console(Plain(f"for chart in {process.quote(paths)}; do {rendering}; done"))


def _again(
    chart: Path, wrongs: Sequence[Wrong], values: Mapping[str, Values], console: Console
) -> None:
    """Tell how to see again what is wrong."""
    for case in dict.fromkeys(wrong.case for wrong in wrongs if wrong.case):
        options = ["--set-json", json.dumps(values[case])] if values[case] else []
        console(
            Plain(
                process.quote(
                    helm.template_command(
                        chart, release=RELEASE, kubernetes=VERSIONS[-1], options=options
                    )
                )
            )
        )
