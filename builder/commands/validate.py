"""`catalog validate`: is the input right?"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from builder.catalog.load import Loaded, load
from builder.console.text import Console
from builder.errors import InputError
from builder.events import Note
from builder.graph.build import graph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print the problems as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what the catalog holds; exit 2 with every problem when it is wrong."""
    try:
        loaded = load(arguments.catalog)
    except InputError as error:
        if not arguments.json:
            raise
        console.json({"problems": [asdict(problem) for problem in error.problems]})
        return error.exit_code
    if arguments.json:
        console.json({"problems": []})
        return 0
    for name in unused(loaded):
        console(Note(f"no image has the layer {name}", level="warning"))
    made = graph(loaded)
    names = {image.name for image in made.images.values()}
    console.text(
        f"{arguments.catalog}: {len(loaded.layers)} layers, {len(made.cells)} cells; {len(names)}"
        f" names, {len(made.images)} images"
    )
    return 0


def unused(loaded: Loaded) -> list[str]:
    """Return the layers that no image has at any point, in the order of their names."""
    used: set[str] = set()
    for matrix in loaded.matrices:
        if matrix.points:
            used.update(matrix.stack.layers)
    return sorted(loaded.layers.keys() - used)
