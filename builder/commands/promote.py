"""`catalog promote`: make a staged release public."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.commands.push import add_registry, place_of
from builder.console.text import Console
from builder.release import promote as steps
from builder.release import shelf
from builder.release.trust import check, policy_of
from builder.settings import read as read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "release",
        nargs="?",
        default=shelf.STAGED,
        metavar="RELEASE",
        help="a release by its tag or digest (default: the one that was staged last)",
    )
    add_release_arguments(parser)


def add_release_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `promote` and `rollback` have in common."""
    add_registry(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="move no tag; say which would be moved"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Move the tags of its images, then of its charts, then the tag `current` of the releases."""
    return move(arguments, console, back=False)


def move(arguments: argparse.Namespace, console: Console, *, back: bool) -> int:
    """Promote the release that was asked for."""
    loaded = load(arguments.catalog)
    settings = read_settings(loaded.home)
    policy = policy_of(loaded, settings)
    place = place_of(arguments, loaded, settings)
    released = shelf.named(place, arguments.release or steps.before(place))
    promotion = steps.prepare(place, released, back=back)
    if policy:
        check(place, released, policy)
    if not arguments.dry_run:
        steps.promote(place, promotion, console)
    _report(promotion, console, as_json=arguments.json, is_dry=arguments.dry_run)
    return 0


def _report(promotion: steps.Promotion, console: Console, *, as_json: bool, is_dry: bool) -> None:
    released, former = promotion.released, promotion.former
    moves = [*promotion.images, *promotion.charts]
    if as_json:
        document = {
            "release": released.release.tag,
            "digest": released.digest,
            "former": former.release.tag if former else None,
            "moved": [
                {"tag": f"{move.repository}:{move.tag}", "old": move.old, "new": move.new}
                for move in moves
            ],
            "dry_run": is_dry,
        }
        console.json(document)
        return
    rows = []
    for move in moves:
        rows.append((f"{move.repository}:{move.tag}", move.old[7:19] or "new", move.new[7:19]))
    if rows:
        console.table(["tag", "from", "to"], rows)
    instead = f" in place of {former.release.tag}" if former and not promotion.is_done else ""
    would = "would be" if is_dry else "is"
    console.note(f"{released.release.tag} {would} public{instead}: {len(moves)} tags")
