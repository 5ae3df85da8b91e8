"""`catalog why`: which layer and which request bring a package into an image."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from builder.console.text import Console
from builder.errors import listed
from builder.execute.project import open_project
from builder.graph.select import one_image
from builder.record.why import Reason, why

SHOWN = 8
"""How many packages that need it are named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="an image, such as jupyter-python:py3.13")
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        help="a package of any kind, such as libssl3t64 or python:numpy",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the layer that holds the package, the line that asks for it, and the way from there."""
    project = open_project(arguments.catalog, [arguments.image])
    image = project.graph.images[one_image(project.graph, arguments.image)]
    reasons = why(project, image, arguments.package)
    if arguments.json:
        console.json([asdict(reason) for reason in reasons])
        return 0
    for reason in reasons:
        _show(reason, console)
    return 0


def _show(reason: Reason, console: Console) -> None:
    console.text(f"{reason.name} {reason.version} ({reason.kind}), in {reason.cell}")
    if reason.request is None:
        console.text(f"  {reason.remark}")
    else:
        request = reason.request
        console.text(
            f"  {request.file}:{request.line}:{request.column}: the layer {request.layer} asks for"
            f" {request.word} ({request.key})"
        )
        if len(reason.way) > 1:
            console.text(f"  {' → '.join(reason.way)}")
    if reason.needed_by:
        console.text(f"  needed by {listed(reason.needed_by, SHOWN)}")
