"""`catalog digests`: the bytes of each built cell, compared with those recorded beside the lock."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.execute.project import open_project
from builder.record import digests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--write", action="store_true", help=f"record what the store has in {digests.NAME}"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare, or record. Exit 0 when all built cells are as recorded, 1 otherwise."""
    project = open_project(arguments.catalog)
    path = project.loaded.root / digests.NAME
    now = digests.built(project)
    if arguments.write:
        # The records of cells that are not built here still hold.
        stated = digests.read(path)
        kept = {cell: one for cell, one in stated.items() if cell in project.graph.cells}
        digests.write(path, {**kept, **now})
        console.note(f"{len(now)} cells recorded in {path}")
        return 0
    stated = digests.read(path)
    unlike, unknown = digests.unlike(stated, now), digests.unknown(stated, now)
    if arguments.json:
        console.json({"unlike": unlike, "unknown": unknown, "cells": len(now)})
        return 1 if unlike or unknown else 0
    for cell in unlike:
        parents = project.graph.cells[cell].ancestors
        promised = [name for name in parents if project.graph.cells[name].abi]
        why = f"its bytes differ from those that {digests.NAME} records for the same inputs"
        hint = f"`catalog verify {cell}` tells whether the ABI of {', '.join(promised)} holds"
        console.failure(cell, f"{why}\n  hint: {hint}" if promised else why)
    if unknown:
        console.note(f"not recorded: {', '.join(unknown)} (`catalog digests --write`)")
    console.note(f"{len(now) - len(unlike) - len(unknown)} of {len(now)} cells are as recorded")
    return 1 if unlike or unknown else 0
