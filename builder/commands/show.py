"""`catalog show`: one image, with its layers, sizes and packages; or why it is absent at a
point.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from builder.catalog.conditions import written
from builder.catalog.load import Loaded, load
from builder.console.text import Console, readable
from builder.errors import InputError
from builder.graph.build import graph
from builder.graph.draw import image_document
from builder.graph.explain import Answer, explain, point
from builder.graph.model import Graph, ImagePoint
from builder.graph.select import select, unknown
from builder.record.facts import Fact, Facts, facts

IN_FULL = 3
"""How many images are shown with their layers; more are listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="an image, by name or by name:tag")
    parser.add_argument(
        "--at",
        metavar="AXIS=VALUE,…",
        default="",
        help="the images at these values; says why when there is none",
    )
    parser.add_argument(
        "--packages", action="store_true", help="list every package with its version"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the image; exit 1 when it is absent at the point asked for."""
    loaded = load(arguments.catalog)
    made = graph(loaded)
    answer = _answer(loaded, made, arguments.name, arguments.at)
    known = (
        facts(loaded, select(made, [image.id for image in answer.images])) if answer.images else {}
    )
    if arguments.json:
        console.json(_document(answer, made, known))
    elif answer.images:
        _show(answer.images, made, known, console, packages=arguments.packages)
    else:
        _explain(arguments, answer, console)
    return 0 if answer.images else 1


def describe(image: ImagePoint, made: Graph, known: Facts | None = None) -> dict[str, Any]:
    """Return an image as JSON data, with its layers bottom first and, as far as `known` tells,
    sizes (bytes) and packages.
    """
    layers = []
    for name in image.cells:
        cell, fact = made.cells[name], (known or {}).get(name, Fact())
        layers.append(
            {
                "layer": cell.name,
                "cell": name,
                "description": cell.layer.description,
                "joined": (
                    "asked for"
                    if cell.name in image.asked
                    else "glue"
                    if cell.layer.glue
                    else "stood on"
                ),
                "size": fact.size,
                "packages": {
                    kind: dict(sorted(found.items()))
                    for kind, found in sorted(fact.packages.items())
                },
            }
        )
    sizes = [layer["size"] for layer in layers]
    return {
        **image_document(image),
        "size": None if None in sizes else sum(sizes),
        "layers": layers,
    }


def _answer(loaded: Loaded, made: Graph, name: str, at: str) -> Answer:
    """Return what is asked for.

    Raises:
        InputError: there is no such image, or `at` is wrong.

    """
    if name in made.images:
        image = made.images[name]
        return explain(loaded, made, image.name, {**image.point, **point(loaded, image.name, at)})
    if all(matrix.name != name for matrix in loaded.matrices):
        raise InputError([unknown(made, name, "NAME")])
    return explain(loaded, made, name, point(loaded, name, at))


def _document(answer: Answer, made: Graph, known: Facts) -> dict[str, Any]:
    return {
        "images": [describe(image, made, known) for image in answer.images],
        "absent": [
            {"point": dict(reason.point), "because": reason.because} for reason in answer.reasons
        ],
        "nearest": answer.nearest.id if answer.nearest else None,
    }


def _show(
    images: tuple[ImagePoint, ...], made: Graph, known: Facts, console: Console, *, packages: bool
) -> None:
    if len(images) > IN_FULL:
        console.text(f"{images[0].name}: {images[0].description}\n")
        console.table(["image", "at"], [(image.id, written(image.point)) for image in images])
        console.text("\nName one with its tag to see its layers.")
        return
    for image in images:
        found = describe(image, made, known)
        console.text(f"{image.id}  {image.description}\n{written(image.point)}\n")
        console.table(
            ["layer", "", ">size", "packages", "what it adds"],
            [_row(layer) for layer in found["layers"]],
        )
        console.text(
            f"{'total':>9} {readable(found['size'])}\n" if found["size"] is not None else ""
        )
        if packages:
            rows = [
                (name, version, kind, layer["layer"])
                for layer in found["layers"]
                for kind, all_ in layer["packages"].items()
                for name, version in all_.items()
            ]
            console.table(["package", "version", "kind", "layer"], sorted(rows))


def _row(layer: Mapping[str, Any]) -> tuple[str, ...]:
    count = ", ".join(f"{len(found)} {kind}" for kind, found in layer["packages"].items() if found)
    remark = "" if layer["joined"] == "stood on" else layer["joined"]
    return (
        layer["layer"],
        remark,
        "" if layer["size"] is None else readable(layer["size"]),
        count,
        layer["description"],
    )


def _explain(arguments: argparse.Namespace, answer: Answer, console: Console) -> None:
    console.text(f"{arguments.name} is absent at {arguments.at or 'every point'}:")
    for reason in answer.reasons:
        console.text(
            f"  {written(reason.point)}: {reason.because}"
            if reason.point
            else f"  {reason.because}"
        )
    if answer.nearest:
        console.text(f"nearest: {answer.nearest.id}, at {written(answer.nearest.point)}")
