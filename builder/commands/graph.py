"""`catalog graph`: the layers, and what stands on what."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.console.text import Console
from builder.graph import draw
from builder.graph.build import graph
from builder.graph.select import select

FORMATS = {"dot": draw.dot, "mermaid": draw.mermaid}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print every cell, image and absent point as JSON"
    )
    form.add_argument(
        "--dot", dest="format", action="store_const", const="dot", help="print it for Graphviz"
    )
    form.add_argument(
        "--mermaid",
        dest="format",
        action="store_const",
        const="mermaid",
        help="print it for Mermaid",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the graph."""
    part = select(graph(load(arguments.catalog)), arguments.patterns)
    if arguments.json:
        console.json(draw.document(part))
    else:
        console.text(FORMATS.get(arguments.format, draw.tree)(part))
    return 0
