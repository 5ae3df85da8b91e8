"""`catalog chart generate`: write the charts of all services, or check which are out of date."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from builder.catalog.load import load
from builder.charts.generate import OWNED, joined
from builder.charts.project import open_charts, read_digests
from builder.console.text import Console
from builder.execute.standing import check_digests
from builder.tree import Difference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help=(
            "write self-contained charts below DIR (default: charts that link to the"
            " library, in charts/ beside catalog.yaml)"
        ),
    )
    parser.add_argument(
        "--digests",
        type=Path,
        metavar="FILE",
        help="JSON that maps <image>:<tag> to the digest to pin it to",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 when a file is out of date",
    )
    parser.add_argument("--json", action="store_true", help="print the state of every file as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the charts; with --check, compare them."""
    loaded, digests = load(arguments.catalog), read_digests(arguments.digests)
    if digests:
        check_digests(arguments.catalog, loaded, digests, arguments.digests)
    charts = open_charts(loaded, digests)
    output = arguments.output or charts.directory
    # Elsewhere, charts are self-contained: the library that they would link to is not there.
    whole = joined(charts.trees()) if arguments.output else charts.sources()
    owned = [f"{name}/{OWNED}" for name in charts.compositions]
    if arguments.check:
        return _check(whole.check(output, owned=owned), output, console, as_json=arguments.json)
    states = whole.write(output, owned=owned)
    if arguments.json:
        console.json(states)
        return 0
    for path, state in states.items():
        if state != "identical":
            console.text(f"{state:>9}  {output / path}")
    counts = Counter(states.values())
    console.note(
        f"{len(charts.compositions)} charts:"
        f" {', '.join(f'{count} {state}' for state, count in sorted(counts.items()))}"
    )
    console.note(f"To install one: helm install NAME {output}/{next(iter(charts.compositions))}")
    return 0


def _check(
    differences: Sequence[Difference], output: Path, console: Console, *, as_json: bool
) -> int:
    if as_json:
        console.json(
            [{"path": difference.path, "kind": difference.kind} for difference in differences]
        )
        return 1 if differences else 0
    for difference in differences:
        console.text(f"{output / difference.path}: {difference.kind}")
    console.note(
        "all files are up to date"
        if not differences
        else f"{len(differences)} files differ: run `catalog chart generate`"
    )
    return 1 if differences else 0
