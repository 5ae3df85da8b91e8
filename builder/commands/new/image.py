"""`catalog new image`: add an image to catalog.yaml."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from builder.catalog.additions import check_image, check_layers, image_entry, with_image
from builder.catalog.load import load
from builder.console.text import Console
from builder.errors import InputError
from builder.events import Plain
from builder.graph.build import graph
from builder.tree import File
from builder.tree import replace as write_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the image's name, such as jupyter-python")
    parser.add_argument(
        "--layers",
        action="extend",
        nargs="+",
        metavar="LAYER",
        required=True,
        help="the layers it has; those that they stand on are added automatically",
    )
    parser.add_argument(
        "--description", metavar="TEXT", default="", help="what the image is for, in a sentence"
    )
    parser.add_argument("--json", action="store_true", help="print the image as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Add one line to catalog.yaml, and leave every other line as it is."""
    path: Path = arguments.catalog
    loaded = load(path)
    problems = [
        *check_image(loaded, arguments.name),
        *check_layers(loaded, arguments.layers, "--layers"),
    ]
    if problems:
        raise InputError(problems)
    entry = image_entry(loaded, arguments.layers, arguments.description)
    edited = with_image(path, arguments.name, entry)
    images = _images(path, edited, arguments.name)
    write_file(path, File(edited.encode(), path.stat().st_mode & 0o777))
    if arguments.json:
        console.json({"name": arguments.name, **entry, "images": images})
        return 0
    for image in images:
        console.text(image)
    console.note("Next:")
    console(Plain("catalog lock"))
    console(Plain(f"catalog build {arguments.name}"))
    console(Plain(f"catalog test {arguments.name}"))
    return 0


def _images(path: Path, edited: str, name: str) -> list[str]:
    """Return the images of this name in the edited catalog.

    Raises:
        InputError: the edited catalog has a mistake.

    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(edited.encode())
        file.flush()
        try:
            loaded = load(Path(file.name))
        except InputError as error:
            beside = Path(file.name).as_posix()
            raise InputError(
                [
                    replace(problem, file=path.as_posix()) if problem.file == beside else problem
                    for problem in error.problems
                ]
            ) from None
    return [image.id for image in graph(loaded).images.values() if image.name == name]
