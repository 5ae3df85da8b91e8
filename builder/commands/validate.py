"""`catalog validate`: check what people write."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from builder.catalog.load import Loaded, load
from builder.charts.project import chart_problems
from builder.charts.sources import service_names
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.events import Note
from builder.graph.build import graph
from builder.graph.ends import warnings
from builder.graph.tags import published
from builder.settings import today


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print the problems as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what the catalog holds; exit 2 with every problem when it is wrong."""
    try:
        loaded = _load(arguments.catalog)
    except InputError as error:
        if not arguments.json:
            raise
        console.json({"problems": [asdict(problem) for problem in error.problems]})
        return error.exit_code
    made = graph(loaded)
    late = warnings(loaded, made, today())
    if arguments.json:
        console.json({"problems": [], "warnings": [asdict(problem) for problem in late]})
        return 0
    for name in unused(loaded):
        console(Note(f"no image has the layer {name}", level="warning"))
    for problem in late:
        console(Note(str(problem), level="warning"))
    names = {image.name for image in made.images.values()}
    charts = service_names(loaded.levels)
    console.text(
        f"{arguments.catalog}: {len(loaded.layers)} layers, {len(made.cells)} cells; {len(names)}"
        f" names, {len(made.images)} images" + (f"; {len(charts)} charts" if charts else "")
    )
    return 0


def _load(path: Path) -> Loaded:
    """Return the catalog.

    Raises:
        InputError: something is wrong with the catalog, its layers or its services; holds every
        problem.

    """
    loaded: Loaded | None = None
    problems: list[Problem] = []
    try:
        loaded = load(path)
    except InputError as error:
        problems += error.problems
    else:
        problems += _tag_problems(loaded)
    problems += chart_problems(path, loaded)
    if loaded is None or problems:
        raise InputError(problems)
    return loaded


def _tag_problems(loaded: Loaded) -> list[Problem]:
    """Return where two images of one name claim one tag, as far as no lock is needed to know."""
    try:
        published(loaded, graph(loaded))
    except InputError as error:
        return list(error.problems)
    return []


def unused(loaded: Loaded) -> list[str]:
    """Return the catalog's own layers that no image has at any point, in the order of their names.
    Those of upstream are not its business.
    """
    used: set[str] = set()
    for matrix in loaded.matrices:
        if matrix.points:
            used.update(matrix.stack.layers)
    own = {name for name in loaded.layers if loaded.is_own(loaded.layer_sources[name].file)}
    return sorted(own - used)
