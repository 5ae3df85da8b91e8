"""`catalog releases`: list the releases in a registry, or let old ones go."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from builder.catalog.load import load
from builder.commands.push import add_registry, place_of
from builder.console.text import Console
from builder.errors import InputError, Problem, counted
from builder.release import shelf
from builder.release.promote import interrupted
from builder.release.retention import remove, retire
from builder.settings import read as read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    add_registry(parser)
    parser.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help=(
            "remove releases beyond the newest N from the registry, and their images as far as no"
            " other release, no chart and no other tag needs them, with the cells of these images"
        ),
    )
    parser.add_argument(
        "--days", type=int, metavar="D", help="with --keep: only what is older than D days"
    )
    parser.add_argument(
        "--with-charts",
        action="store_true",
        help="with --keep: remove versions of charts, too, that only these releases have",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="with --keep: remove nothing; say what would be"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List them, the newest first, and which one is public; with --keep, remove old ones."""
    _check(arguments)
    loaded = load(arguments.catalog)
    place = place_of(arguments, loaded, read_settings(loaded.home))
    if arguments.keep is not None:
        return _retire(arguments, place, console)
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


def _check(arguments: argparse.Namespace) -> None:
    """Raise InputError where options make no sense."""
    problems = []
    for name in ("keep", "days"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            problems.append(Problem(f"--{name}", 0, 0, f"{value} is too few: 1 is the least"))
    given = arguments.days is not None or arguments.with_charts or arguments.dry_run
    if given and arguments.keep is None:
        message = "it says what leaves the registry, and there is no --keep"
        problems.append(Problem("releases", 0, 0, message, "say how many releases stay"))
    if problems:
        raise InputError(problems)


def _retire(arguments: argparse.Namespace, place: shelf.Place, console: Console) -> int:
    """Remove old releases with what nothing else needs, or say what would be removed."""
    days = arguments.days
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    made = retire(place, keep=arguments.keep, since=since, with_charts=arguments.with_charts)
    if not arguments.dry_run:
        remove(place, made, console)
    if arguments.json:
        console.json({**asdict(made), "dry_run": arguments.dry_run})
        return 0
    rows = []
    for what, removals in (
        ("chart", made.charts),
        ("cell", tuple(one for one in made.cells if one.tags)),
        ("image", made.images),
        ("release", made.releases),
    ):
        rows += [(what, one.repository, one.digest[7:19], " ".join(one.tags)) for one in removals]
    if rows:
        console.table(["", "repository", "digest", "tags"], rows)
    for image, why in made.kept.items():
        console.note(f"{image} stays: {why}")
    would = "would be" if arguments.dry_run else "are"
    console.text(
        f"{counted(len(made.releases), 'release')}, {counted(len(made.images), 'image')} and"
        f" {counted(len(made.charts), 'chart')} {would} removed"
    )
    return 0
