"""`catalog prune`: free the space of what is no longer needed."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.execute.project import open_project
from builder.execute.prune import prune


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Remove cells and images of other catalogs, other locks and former layers from the store;
    print what that freed.
    """
    freed = prune(open_project(arguments.catalog))
    if arguments.json:
        console.json(
            {"cells": freed.cells, "images": freed.images, "bytes": freed.bytes, "busy": freed.busy}
        )
        return 0
    console.text(
        f"{freed.cells} cells and {freed.images} images removed, {freed.bytes / 1e6:,.1f} MB freed"
    )
    if freed.busy:
        console.note("a build is running: what it may still need stays")
    return 0
