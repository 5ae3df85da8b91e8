"""`catalog charts`: write the charts of all services, or tell which files are not what they would be."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from builder.catalog.load import Loaded, load
from builder.charts.chart import Origin
from builder.charts.compose import Composition
from builder.charts.generate import OWNED, charts, compositions, joined
from builder.charts.images import ImageRefs, image_refs
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.graph.build import graph
from builder.tree import Difference, Tree
from builder.verify.charts import cases, check

DIRECTORY = "charts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("--output", type=Path, metavar="DIR", help="write below DIR (default: charts/ beside catalog.yaml)")
    parser.add_argument("--digests", type=Path, metavar="FILE", help="JSON that maps <image>:<tag> to the digest to pin it to")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not what it would be")
    parser.add_argument("--verify", action="store_true", help="write nothing; lint and render every chart with Helm, and check what comes out")
    parser.add_argument("--json", action="store_true", help="print what became of every file as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the charts; with --check, compare them."""
    loaded = load(arguments.catalog)
    directory = loaded.root / DIRECTORY
    refs = references(loaded, arguments.digests)
    trees = charts(directory, refs, origin(loaded))
    if arguments.verify:
        return _verify(trees, compositions(directory, refs), console, as_json=arguments.json)
    output = arguments.output or directory
    whole, owned = joined(trees), [f"{name}/{OWNED}" for name in trees]
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
    console.note(f"{len(trees)} charts: {', '.join(f'{count} {state}' for state, count in sorted(counts.items()))}")
    return 0


def _check(differences: Sequence[Difference], output: Path, console: Console, *, as_json: bool) -> int:
    if as_json:
        console.json([{"path": difference.path, "kind": difference.kind} for difference in differences])
        return 1 if differences else 0
    for difference in differences:
        console.text(f"{output / difference.path}: {difference.kind}")
    console.note("no file differs" if not differences else f"{len(differences)} files differ: run `catalog charts`")
    return 1 if differences else 0


def _verify(trees: Mapping[str, Tree], composed: Mapping[str, Composition], console: Console, *, as_json: bool) -> int:
    values = {name: cases(composition) for name, composition in composed.items()}
    found = check(trees, values, console)
    if as_json:
        console.json(found)
    for name, problems in found.items() if not as_json else ():
        for problem in problems:
            console.text(f"{name}: {problem}")
    return 1 if any(found.values()) else 0


def origin(loaded: Loaded) -> Origin:
    """Return what charts say of the catalog."""
    return Origin(catalog=loaded.catalog.name, url=loaded.catalog.url)


def references(loaded: Loaded, digests: Path | None = None) -> ImageRefs:
    """Return the images of the catalog, with the digests that a JSON file gives.

    Raises:
        InputError: the file cannot be read, or is no map of texts.

    """
    return image_refs(loaded.catalog.registry, graph(loaded), _digests(digests) if digests else None)


def _digests(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read as JSON: {error}")]) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise InputError([Problem(str(path), 0, 0, "is no map of <image>:<tag> to digests")])
    return found
