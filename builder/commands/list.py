"""`catalog list`: the images."""

from __future__ import annotations

import argparse

from builder.catalog.conditions import written
from builder.catalog.load import load
from builder.console.text import Console
from builder.graph.build import graph
from builder.graph.draw import image_document
from builder.graph.model import Graph
from builder.graph.select import select


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="images (globs over names or name:tag); all without one",
    )
    parser.add_argument(
        "--absent", action="store_true", help="list the points that images do not have, and why"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print one line for each name, with its tags, in the order of the catalog."""
    made = graph(load(arguments.catalog))
    if arguments.absent:
        _absent(arguments, made, console)
        return 0
    part = select(made, arguments.patterns)
    if arguments.json:
        console.json([image_document(image) for image in part.images.values()])
        return 0
    console.table(
        ["image", "tags", "description"],
        [(name, " ".join(tags), text) for (name, text), tags in by_name(part).items()],
    )
    return 0


def _absent(arguments: argparse.Namespace, made: Graph, console: Console) -> None:
    """Print the points that images do not have. A pattern may also name an image that a rule
    removed altogether.
    """
    whole = {entry.name for entry in made.absent if not entry.point}
    named = [pattern for pattern in arguments.patterns if pattern not in whole]
    names: set[str] = set()
    if named or not arguments.patterns:
        names = {entry.name for entry in select(made, named).absent}
    shown = names | whole.intersection(arguments.patterns)
    absent = [entry for entry in made.absent if entry.name in shown]
    if arguments.json:
        console.json(
            [
                {"name": entry.name, "point": dict(entry.point), "because": entry.because}
                for entry in absent
            ]
        )
    else:
        console.table(
            ["image", "absent at", "because"],
            [
                (entry.name, written(entry.point) or "every point", entry.because)
                for entry in absent
            ],
        )


def by_name(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """Return the tags of the images of each name and description."""
    tags: dict[tuple[str, str], list[str]] = {}
    for image in graph.images.values():
        tags.setdefault((image.name, image.description), []).append(image.tag)
    return tags
