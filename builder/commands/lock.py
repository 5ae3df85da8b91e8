"""`catalog lock`: decide on exact versions, and say what moved."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.console.text import Console
from builder.graph.asks import stale
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.lock.difference import Change, difference
from builder.lock.file import read, read_any, recover, write
from builder.lock.model import NAME, Lock
from builder.resolve.request import Documents
from builder.resolve.resolve import resolve
from builder.settings import read as read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--upgrade",
        nargs="*",
        metavar="PATTERN",
        help=(
            "move packages (globs over their names; all without one) to the newest versions;"
            " without --upgrade, what is locked stays"
        ),
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="resolve nothing; exit 1 when the lock does not answer what layers ask for",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write catalog.lock, and print the difference to what it was. Exit 1 with --check when it is
    stale.
    """
    loaded = load(arguments.catalog)
    whole = graph(loaded)
    path = loaded.root / NAME
    if arguments.check:
        before = read(path) if path.exists() else None
        return _check(whole, before, console, as_json=arguments.json)
    recover(path)
    before, former = read_any(path) if path.exists() else (None, False)
    upgrade = () if arguments.upgrade is None else tuple(arguments.upgrade) or ("*",)
    documents = Documents(layers=loaded.layer_sources, catalog=loaded.source)
    settings = read_settings(loaded.root)
    after = resolve(whole, before, settings, console, upgrade=upgrade, documents=documents)
    changes = difference(before, after)
    if former or after != before:
        write(after, path)
    if arguments.json:
        console.json({"moment": after.moment, "changes": [change.document() for change in changes]})
        return 0
    _show(changes, console)
    console.text(
        f"{len(after.artifacts)} packages for {len(after.cells)} cells, as of {after.moment}"
        + ("" if changes else "; nothing moved")
    )
    return 0


def _check(whole: Graph, lock: Lock | None, console: Console, *, as_json: bool) -> int:
    found = stale(lock, whole) if lock else dict.fromkeys(whole.cells, "is not in the lock")
    if as_json:
        console.json({"stale": found})
    for cell, why in () if as_json else found.items():
        console.text(f"{cell} {why}")
    if not found and not as_json:
        console.text("the lock is current")
    return 1 if found else 0


def _show(changes: tuple[Change, ...], console: Console) -> None:
    """Print what moved, then what came and went, packages of the same cells together."""
    for what in ("moved", "replaced", "removed", "added"):
        groups: dict[tuple[str, ...], list[Change]] = {}
        for change in changes:
            if change.what == what:
                groups.setdefault(change.cells, []).append(change)
        for cells, found in groups.items():
            console.text(f"{what} in {', '.join(cells)}")
            for line in _lines(found):
                console.text(f"  {line}")


def _lines(changes: list[Change]) -> list[str]:
    """Return a line for each package that moved, and one for each kind of those that came or
    went.
    """
    if changes[0].old and changes[0].new:
        return [f"{change.name} {change.old} → {change.new} ({change.kind})" for change in changes]
    kinds: dict[str, list[str]] = {}
    for change in changes:
        kinds.setdefault(change.kind, []).append(f"{change.name} {change.new or change.old}")
    return [f"{kind} ({len(names)}): {', '.join(names)}" for kind, names in kinds.items()]
