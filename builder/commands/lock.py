"""`catalog lock`: resolve exact versions, and say what changed."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.graph.accounts import behind
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.graph.request import Documents
from builder.lock.bound import Reach, Stayed
from builder.lock.difference import Change, difference
from builder.lock.encode import encode
from builder.lock.file import read, read_any, recover, write
from builder.lock.model import NAME, Lock
from builder.resolve.chunks import undecided, with_chunks
from builder.resolve.merge import from_upstream, merged
from builder.resolve.resolve import resolve
from builder.resolve.settle import disagreements
from builder.settings import read as read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--upgrade",
        nargs="*",
        metavar="PATTERN",
        help=(
            "move packages (globs over their names; all without one) to the newest versions;"
            " without --upgrade, locked versions stay"
        ),
    )
    parser.add_argument(
        "--within",
        choices=[str(reach) for reach in Reach],
        help=(
            "with --upgrade: move packages only so far. patch: the major and the minor number of"
            " their versions stay; minor: the major number stays; major: anything may change"
        ),
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="resolve nothing; exit 1 when the lock does not cover what layers ask for",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help=(
            "merge the locks of two branches that git is merging, and resolve what the result does"
            " not cover"
        ),
    )
    parser.add_argument(
        "--upstream",
        action="store_true",
        help="in a fork: take the versions that upstream's lock has by now, wherever they do",
    )
    parser.add_argument(
        "--rebalance",
        nargs="*",
        metavar="LAYER",
        help=(
            "decide anew which packages share a chunk (globs over layers; all without one), by"
            " what their sizes are now; these cells are built again"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write catalog.lock, and print how it differs from the one before. With --check, exit 1 when
    it is stale.
    """
    if arguments.within is not None and arguments.upgrade is None:
        message = "it says how far --upgrade moves packages, and there is no --upgrade"
        raise InputError([Problem("--within", 0, 0, message, "say both, or neither")])
    loaded = load(arguments.catalog)
    whole = graph(loaded)
    path = loaded.root / NAME
    if arguments.check:
        before = read(path) if path.exists() else None
        return _check(whole, before, console, as_json=arguments.json)
    recover(path)
    is_new = not path.exists()
    if arguments.merge:
        former, before = False, merged(loaded.root, whole, console)
    else:
        before, former = (None, False) if is_new else read_any(path)
    if arguments.upstream or (before is None and loaded.levels.own.is_fork):
        before = from_upstream(loaded.levels, whole, before, console, needed=arguments.upstream)
    upgrade = () if arguments.upgrade is None else tuple(arguments.upgrade) or ("*",)
    documents = Documents(layers=loaded.layer_sources, catalog=loaded.source)
    settings = read_settings(loaded.home).knowing(loaded.catalog.sources)
    within = Reach[(arguments.within or str(Reach.MAJOR)).upper()]
    stayed: list[Stayed] = []
    after = resolve(
        whole,
        before,
        settings,
        console,
        upgrade=upgrade,
        within=within,
        tell=stayed.append,
        documents=documents,
    )
    anew = () if arguments.rebalance is None else tuple(arguments.rebalance) or ("*",)
    budget = loaded.catalog.layer_budget
    after = with_chunks(whole, after, before, settings, console, budget=budget, rebalance=anew)
    held_back = sorted(set(stayed))
    changes = difference(before, after)
    # Compare `extra` too: two artifacts that differ only there are equal for `==`.
    moved = former or is_new or before is None or encode(after) != encode(before)
    if moved or arguments.merge or arguments.upstream:
        write(after, path)
    if arguments.json:
        console.json(
            {
                "moment": after.moment,
                "changes": [change.document() for change in changes],
                "accounts": dict(after.accounts),
                "stayed": [one.document() for one in held_back],
            }
        )
        return 0
    _show(changes, console)
    _show_accounts(before, after, console)
    _show_chunks(before, after, console)
    for one in held_back:
        console.text(one.told(within))
    console.text(
        f"{len(after.artifacts)} packages for {len(after.cells)} cells, as of {after.moment}"
        + ("" if changes else "; nothing moved")
    )
    if arguments.merge:
        console.note(f"run `git add {NAME}` to tell git that the lock is merged")
    return 0


def _check(whole: Graph, lock: Lock | None, console: Console, *, as_json: bool) -> int:
    """Print what the lock does not cover, and the images in which it has two versions of one
    package.
    """
    late = behind(lock, whole) if lock else dict.fromkeys(whole.cells, "is not in the lock")
    apart = disagreements(whole, lock) if lock and not late else []
    open_ones = list(undecided(whole, lock)) if lock and not late else []
    if as_json:
        said = {"stale": late, "disagreements": [problem.message for problem in apart]}
        console.json({**said, "undecided": open_ones})
        return 1 if late or apart else 0
    for cell, why in late.items():
        console.text(f"{cell} {why}")
    for problem in apart:
        console.text(problem.message)
    for sentence in open_ones:
        console.note(f"{sentence} (`catalog lock --rebalance`)")
    if not late and not apart:
        console.text("the lock is current")
    return 1 if late or apart else 0


def _show(changes: tuple[Change, ...], console: Console) -> None:
    """Print what changed version, then what was added and removed, grouped by cells."""
    for what in ("moved", "replaced", "removed", "added"):
        groups: dict[tuple[str, ...], list[Change]] = {}
        for change in changes:
            if change.what == what:
                groups.setdefault(change.cells, []).append(change)
        for cells, moved in groups.items():
            console.text(f"{what} in {', '.join(cells)}")
            for line in _lines(moved):
                console.text(f"  {line}")


def _show_accounts(before: Lock | None, after: Lock, console: Console) -> None:
    """Print which system accounts got an id or a different one, and which are gone."""
    old = before.accounts if before else {}
    given = [
        f"{name} {number}" for name, number in after.accounts.items() if old.get(name) != number
    ]
    gone = sorted(old.keys() - after.accounts.keys())
    if given:
        console.text(f"ids of system accounts: {', '.join(given)}")
    if gone:
        console.text(f"no package makes these accounts any more: {', '.join(gone)}")


def _show_chunks(before: Lock | None, after: Lock, console: Console) -> None:
    """Print which layers are divided otherwise than they were, beyond packages that came or
    went.
    """
    old = before.chunks if before else {}
    for layer in sorted(old.keys() & after.chunks.keys()):
        was, now = old[layer], after.chunks[layer]
        if bool(was) != bool(now) or any(was[name] != now[name] for name in was.keys() & now):
            number = len(set(now.values()))
            console.text(f"{layer} is now {f'{number} chunks' if number else 'whole'}")


def _lines(changes: list[Change]) -> list[str]:
    """Return a line for each package that changed version, and one for each kind of those added or
    removed.
    """
    if changes[0].old and changes[0].new:
        return [f"{change.name} {change.old} → {change.new} ({change.kind})" for change in changes]
    kinds: dict[str, list[str]] = {}
    for change in changes:
        kinds.setdefault(change.kind, []).append(f"{change.name} {change.new or change.old}")
    return [f"{kind} ({len(names)}): {', '.join(names)}" for kind, names in kinds.items()]
