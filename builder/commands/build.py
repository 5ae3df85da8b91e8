"""`catalog build`: make what is missing, put images together, and say how it went."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from builder.commands.plan import summary
from builder.console.text import Console
from builder.execute.build import build
from builder.execute.project import open_project
from builder.execute.schedule import Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        help="cells built at once (default: CATALOG_JOBS, else the number of processors)",
    )
    parser.add_argument(
        "--force",
        action="append",
        default=[],
        metavar="PATTERN",
        help="build these cells again (globs over cells, or layers' names); may be repeated",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="let the engine reuse nothing from its own cache"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Build. Exit 0 when everything asked for is in the store, 1 when something failed."""
    project = open_project(arguments.catalog, arguments.patterns)
    made = project.plan(forced=arguments.force)
    console.note(summary(made))
    # A cell that is built again by force is of no use from the engine's cache.
    cache = not (arguments.no_cache or arguments.force)
    results = build(project, made, console, jobs=arguments.jobs, cache=cache)
    if any(result.damaged for result in results.values()):
        console.note("something in the store was damaged, and is made again")
        done = {name: result for name, result in results.items() if result.ok}
        results = done | build(project, project.plan(), console, jobs=arguments.jobs, cache=cache)
    return report(results, console)


def report(results: Mapping[str, Result], console: Console) -> int:
    """Print what failed, with the end of its log, and what it held back; return the exit code."""
    broken = [result for result in results.values() if not result.ok and not result.held_back]
    held = [result for result in results.values() if result.held_back]
    # One cause may end many steps: an engine that is gone, a full disk.
    for because in dict.fromkeys(result.because for result in broken):
        console.failure(
            ", ".join(result.node for result in broken if result.because == because), because
        )
    for by in dict.fromkeys(result.because for result in held):
        console.note(
            f"held back by {by}:"
            f" {', '.join(result.node for result in held if result.because == by)}"
        )
    done = sum(result.ok for result in results.values())
    console.note(
        f"{done} done, {len(broken)} failed, {len(held)} held back"
        if results
        else "nothing to do: everything is in the store"
    )
    return 1 if broken or held else 0
