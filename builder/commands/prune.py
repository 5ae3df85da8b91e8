"""`catalog prune`: free the space of what is no longer needed."""

from __future__ import annotations

import argparse
import time

from builder.cells import records
from builder.console.text import Console, readable
from builder.errors import IntegrityError
from builder.execute.project import IMAGES, image_of, open_project
from builder.execute.prune import Freed, Other, prune
from builder.execute.uses import DAY
from builder.oci.shelf import short
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
        help="keep what any branch of this catalog used within these days (default: %(default)g)",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="of this catalog, keep only what it needs as it is locked now",
    )
    parser.add_argument(
        "--forget",
        action="append",
        default=[],
        metavar="CATALOG",
        help="remove all that another catalog has in this store, too (may be repeated)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be removed, and remove nothing"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Remove from the store what this catalog has no use for; print what that freed, and what
    stays for other catalogs.
    """
    days = 0.0 if arguments.all else arguments.days
    project = open_project(arguments.catalog)
    freed = prune(project, days=days, forgotten=arguments.forget, dry_run=arguments.dry_run)
    if arguments.json:
        console.json(_document(freed))
        return 0
    would = "would be " if arguments.dry_run else ""
    cells, images = freed.count(records.PREFIX), freed.count(IMAGES)
    size = f"{freed.bytes / 1e6:,.1f} MB"
    console.text(f"{cells} cells and {images} images {would}removed, {size} {would}freed")
    if arguments.dry_run:
        for ref in freed.gone:
            if short(ref).startswith((records.PREFIX, IMAGES)):
                console.text(f"  {_name(project.store.store, ref)}")
    if freed.kept_for:
        names = ", ".join(freed.kept_for)
        console.note(f"kept for other builds of the last {days:g} days: {names}")
    for other in freed.others:
        console.note(_stays(other))
    if freed.busy:
        console.note("a build is running: what it may still need is kept")
    return 0


def _stays(other: Other) -> str:
    """Return in words what stays for another catalog."""
    days = (time.time() - other.last) / DAY
    when = f", last used {days:.0f} days ago" if other.last else ""
    return (
        f"kept for {other.owner}: {other.count(records.PREFIX)} cells and"
        f" {other.count(IMAGES)} images, {readable(other.bytes)} of them its alone{when}"
        f" (`catalog prune --forget {other.owner}` removes them)"
    )


def _name(store: Store, ref: str) -> str:
    """Return what a ref stands for: an image's id, or a cell's with the beginning of its key."""
    if short(ref).startswith(IMAGES):
        _, _, key = short(ref).partition("@")
        return f"image {image_of(short(ref))} ({key[:SHORT]})"
    key = short(ref).removeprefix(records.PREFIX)[:SHORT]
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
        "kept": [
            {
                "catalog": other.owner,
                "cells": other.count(records.PREFIX),
                "images": other.count(IMAGES),
                "bytes": other.bytes,
                "last": other.last,
            }
            for other in freed.others
        ],
        "busy": freed.busy,
    }
