"""`catalog plan`: what a build would keep, take from a registry, and build, and why."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import cast

from builder.console.text import Console, readable
from builder.errors import listed
from builder.execute.overlaps import overlaps
from builder.execute.project import Project, image_ref, open_project
from builder.graph.select import part
from builder.graph.tags import Tag, published
from builder.plan.plan import Plan, PlanStep
from builder.plan.shards import Shards, durations, shards
from builder.settings import TRUST

NOBODY: Mapping[str, str] = MappingProxyType({})
MOST_SHARDS = 256
"""As many jobs a matrix of GitHub Actions has at most."""
WORTH_A_LAYER = 10_000_000
"""Two layers that duplicate at least this many bytes are named without --all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    add_source(parser)
    parser.add_argument("--all", action="store_true", help="also list what is kept")
    parser.add_argument(
        "--since",
        metavar="REVISION",
        help="only images that differ from those of a git revision",
    )
    parser.add_argument(
        "--shards",
        type=_count,
        metavar="N",
        help=(
            "share the images out over N machines instead, by how long each is going to take, and"
            " name the cells to build before, because more than one machine needs them"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say from which registry cells are taken."""
    parser.add_argument(
        "--from",
        dest="source",
        metavar="REGISTRY",
        help=(
            "take cells from host[:port][/path] instead of building them (default:"
            " CATALOG_REGISTRY_STORE, else none)"
        ),
    )
    parser.add_argument(
        "--trust",
        choices=TRUST,
        help=(
            "take only cells that catalog.digests.json vouches for, or all on the registry's word"
            " (default: CATALOG_REGISTRY_TRUST, else recorded)"
        ),
    )
    parser.add_argument(
        "--plain-http",
        action="store_true",
        help="use HTTP without TLS (default: only on loopback, if nothing there speaks TLS)",
    )


def _planned(project: Project, arguments: argparse.Namespace, console: Console) -> Plan:
    """Return the plan. Only where a registry may have something are the libraries loaded that
    speak to one: they take longer than a plan.
    """
    settings = project.settings
    if not (arguments.source or settings.registry_store):
        made = project.plan()
        if not (project.loaded.levels.registries and made.to_build("cell")):
            return made
    source = importlib.import_module("builder.share.source")
    there = source.depot(settings, arguments.source, plain_http=arguments.plain_http)
    made, _ = source.planned(project, there, arguments.trust, console)
    return cast("Plan", made)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_SHARDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_SHARDS}")
    return int(text)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the plan. Always exit 0: work to do is not a failure."""
    project = open_project(arguments.catalog, arguments.patterns)
    if arguments.since is not None:
        project = replace(project, graph=part(project.graph, _differing(arguments, console)))
    made = _planned(project, arguments, console)
    if arguments.shards:
        _show_shards(_shards(project, made, arguments.shards), console, as_json=arguments.json)
        return 0
    tags = published(project.loaded, project.whole, project.lock, _digests(project, made))
    if arguments.json:
        console.json([_row(step, tags) for step in made.steps])
        return 0
    show(made, console, everything=arguments.all, whose=_whose(project))
    _show_overlaps(project, made, console, least=0 if arguments.all else WORTH_A_LAYER)
    return 0


def _differing(arguments: argparse.Namespace, console: Console) -> list[str]:
    """Return the images that differ from those of a git revision."""
    # Comparing takes libraries that a plan does without.
    between = importlib.import_module("builder.commands.notes").between
    notes = between(arguments.catalog, arguments.since, None, None, console)
    return [image.image for image in notes.images or () if image.change in {"added", "changed"}]


def _shards(project: Project, made: Plan, count: int) -> Shards:
    """Share out the images; only what is to be built takes time, and each image's tests."""
    due = {step.node for step in (*made.to_build("cell"), *made.to_check())}
    every = durations(project.graph, project.lock)
    seconds = {cell: every[cell] for cell in project.graph.cells if cell in due}
    return shards(project.graph, list(project.graph.images), seconds, count)


def _show_shards(made: Shards, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.json(asdict(made))
        return
    rows = [("first", f"{made.seconds / 60:.0f} min", " ".join(made.first))] if made.first else []
    for number, shard in enumerate(made.shards, 1):
        rows.append((str(number), f"{shard.seconds / 60:.0f} min", " ".join(shard.images)))
    console.table(["shard", ">predicted", "builds"], rows)


def _show_overlaps(project: Project, made: Plan, console: Console, *, least: int) -> None:
    """Print which layers hold the same files: a shared layer below both would store them once."""
    rows = [
        (" + ".join(overlap.layers), readable(overlap.size), f"{overlap.images} images")
        for overlap in overlaps(project, made)
        if overlap.size >= least
    ]
    if rows:
        console.text("\nDuplicated files; a shared layer below both would store them once:")
        console.table(["layers", ">size", "in"], rows)


def show(
    made: Plan, console: Console, *, everything: bool = False, whose: Mapping[str, str] = NOBODY
) -> None:
    """Print a plan as a table, with a summary line; `whose` tells whose the cells of a fork are."""
    rows = [
        (step.action, step.node, whose.get(step.node, ""), listed(step.reasons, 4, "; "))
        for step in made.steps
        if everything or step.action != "keep"
    ]
    if rows and whose:
        console.table(["", "node", "", "why"], rows)
    elif rows:
        console.table(["", "node", "why"], [(action, node, why) for action, node, _, why in rows])
    console.text(summary(made))


def _whose(project: Project) -> Mapping[str, str]:
    """Return whose the layer of each cell of a fork is; nothing for a catalog that is none."""
    loaded = project.loaded
    if not loaded.levels.own.is_fork:
        return NOBODY
    return {cell.id: loaded.whose(cell.name) for cell in project.graph.cells.values()}


def summary(made: Plan) -> str:
    """Return the plan in a sentence."""
    parts = []
    for kind in ("cell", "image"):
        is_cell = kind == "cell"
        build, check = len(made.to_build(kind)), len(made.to_check()) if is_cell else 0
        take = len(made.to_take()) if is_cell else 0
        count = sum(step.kind == kind for step in made.steps)
        verb = "build" if is_cell else "put together"
        taken = f", {take} to take" if take else ""
        checked = f", {check} to check" if check else ""
        kept = count - build - take - check
        parts.append(f"{count} {kind}s: {build} to {verb}{taken}{checked}, {kept} kept")
    return "; ".join(parts)


def _digests(project: Project, made: Plan) -> dict[str, str]:
    """Return the digests of the images that are kept."""
    digests: dict[str, str] = {}
    for step in made.steps:
        is_kept = step.kind == "image" and step.action == "keep"
        manifest = project.store.find(image_ref(step.node, step.key)) if is_kept else None
        if manifest is not None:
            digests[step.node] = manifest.digest
    return digests


def _row(step: PlanStep, tags: Mapping[str, Sequence[Tag]]) -> dict[str, object]:
    row = {name: getattr(step, name) for name in ("node", "kind", "action", "reasons", "key")}
    if step.kind == "image":
        row["tags"] = [tag.text for tag in tags[step.node]]
    return row
