"""`catalog render`: the flat Dockerfile of an image, to build it without this program."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.console.text import Console
from builder.execute import flat
from builder.execute.project import open_project
from builder.execute.workshop import Workshop
from builder.fetch.fetch import fetch
from builder.graph.select import one_image
from builder.oci.writers import writing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="an image, such as jupyter-python:py3.13")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="write the Dockerfile and its whole build context",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the Dockerfile, or write it with everything it needs."""
    project = open_project(arguments.catalog, [arguments.image])
    name = one_image(project.graph, arguments.image)
    if arguments.output is None:
        console.text(flat.tree(project, name)["Dockerfile"].data.decode().rstrip("\n"))
        return 0
    cells = [project.graph.cells[cell] for cell in project.graph.images[name].cells]
    fetch(project.lock, cells, project.settings, console, project.documents)
    with writing(project.store):
        logs = project.state / "logs"
        shop = Workshop(project=project, builder="", logs=logs, monitor=console)
        flat.write(project, shop, name, arguments.output)
    console.text(f"docker build {arguments.output}")
    return 0
