"""`catalog size`: what takes space in an image."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from operator import itemgetter

from builder.cells import space
from builder.cells.tree import held_twice
from builder.console.text import Console, readable
from builder.debian.model import Facts
from builder.execute.former import built_last
from builder.execute.hold import check_cells
from builder.execute.project import Project, open_project
from builder.graph.select import one_image

SHOWN = 15
"""How many packages, and files, are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="an image, such as jupyter-python:py3.13")
    parser.add_argument(
        "-n",
        "--number",
        type=int,
        default=SHOWN,
        metavar="N",
        help="packages and files to show (default: %(default)s)",
    )
    parser.add_argument(
        "--built",
        action="store_true",
        help="of the image as it was built last, whatever the catalog and its lock say by now",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the layers with their sizes, the largest packages and files, and duplicated files."""
    project = open_project(arguments.catalog, [arguments.image])
    image = one_image(project.graph, arguments.image)
    stack = _stack(project, image, console, built=arguments.built)
    packages = space.packages(stack)[: arguments.number]
    files = space.files(stack, arguments.number)
    twice = sorted(held_twice(stack).items(), key=itemgetter(1), reverse=True)
    if arguments.json:
        console.json(
            {
                "image": image,
                "layers": [_layer(facts) for facts in stack],
                "packages": [asdict(package) for package in packages],
                "files": [asdict(file) for file in files],
                "duplicated": [{"cells": list(pair), "size": size} for pair, size in twice],
            }
        )
        return 0
    _show_layers(stack, console)
    console.text("\nThe largest packages, unpacked:")
    console.table(
        [">size", "package", "kind", "layer"],
        [(readable(one.size), one.name, one.kind, _name(one.cell)) for one in packages],
    )
    console.text("\nThe largest files:")
    console.table(
        [">size", "file", "layer", "also in"],
        [
            (readable(one.size), f"/{one.path}", _name(one.cell), _names(one.again_in))
            for one in files
        ],
    )
    if twice:
        console.text("\nDuplicated files; a shared layer below both would store them once:")
        console.table([">size", "layers"], [(readable(size), _names(pair)) for pair, size in twice])
    return 0


def _stack(project: Project, image: str, console: Console, *, built: bool) -> Sequence[Facts]:
    """Return the facts of an image's cells: of what the catalog means now, or of what was `built`
    last.
    """
    if built:
        former = built_last(project, image)
        if former.since:
            console.note(f"{image} as it was built last; since then: {former.since}")
        return former.facts
    cells = project.graph.images[image].cells
    check_cells(project, image, cells)
    return project.facts(cells)


def _layer(facts: Facts) -> dict[str, object]:
    return {
        "cell": facts.cell,
        "compressed": facts.size,
        "unpacked": facts.unpacked,
        "files": len(facts.entries),
    }


def _show_layers(stack: Sequence[Facts], console: Console) -> None:
    rows = [
        (
            _name(facts.cell),
            readable(facts.size),
            readable(facts.unpacked),
            f"{len(facts.entries):,}",
        )
        for facts in stack
    ]
    compressed = sum(facts.size for facts in stack)
    unpacked = sum(facts.unpacked for facts in stack)
    paths = sum(len(facts.entries) for facts in stack)
    total = ("total", readable(compressed), readable(unpacked), f"{paths:,}")
    console.table(["layer", ">compressed", ">unpacked", ">paths"], [*rows, total])


def _name(cell: str) -> str:
    return cell.partition("@")[0]


def _names(cells: Sequence[str]) -> str:
    return " + ".join(_name(cell) for cell in cells)
