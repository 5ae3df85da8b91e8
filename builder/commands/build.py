"""`catalog build`: make what is missing, put images together, and say how it went."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

from builder.commands.plan import summary
from builder.console.text import Console
from builder.execute import cells
from builder.execute.images import put_together
from builder.execute.project import Project, open_project
from builder.execute.schedule import Result
from builder.execute.schedule import run as schedule
from builder.fetch.fetch import fetch
from builder.plan.plan import Plan
from builder.tools import buildx

HELP = "build missing cells and put images together"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one")
    parser.add_argument("-j", "--jobs", type=int, help="cells built at once (default: CATALOG_JOBS, else the number of processors)")
    parser.add_argument("--no-cache", action="store_true", help="let the engine reuse nothing from its own cache")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Build. Exit 0 when everything asked for is in the store, 1 when something failed."""
    project = open_project(arguments.catalog, arguments.patterns)
    made = project.plan()
    console.note(summary(made))
    results = build(project, made, console, jobs=arguments.jobs, cache=not arguments.no_cache)
    return report(results, console)


def build(project: Project, made: Plan, console: Console, *, jobs: int | None = None, cache: bool = True) -> dict[str, Result]:
    """Carry out a plan; return how each step of it that was not kept ended."""
    missing = {step.node for step in made.to_build("cell")}
    images = [step.node for step in made.to_build("image")]
    if not missing and not images:
        return {}
    jobs = jobs or project.settings.jobs
    if missing:
        fetch(project.lock, [project.graph.cells[name] for name in sorted(missing)], project.settings, console)
    needs_engine = any(not project.graph.cells[name].layer.bootstrap for name in missing)
    logs = project.state / "logs" / time.strftime("%Y%m%dT%H%M%S")
    shop = project.workshop(buildx.builder() if needs_engine else "", logs, console, cache=cache)
    below = {name: missing.intersection(project.graph.cells[name].ancestors) for name in missing}
    results = schedule(below, lambda name: cells.build(shop, name), jobs, console)
    broken = {name for name, result in results.items() if not result.ok}
    ready = [name for name in images if not broken.intersection(project.graph.images[name].cells)]
    results |= schedule({name: set() for name in ready}, lambda name: put_together(project, shop, name), jobs, console)
    for name in images:
        if name not in results:
            cause = sorted(broken.intersection(project.graph.images[name].cells))[0]
            results[name] = Result(name, ok=False, because=cause, held_back=True)
    return results


def report(results: Mapping[str, Result], console: Console) -> int:
    """Print what failed, with the end of its log, and what it held back; return the exit code."""
    failed = [result for result in results.values() if not result.ok and not result.held_back]
    held = [result for result in results.values() if result.held_back]
    for result in failed:
        console.failure(result.node, result.because)
    if held:
        console.note(f"held back: {', '.join(sorted(result.node for result in held))}")
    done = sum(result.ok for result in results.values())
    console.note(f"{done} done, {len(failed)} failed, {len(held)} held back" if results else "nothing to do: everything is in the store")
    return 1 if failed or held else 0


