"""`catalog verify`: build again what was kept because of an ABI, and compare the bytes."""

from __future__ import annotations

import argparse

from builder.commands.build import report
from builder.console.text import Console
from builder.errors import listed
from builder.execute.build import build, shop_for
from builder.execute.hold import hold
from builder.execute.project import open_project
from builder.execute.promises import Rebuilt, Verification, verify

SHOWN = 10
"""How many files are named for a cell."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="build every cell again, also those with nothing changed below them",
    )
    parser.add_argument("-j", "--jobs", type=int, help="cells built at once")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Verify. Exit 0 when every promise held, 1 when one broke or a build failed."""
    project = open_project(arguments.catalog, arguments.patterns)
    jobs = arguments.jobs or project.settings.jobs
    shop = shop_for(project, console, cache=False)
    with hold(project):
        verification = verify(shop, jobs=jobs, everything=arguments.all)
        failed = any(not result.ok for result in verification.results.values())
        if verification.replaced and not failed:
            # Images hold the old bytes until they are put together again.
            code = report(build(project, project.plan(), console, jobs=jobs), console)
            failed = code != 0
    if arguments.json:
        console.json([_row(one) for one in verification.rebuilt.values()])
    else:
        _tell(verification, console)
        if failed:
            report(verification.results, console)
    return 1 if failed or verification.replaced else 0


def _tell(verification: Verification, console: Console) -> None:
    for one in verification.rebuilt.values():
        if one.outcome != "kept":
            console.failure(one.cell, _sentence(one))
    if verification.missing:
        console.note(f"not in the store: {listed(verification.missing, SHOWN)}")
    kept = len(verification.rebuilt) - len(verification.replaced)
    if not verification.rebuilt and not verification.results:
        console.note("nothing to verify: nothing changed below any cell since it was built")
    else:
        console.note(
            f"{kept} gave the same bytes, {len(verification.replaced)} gave different ones"
            f"{' and are replaced' if verification.replaced else ''}"
        )


def _sentence(one: Rebuilt) -> str:
    files = listed([str(difference) for difference in one.differences], SHOWN, "\n  ")
    if one.outcome == "unsteady":
        why = "each build gives different bytes, so comparing cannot tell what it relies on"
        hint = "take clocks, random names and unsorted lists out of its build"
    else:
        why = f"gives different bytes on the current {', '.join(one.parents)}"
        hint = "raise the parent's `abi`, or remove it"
    return f"{why}:\n  {files}\n  hint: {hint}"


def _row(one: Rebuilt) -> dict[str, object]:
    return {
        "cell": one.cell,
        "outcome": one.outcome,
        "parents": list(one.parents),
        "differences": [str(difference) for difference in one.differences],
    }
