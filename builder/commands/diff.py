"""`catalog diff`: what differs between two images, or two cells."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from builder.catalog.load import load
from builder.cells.compare import Comparison, compare
from builder.console.text import Console, readable
from builder.debian.model import Facts
from builder.errors import InputError, Problem
from builder.execute.former import built_last
from builder.execute.hold import check_cells
from builder.execute.project import Project, open_project
from builder.graph.build import graph
from builder.graph.select import one_image, one_node
from builder.record.states import blobs_of, catalog_at, deltas, layers

SHOWN = 40
"""How many files are listed without --all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """An image or a cell: its cells' facts, and its blobs."""

    node: str
    stack: Sequence[Facts]
    blobs: Mapping[str, int]
    """Digest -> size in bytes, of each blob that an engine pulls."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("a", metavar="A", help="an image, such as python:py3.13, or a cell")
    parser.add_argument(
        "b", metavar="B", nargs="?", help="another one (default: A, with --from or --built)"
    )
    before = parser.add_mutually_exclusive_group()
    before.add_argument(
        "--built",
        action="store_true",
        help="take A, an image, as it was built last, whatever the catalog and its lock say by now",
    )
    before.add_argument(
        "--from",
        dest="revision",
        metavar="REVISION",
        help="take A from the catalog of this git revision; its cells must still be in the store",
    )
    parser.add_argument("--all", action="store_true", help="list every file that differs")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print which packages and files differ, and what an engine that has A pulls to get B."""
    if arguments.b is None and arguments.revision is None and not arguments.built:
        hint = "name another image, or a git revision with --from, or say --built"
        raise InputError([Problem("B", 0, 0, "there is nothing to compare it with", hint)])
    other_word = arguments.b or arguments.a
    present = open_project(arguments.catalog, [_node(arguments.catalog, other_word, "B")])
    other = _side(present)
    if arguments.built:
        one = _former_side(open_project(arguments.catalog, [arguments.a]), arguments.a, console)
    else:
        one = _side_at(arguments, present)
    comparison = compare(one.stack, other.stack)
    new = {digest: size for digest, size in other.blobs.items() if digest not in one.blobs}
    if arguments.json:
        _print_json(one, other, comparison, new, console)
    else:
        _show(comparison, console, everything=arguments.all)
        console.text(
            f"{readable(sum(new.values()))} to pull, in {len(new)} of {len(other.blobs)} layers,"
            f" with {one.node} in place"
        )
    return 0


def _side_at(arguments: argparse.Namespace, present: Project) -> Side:
    """Return A, of the catalog as it was at a revision where one is given."""
    with catalog_at(arguments.catalog, arguments.revision) as catalog:
        before = open_project(catalog, [_node(catalog, arguments.a, "A")])
        settings = replace(before.settings, store=present.settings.store)
        return _side(replace(before, settings=settings), arguments.revision)


def _former_side(project: Project, word: str, console: Console) -> Side:
    """Return A, an image, as it was built last."""
    image = one_image(project.graph, word)
    former = built_last(project, image)
    if former.since:
        console.note(f"A is {image} as it was built last; since then: {former.since}")
    blobs = blobs_of(project.store, former.manifest)
    return Side(node=f"{image} as built last", stack=former.facts, blobs=blobs)


def _node(catalog: Path, word: str, argument: str) -> str:
    return one_node(graph(load(catalog)), word, argument)


def _side(project: Project, revision: str | None = None) -> Side:
    """Return the only image of a project, or the last of its cells, which stands on the others.

    Raises:
        BuilderError: it is not built as the catalog, at the revision, means it.

    """
    image = next(iter(project.graph.images.values()), None)
    cells = list(project.graph.cells)[-1:] if image is None else list(image.cells)
    if revision is None:
        check_cells(project, cells[-1] if image is None else image.id, cells)
    if image is None:
        (cell,) = cells
        stack = project.facts([cell])
        return Side(node=cell, stack=stack, blobs=deltas(stack))
    stack = project.facts(image.cells)
    return Side(node=image.id, stack=stack, blobs=layers(project, image, stack))


def _show(comparison: Comparison, console: Console, *, everything: bool) -> None:
    if comparison.packages:
        rows = [
            (change.fate, change.kind, change.name, change.before, change.after)
            for change in comparison.packages
        ]
        console.table(["", "kind", "package", "A", "B"], rows)
    files = comparison.files if everything else comparison.files[:SHOWN]
    if files and comparison.packages:
        console.text()
    if files:
        console.table(
            ["file", "A", "B"], [(f"/{file.path}", file.one, file.other) for file in files]
        )
    hidden = len(comparison.files) - len(files)
    if hidden:
        console.text(f"… and {hidden:,} more; --all lists them")
    fates = Counter(change.fate for change in comparison.packages)
    counted = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    console.text(f"packages: {counted or 'the same'}; files that differ: {len(comparison.files):,}")


def _print_json(
    one: Side, other: Side, comparison: Comparison, new: Mapping[str, int], console: Console
) -> None:
    console.json(
        {
            "a": one.node,
            "b": other.node,
            "packages": [asdict(change) for change in comparison.packages],
            "files": [asdict(file) for file in comparison.files],
            "pull": sum(new.values()),
        }
    )
