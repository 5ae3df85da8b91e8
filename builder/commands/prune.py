"""`catalog prune`: free the space of what is no longer needed."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from builder.console.text import Console
from builder.execute.project import open_project
from builder.execute.prune import prune


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--dry-run", action="store_true", help="remove nothing; list what would be removed"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Remove cells and images of other catalogs, other locks and former layers from the store;
    print what that freed.
    """
    dry_run: bool = arguments.dry_run
    freed = prune(open_project(arguments.catalog), dry_run=dry_run)
    if arguments.json:
        console.json({**asdict(freed), "dry_run": dry_run})
        return 0
    if dry_run:
        for name in freed.names:
            console.text(f"would remove {name}")
    what = "would be removed" if dry_run else "removed"
    space = f"{freed.bytes / 1e6:,.1f} MB {'to be freed' if dry_run else 'freed'}"
    console.text(f"{freed.cells} cells and {freed.images} images {what}, {space}")
    if freed.busy:
        console.note("a build is running: what it may still need stays")
    return 0
