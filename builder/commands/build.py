"""`catalog build`: take or build what is missing, put the images together, and say how it went."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial

from builder.commands.plan import add_source, summary
from builder.console.text import Console
from builder.errors import InputError, Problem, counted
from builder.events import Plain
from builder.execute.build import build, unheard
from builder.execute.hold import hold
from builder.execute.project import Project, open_project
from builder.execute.schedule import Result
from builder.settings import REGISTRY_STORE
from builder.share.depot import Depot
from builder.share.exchange import Sharing, taken
from builder.share.source import depot, planned


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
    add_source(parser)
    parser.add_argument(
        "--share",
        action="store_true",
        help="also put the cells into that registry, for other machines",
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
    there = depot(project.settings, arguments.source, plain_http=arguments.plain_http)
    sharing = _sharing(project, there, console) if arguments.share else None
    # With the engine's cache, a forced build would only return what was built before.
    cache = not (arguments.no_cache or arguments.force)
    carry_out = partial(
        build,
        project,
        monitor=console,
        jobs=arguments.jobs,
        cache=cache,
        built=sharing or unheard,
    )
    with hold(project):
        made, offers = planned(project, there, arguments.trust, console, forced=arguments.force)
        console.note(summary(made))
        for source, offered in offers:
            taken(project, source, offered, console)
            if sharing is not None:
                sharing.near(source, offered)
        made = project.plan(forced=arguments.force) if offers else made
        results = carry_out(made)
        if any(result.damaged for result in results.values()):
            console.note("something in the store was damaged and will be made again")
            done = {name: result for name, result in results.items() if result.ok}
            results = done | carry_out(project.plan())
        if sharing is not None:
            had = set[str]().union(*(offered for source, offered in offers if source is there))
            sharing.all(name for name in project.graph.cells if name not in had)
    code = report(results, console)
    _suggest_shells(project, results, console)
    return code if sharing is None else max(code, _report_shared(sharing, console))


def _sharing(project: Project, there: Depot | None, console: Console) -> Sharing:
    if there is None:
        message = "there is no registry to put cells into"
        hint = f"name one by --from, or set {REGISTRY_STORE}"
        raise InputError([Problem("--share", 0, 0, message, hint)])
    return Sharing(project=project, depot=there, monitor=console)


def _report_shared(sharing: Sharing, console: Console) -> int:
    """Say what was put into the registry; return the exit code."""
    if sharing.failure:
        console.failure(f"sharing with {sharing.depot.name}", sharing.failure)
        return 1
    count, sent = len(sharing.put), sharing.sent / 1e6
    console.note(f"{sharing.depot.name} has {counted(count, 'cell')}: {sent:,.1f} MB sent")
    return 0


def _suggest_shells(project: Project, results: Mapping[str, Result], console: Console) -> None:
    """Print the command that opens a shell in what a failed step had."""
    for node, result in results.items():
        cell = project.graph.cells.get(node)
        is_own_failure = not result.ok and not result.held_back
        if cell is not None and is_own_failure and not cell.layer.bootstrap:
            console(Plain(f"catalog shell {node}"))


def report(results: Mapping[str, Result], console: Console) -> int:
    """Print what failed, with the end of its log, and what it held back; return the exit code."""
    broken = [result for result in results.values() if not result.ok and not result.held_back]
    held = [result for result in results.values() if result.held_back]
    # One cause may end many steps: an engine that is gone, a full disk.
    for because, nodes in _by_cause(broken).items():
        console.failure(", ".join(nodes), because)
    for because, nodes in _by_cause(held).items():
        console.note(f"held back by {because}: {', '.join(nodes)}")
    done = sum(result.ok for result in results.values())
    if results:
        console.note(f"{done} done, {len(broken)} failed, {len(held)} held back")
    else:
        console.note("nothing to do: everything is in the store")
    return 1 if broken or held else 0


def _by_cause(results: Sequence[Result]) -> dict[str, list[str]]:
    """Return the nodes that each cause ended, in the order in which the causes came up."""
    nodes: dict[str, list[str]] = {}
    for result in results:
        nodes.setdefault(result.because, []).append(result.node)
    return nodes
