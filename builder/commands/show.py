"""`catalog show`: an image with its layers, sizes and packages, or why it is absent at a point; a
layer with its cells; a cell.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from builder.catalog.conditions import condition, holds, written
from builder.catalog.directory import LAYER
from builder.catalog.load import Loaded, load
from builder.catalog.mix import is_mix
from builder.catalog.standing import summary
from builder.console.text import Console, readable
from builder.errors import InputError, Problem, listed
from builder.graph.build import with_mixes
from builder.graph.draw import image_document
from builder.graph.explain import Answer, explain, point
from builder.graph.gpu import needs
from builder.graph.model import Cell, Graph, ImagePoint
from builder.graph.select import select, unknown_node
from builder.graph.whose import NOBODY, whose
from builder.kinds.table import left_out
from builder.record.facts import Fact, Facts, facts
from builder.record.published import tags_by_lock
from builder.settings import today

SHOWN_IMAGES = 4
"""How many images are named beside a cell; the others are counted."""
IN_FULL = 3
"""Up to how many images are shown with their layers; more are only listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name",
        metavar="IMAGE|LAYER|CELL",
        help="an image, by name or by name:tag; a layer; or a cell",
    )
    parser.add_argument(
        "--at",
        metavar="AXIS=VALUE,…",
        default="",
        help="the images at these values; if there is none, says why",
    )
    parser.add_argument(
        "--packages", action="store_true", help="list every package with its version"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the image, the layer or the cell; exit 1 when an image is absent at the point asked
    for.
    """
    loaded = load(arguments.catalog)
    made, (name,) = with_mixes(loaded, [arguments.name])
    if not _is_image(loaded, made, name):
        cells = _cells(loaded, made, name)
        if cells:
            _show_layer(arguments, loaded, made, cells, console)
            return 0
    answer = _answer(loaded, made, name, arguments.at)
    known = (
        facts(loaded, select(made, [image.id for image in answer.images])) if answer.images else {}
    )
    tags = tags_by_lock(loaded, made) if answer.images else {}
    document = _document(answer, made, known, tags, whose(loaded, answer.images, made))
    if arguments.json:
        console.json(document)
    elif answer.images:
        _show(answer.images, document["images"], console, packages=arguments.packages)
    else:
        _explain(arguments, answer, console)
    return 0 if answer.images else 1


def _is_image(loaded: Loaded, made: Graph, name: str) -> bool:
    return name in made.images or any(matrix.name == name for matrix in loaded.matrices)


def _cells(loaded: Loaded, made: Graph, name: str) -> list[Cell]:
    """Return the cell of this id, or all cells of the layer of this name.

    Raises:
        InputError: there is such a layer, but no image has it.

    """
    cells = [cell for cell in made.cells.values() if name in {cell.id, cell.name}]
    if not cells and name in loaded.layers:
        hint = f"run `catalog new image {name} --layers {name}`"
        raise InputError([Problem("NAME", 0, 0, f"no image has the layer {name!r}", hint)])
    return cells


def _show_layer(
    arguments: argparse.Namespace,
    loaded: Loaded,
    made: Graph,
    cells: Sequence[Cell],
    console: Console,
) -> None:
    """Print a layer, the cells of it that were asked for, and the images that contain them."""
    layer, name = cells[0].layer, cells[0].name
    known = facts(loaded, select(made, [cell.id for cell in cells]))
    file = (loaded.layer_dirs[name] / LAYER).as_posix()
    rows = {cell.id: _cell_document(cell, made, known) for cell in cells}
    if arguments.json:
        console.json(
            {
                "layer": name,
                "description": layer.description,
                "file": file,
                "whose": loaded.whose(name),
                "on": list(layer.on),
                "cells": list(rows.values()),
            }
        )
        return
    owner = f"  {loaded.whose(name)}" if loaded.levels.own.is_fork else ""
    console.text(f"{name}  {layer.description}\n{file}{owner}")
    if layer.on:
        console.text(f"stands on {', '.join(layer.on)}")
    above = sorted({one.name for one in made.cells.values() if name in one.layer.on})
    if above:
        console.text(f"{', '.join(above)} stand{'s' * (len(above) == 1)} on it")
    console.text()
    console.table(
        ["cell", ">size", "packages", "images"],
        [
            (
                cell,
                "not built" if row["size"] is None else readable(row["size"]),
                _counted(row["packages"]),
                listed(row["images"], SHOWN_IMAGES),
            )
            for cell, row in rows.items()
        ],
    )
    for cell, row in rows.items():
        _tell_absent(cell, row["absent"], console)
    if arguments.packages:
        packages: list[tuple[str, ...]] = []
        for cell, row in rows.items():
            packages += _package_rows(row, cell)
        console.text()
        console.table(["package", "version", "kind", "cell"], sorted(packages))


def _cell_document(cell: Cell, made: Graph, known: Facts) -> dict[str, Any]:
    fact = known.get(cell.id, Fact())
    return {
        "cell": cell.id,
        "point": dict(cell.point),
        "size": fact.size,
        "packages": _sorted(fact.packages),
        "absent": _absent(cell),
        "images": [image.id for image in made.images.values() if cell.id in image.cells],
    }


def _absent(cell: Cell) -> list[dict[str, Any]]:
    """Return what the layer does not have at the cell's point, and why."""
    told = [
        {"names": list(entry.names), "because": entry.because}
        for entry in cell.layer.absent
        if holds(condition(entry.when), cell.point)
    ]
    elsewhere = left_out(cell.layer, cell.point)
    return told + [{"names": [name], "because": why} for name, why in elsewhere.items()]


def _tell_absent(where: str, absent: Sequence[Mapping[str, Any]], console: Console) -> None:
    for entry in absent:
        console.text(f"{where} has no {', '.join(entry['names'])}: {entry['because']}")


def _sorted(packages: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return packages in the order of their kinds and names."""
    return {kind: dict(sorted(names.items())) for kind, names in sorted(packages.items())}


def _package_rows(row: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, str, str]]:
    for kind, versions in row["packages"].items():
        for name, version in versions.items():
            yield name, version, kind, where


def _counted(packages: Mapping[str, Mapping[str, str]]) -> str:
    """Return how many packages of each kind there are: `12 deb, 3 python`."""
    return ", ".join(f"{len(names)} {kind}" for kind, names in packages.items() if names)


def describe(
    image: ImagePoint,
    made: Graph,
    known: Facts | None = None,
    owners: Mapping[str, str] = NOBODY,
) -> dict[str, Any]:
    """Return an image as JSON data, with its layers bottom first and, as far as `known` tells,
    sizes (bytes) and packages; `owners` tells whose each layer of a fork is, and the image.
    """
    layers = []
    for name in image.cells:
        cell, fact = made.cells[name], (known or {}).get(name, Fact())
        layers.append(
            {
                "layer": cell.name,
                "cell": name,
                "description": cell.layer.description,
                "joined": _joined(cell, image),
                "size": fact.size,
                "packages": _sorted(fact.packages),
                "absent": _absent(cell),
                "whose": owners.get(cell.name, ""),
            }
        )
    sizes = [layer["size"] for layer in layers]
    gpu = needs(made.cells[name] for name in image.cells)
    return {
        **image_document(image, made),
        "size": None if None in sizes else sum(sizes),
        "whose": owners.get(image.id, ""),
        "gpu": asdict(gpu) if gpu else None,
        "layers": layers,
    }


def _joined(cell: Cell, image: ImagePoint) -> str:
    """Return why a layer is in an image."""
    if cell.name in image.asked:
        return "asked for"
    return "glue" if cell.layer.glue else "stood on"


def _answer(loaded: Loaded, made: Graph, name: str, at: str) -> Answer:
    """Return what is asked for.

    Raises:
        InputError: there is no such image, or `at` is wrong.

    """
    if is_mix(name):
        if at:
            hint = "say it in the name: lab+r@python=3.13"
            raise InputError([Problem("--at", 0, 0, f"{name} has one point", hint)])
        return Answer(images=(made.images[name],))
    if name in made.images:
        image = made.images[name]
        return explain(loaded, made, image.name, {**image.point, **point(loaded, image.name, at)})
    if all(matrix.name != name for matrix in loaded.matrices):
        raise InputError([unknown_node(made, name, "NAME")])
    return explain(loaded, made, name, point(loaded, name, at))


def _document(
    answer: Answer,
    made: Graph,
    known: Facts,
    tags: Mapping[str, Sequence[str]],
    owners: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "images": [
            {**describe(image, made, known, owners), "tags": tags[image.id]}
            for image in answer.images
        ],
        "absent": [
            {"point": dict(reason.point), "because": reason.because} for reason in answer.reasons
        ],
        "nearest": answer.nearest.id if answer.nearest else None,
    }


def _show(
    images: Sequence[ImagePoint],
    documents: Sequence[Mapping[str, Any]],
    console: Console,
    *,
    packages: bool,
) -> None:
    if len(images) > IN_FULL:
        console.text(f"{images[0].name}: {images[0].description}\n")
        console.table(["image", "at"], [(image.id, written(image.point)) for image in images])
        console.text("\nGive a name with its tag to see its layers.")
        return
    for image, shown in zip(images, documents, strict=True):
        owner = f"  {shown['whose']}" if shown["whose"] else ""
        console.text(f"{image.id}  {image.description}{owner}\n{written(image.point)}")
        console.text(f"pushed as {', '.join(shown['tags'])}")
        if told := summary(image.standing, today()):
            console.text(told)
        console.text()
        console.table(
            ["layer", "", ">size", "packages", "what it adds"],
            [_row(layer) for layer in shown["layers"]],
        )
        total = "" if shown["size"] is None else f"{'total':>9} {readable(shown['size'])}\n"
        console.text(total)
        if shown["needs"]:
            console.text(f"needs {', '.join(shown['needs'])}, beside the package registries\n")
        _tell_gpu(shown["gpu"], console)
        for layer in shown["layers"]:
            _tell_absent(layer["layer"], layer["absent"], console)
        if packages:
            rows: list[tuple[str, ...]] = []
            for layer in shown["layers"]:
                rows += _package_rows(layer, layer["layer"])
            console.table(["package", "version", "kind", "layer"], sorted(rows))


def _tell_gpu(gpu: Mapping[str, Any] | None, console: Console) -> None:
    if gpu and gpu["driver"]:
        console.text(f"needs an NVIDIA driver {gpu['driver']} or newer")
    if gpu and gpu["architectures"]:
        console.text(f"has code for {', '.join(gpu['architectures'])}")


def _row(layer: Mapping[str, Any]) -> tuple[str, ...]:
    remark = "" if layer["joined"] == "stood on" else layer["joined"]
    if layer["whose"]:
        remark = ", ".join(filter(None, (layer["whose"], remark)))
    return (
        layer["layer"],
        remark,
        "" if layer["size"] is None else readable(layer["size"]),
        _counted(layer["packages"]),
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
