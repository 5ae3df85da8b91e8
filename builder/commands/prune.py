"""`catalog prune`: free the space of what is no longer needed."""

from __future__ import annotations

import argparse

from builder.cells import records
from builder.console.text import Console
from builder.errors import IntegrityError
from builder.execute.project import IMAGES, open_project
from builder.execute.prune import Freed, prune
from builder.oci.store import Store

DAYS = 14.0
SHORT = 12
"""Hex digits of a key that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--days",
        type=float,
        default=DAYS,
        help="keep what any catalog or branch built within these days (default: %(default)g)",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="keep only what this catalog needs, as it is locked now",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be removed, and remove nothing"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Remove from the store what nobody built recently; print how much that freed."""
    days = 0.0 if arguments.all else arguments.days
    project = open_project(arguments.catalog)
    freed = prune(project, days=days, dry_run=arguments.dry_run)
    if arguments.json:
        console.json(_document(freed))
        return 0
    would = "would be " if arguments.dry_run else ""
    cells, images = freed.count(records.PREFIX), freed.count(IMAGES)
    size = f"{freed.bytes / 1e6:,.1f} MB"
    console.text(f"{cells} cells and {images} images {would}removed, {size} {would}freed")
    if arguments.dry_run:
        for ref in freed.gone:
            if ref.startswith((records.PREFIX, IMAGES)):
                console.text(f"  {_name(project.store, ref)}")
    if freed.kept_for:
        names = ", ".join(freed.kept_for)
        console.note(f"kept for other builds of the last {days:g} days: {names}")
    if freed.busy:
        console.note("a build is running: what it may still need is kept")
    return 0


def _name(store: Store, ref: str) -> str:
    """Return what a ref stands for: an image's id, or a cell's with the beginning of its key."""
    if ref.startswith(IMAGES):
        return f"image {ref.removeprefix(IMAGES)}"
    key = ref.removeprefix(records.PREFIX)[:SHORT]
    try:
        return f"cell {records.summary(store, store.refs()[ref]).cell} ({key})"
    except (IntegrityError, KeyError, TypeError):
        # Another version of this program wrote it, or a disk damaged it.
        return f"cell {key}"


def _document(freed: Freed) -> dict[str, object]:
    return {
        "cells": freed.count(records.PREFIX),
        "images": freed.count(IMAGES),
        "refs": list(freed.gone),
        "bytes": freed.bytes,
        "busy": freed.busy,
    }
