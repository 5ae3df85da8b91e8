"""`catalog fetch`: download what is locked into the cache, so that builds need no network."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.execute.project import open_project
from builder.fetch.fetch import fetch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fetch, and print how many files were downloaded and how many were already there."""
    project = open_project(arguments.catalog, arguments.patterns)
    done = fetch(project.lock, project.graph.cells.values(), project.settings, console)
    if arguments.json:
        console.json({"fetched": done.files, "bytes": done.bytes, "kept": done.kept})
        return 0
    console.text(
        f"{done.files} files fetched ({done.bytes / 1e6:,.1f} MB), {done.kept} already there"
    )
    return 0
