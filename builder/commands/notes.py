"""`catalog notes`: what moved between two states of the catalog, for people who use its images."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from builder.console.text import Console
from builder.fetch.transfer import place
from builder.graph.moved import Notes, State
from builder.graph.notes import asked_of, notes
from builder.lock.model import Artifact
from builder.lock.osv import Advisory
from builder.record.osv import ARGUMENT, database_of, read
from builder.record.states import state_of
from builder.render.notes import document, markdown
from builder.settings import Settings
from builder.settings import read as read_settings

LAST, NOW = "HEAD", "the working tree"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = (
        "a git revision (`rev:NAME` where a file has that name), a catalog's directory, or a lock"
    )
    parser.add_argument(
        "old", metavar="OLD", nargs="?", default=LAST, help=f"{what} (default: %(default)s)"
    )
    parser.add_argument(
        "new", metavar="NEW", nargs="?", help="the same (default: the catalog as it is now)"
    )
    parser.add_argument(
        ARGUMENT,
        type=Path,
        metavar="DIRECTORY",
        help="mark what closes vulnerabilities, by the advisories in it: JSON files of OSV"
        " (default: CATALOG_OSV)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print Markdown, or JSON: packages by layer, and images with what a node pulls of them."""
    made = between(arguments.catalog, arguments.old, arguments.new, arguments.osv, console)
    if arguments.json:
        console.json(document(made))
    else:
        console.text(markdown(made).rstrip("\n"))
    return 0


def between(catalog: Path, old: str, new: str | None, osv: Path | None, console: Console) -> Notes:
    """Return what moved between two states of a catalog, each named as on the command line; `new`
    is None for the catalog as it is now. `osv` is a directory of advisories.

    Raises:
        InputError: there is no such state, or no such directory.

    """
    settings = read_settings(catalog.parent)
    before = state_of(old, "OLD", catalog, settings, console)
    after = state_of(new or str(catalog.parent), "NEW", catalog, settings, console)
    if new is None:
        after = replace(after, name=NOW)
    known = _advisories(osv, settings, before, after)
    return notes(before, after, advisories=known, size=_sizes(settings))


def _advisories(
    directory: Path | None, settings: Settings, before: State, after: State
) -> list[Advisory] | None:
    """Return what a database says of the packages that moved; None where there is none.

    Raises:
        InputError: the directory is none, or what it holds.

    """
    database = database_of(directory, settings)
    if database is None:
        return None
    return list(read(database, asked_of(before, after)).advisories)


def _sizes(settings: Settings) -> Callable[[Artifact], int]:
    """Return a function that tells the bytes of an artifact: the lock's, or those in the cache."""

    def size(artifact: Artifact) -> int:
        if artifact.size:
            return artifact.size
        path = place(artifact, settings.cache)
        return path.stat().st_size if path.is_file() else 0

    return size
