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

HELP = "list the images"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="images (globs over names or name:tag); all without one")
    parser.add_argument("--absent", action="store_true", help="list the points that images do not have, and why")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print one line for each name, with its tags, in the order of the catalog."""
    part = select(graph(load(arguments.catalog)), arguments.patterns)
    if arguments.absent:
        absent = [{"name": absent.name, "point": dict(absent.point), "because": absent.because} for absent in part.absent]
        if arguments.json:
            console.json(absent)
        else:
            console.table(["image", "absent at", "because"], [(entry.name, written(entry.point), entry.because) for entry in part.absent])
        return 0
    if arguments.json:
        console.json([image_document(image) for image in part.images.values()])
        return 0
    console.table(["image", "tags", "description"], [(name, " ".join(tags), text) for (name, text), tags in by_name(part).items()])
    return 0


def by_name(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """Return the tags of the images of each name and description."""
    found: dict[tuple[str, str], list[str]] = {}
    for image in graph.images.values():
        found.setdefault((image.name, image.description), []).append(image.tag)
    return found
