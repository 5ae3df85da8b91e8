"""`catalog rollback`: make an earlier release public again."""

from __future__ import annotations

import argparse

from builder.commands.promote import add_release_arguments, move
from builder.console.text import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "release",
        nargs="?",
        metavar="RELEASE",
        help=(
            "a release by its tag or digest (default: the one that was public before; after a"
            " promotion that was interrupted, the one that is public)"
        ),
    )
    add_release_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Move the tags back. Versions of charts stay published: nothing takes back what somebody may
    have installed.
    """
    return move(arguments, console, back=True)
