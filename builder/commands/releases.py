"""`catalog releases`: list the releases in a registry."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.commands.push import add_registry, place_of
from builder.console.text import Console
from builder.release import shelf
from builder.release.promote import interrupted
from builder.settings import read as read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    add_registry(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List them, the newest first, and which one is public."""
    loaded = load(arguments.catalog)
    place = place_of(arguments, loaded, read_settings(loaded.home))
    every, current, begun = shelf.all_of(place), shelf.get(place, shelf.CURRENT), interrupted(place)
    states = {begun.digest: "its promotion was interrupted, or goes on"} if begun else {}
    if current:
        states[current.digest] = "public"
    if arguments.json:
        document = [
            {
                "release": tag,
                "digest": released.digest,
                "images": len(released.release.images),
                "charts": len(released.release.charts),
                "state": states.get(released.digest, ""),
            }
            for tag, released in every.items()
        ]
        console.json(document)
        return 0
    rows = []
    for tag, released in every.items():
        release = released.release
        counts = str(len(release.images)), str(len(release.charts))
        rows.append((tag, *counts, released.digest[7:19], states.get(released.digest, "")))
    console.table(["release", "images", "charts", "digest", ""], rows)
    return 0
