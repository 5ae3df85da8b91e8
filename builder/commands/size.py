"""`catalog size`: what takes space in an image, and what images take beside each other."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter, itemgetter

from builder.cells import space
from builder.cells.tree import held_twice
from builder.console.text import Console, readable
from builder.debian.model import Facts
from builder.execute.former import built_last
from builder.execute.hold import changed, check_cells, not_built, why_not
from builder.execute.project import Project, open_project

SHOWN = 15
"""How many packages, and files, are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="IMAGE",
        help="an image, such as jupyter-python:py3.13; of several (globs) the sizes alone",
    )
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
    """Print the layers of one image with their sizes, the largest packages and files, and
    duplicated files; of several images, a table.
    """
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    if len(project.graph.images) == 1:
        (image,) = project.graph.images
        _one(arguments, project, image, console)
    else:
        _several(arguments, project, console)
    return 0


def _one(arguments: argparse.Namespace, project: Project, image: str, console: Console) -> None:
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
        return
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageSize:
    """What an image takes, in bytes."""

    image: str
    compressed: int
    own: int
    """Compressed, of what no other image that is shown has."""
    unpacked: int


def _several(arguments: argparse.Namespace, project: Project, console: Console) -> None:
    """Print what each image takes, and what it does not share.

    Raises:
        BuilderError: images are not built as they are now.

    """
    images = project.graph.images
    if arguments.built:
        stacks = {name: _stack(project, name, console, built=True) for name in images}
    else:
        _check(project)
        stacks = {name: project.facts(image.cells) for name, image in images.items()}
    sizes = image_sizes(stacks)
    apart = sum(size.compressed for size in sizes)
    once: dict[str, int] = {}
    for stack in stacks.values():
        once.update((facts.cell, facts.size) for facts in stack)
    together = sum(once.values())
    if arguments.json:
        told = [asdict(size) for size in sizes]
        console.json({"images": told, "apart": apart, "together": together})
        return
    rows = [
        (size.image, readable(size.compressed), readable(size.own), readable(size.unpacked))
        for size in sizes
    ]
    console.table(["image", ">compressed", ">not shared", ">unpacked"], rows)
    console.text(
        f"\n{len(sizes)} images: {readable(together)} compressed, as they share layers;"
        f" {readable(apart)} if each had its own"
    )


def image_sizes(stacks: Mapping[str, Sequence[Facts]]) -> list[ImageSize]:
    """Return what images take, the largest first."""
    images_with: Counter[str] = Counter()
    for stack in stacks.values():
        images_with.update(facts.cell for facts in stack)
    sizes = [
        ImageSize(
            image=image,
            compressed=sum(facts.size for facts in stack),
            own=sum(facts.size for facts in stack if images_with[facts.cell] == 1),
            unpacked=sum(facts.unpacked for facts in stack),
        )
        for image, stack in stacks.items()
    ]
    return sorted(sizes, key=attrgetter("compressed"), reverse=True)


def _check(project: Project) -> None:
    """Check that all images of a project are built.

    Raises:
        BuilderError: some are not, or not as they are now; all of them are named.

    """
    plan = project.plan()
    late = [name for name, image in project.graph.images.items() if changed(plan, image.cells)]
    if late:
        raise not_built(why_not(project, plan, late))


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
