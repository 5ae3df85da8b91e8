"""`catalog digests`: what each cell came to, compared with what is written down beside the lock."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.execute.project import open_project
from builder.record import digests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--write", action="store_true", help=f"write what the store has into {digests.NAME}"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare, or write. Exit 0 when all built cells are what is written down, 1 otherwise."""
    project = open_project(arguments.catalog)
    path = project.loaded.root / digests.NAME
    now = digests.built(project)
    if arguments.write:
        # What is written down of cells that are not built here still holds.
        stated = digests.read(path)
        kept = {cell: one for cell, one in stated.items() if cell in project.graph.cells}
        digests.write(path, {**kept, **now})
        console.note(f"{len(now)} cells written into {path}")
        return 0
    stated = digests.read(path)
    unlike, unknown = digests.unlike(stated, now), digests.unknown(stated, now)
    if arguments.json:
        console.json({"unlike": unlike, "unknown": unknown, "cells": len(now)})
        return 1 if unlike or unknown else 0
    for cell in unlike:
        parents = project.graph.cells[cell].ancestors
        promised = [name for name in parents if project.graph.cells[name].abi]
        why = f"other bytes than {digests.NAME} has of the same inputs"
        hint = f"`catalog verify {cell}` tells whether the ABI of {', '.join(promised)} holds"
        console.failure(cell, f"{why}\n  hint: {hint}" if promised else why)
    if unknown:
        console.note(f"not written down: {', '.join(unknown)} (`catalog digests --write`)")
    console.note(f"{len(now) - len(unlike) - len(unknown)} of {len(now)} cells as written down")
    return 1 if unlike or unknown else 0
