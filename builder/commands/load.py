"""`catalog load`: load images into a Docker engine."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.execute.hold import taken
from builder.execute.loading import load
from builder.execute.project import open_project
from builder.tools import engine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Load images and print the name of each."""
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    with taken(project) as images:
        for name in load(project, engine.client(), images, console).values():
            console.text(name)
    return 0
