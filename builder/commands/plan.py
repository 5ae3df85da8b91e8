"""`catalog plan`: what a build would keep and make, and why."""

from __future__ import annotations

import argparse

from builder.console.text import Console, readable
from builder.errors import listed
from builder.execute.overlaps import overlaps
from builder.execute.project import Project, open_project
from builder.plan.plan import Plan

WORTH_A_LAYER = 10_000_000
"""Bytes that two layers hold both, from which on they are told without being asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    parser.add_argument("--all", action="store_true", help="list what is kept, too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the plan. Always exit 0: a plan with work in it is no failure."""
    project = open_project(arguments.catalog, arguments.patterns)
    made = project.plan()
    if arguments.json:
        console.json([_row(step) for step in made.steps])
        return 0
    show(made, console, everything=arguments.all)
    _show_overlaps(project, console, least=0 if arguments.all else WORTH_A_LAYER)
    return 0


def _show_overlaps(project: Project, console: Console, *, least: int) -> None:
    """Print which layers hold the same files: what is worth a layer of its own, below both."""
    rows = [
        (" + ".join(overlap.layers), readable(overlap.size), f"{overlap.images} images")
        for overlap in overlaps(project)
        if overlap.size >= least
    ]
    if rows:
        console.text("\nheld twice, for want of a layer that both stand on:")
        console.table(["layers", ">size", "in"], rows)


def show(made: Plan, console: Console, *, everything: bool = False) -> None:
    """Print a plan as a table, with a line that sums it up."""
    rows = [
        (step.action, step.node, listed(step.reasons, 4, "; "))
        for step in made.steps
        if everything or step.action != "keep"
    ]
    if rows:
        console.table(["", "node", "why"], rows)
    console.text(summary(made))


def summary(made: Plan) -> str:
    """Return the plan in a sentence."""
    parts = []
    for kind in ("cell", "image"):
        build, check = len(made.to_build(kind)), len(made.to_check()) if kind == "cell" else 0
        count = sum(step.kind == kind for step in made.steps)
        checked = f", {check} to check" if check else ""
        parts.append(
            f"{count} {kind}s: {build} to {'build' if kind == 'cell' else 'put together'}{checked},"
            f" {count - build - check} kept"
        )
    return "; ".join(parts)


def _row(step: object) -> dict[str, object]:
    return {name: getattr(step, name) for name in ("node", "kind", "action", "reasons", "key")}
