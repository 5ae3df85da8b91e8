"""`catalog shell`: a shell in an image, in a cell, or where the build of a cell failed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from docker import DockerClient

from builder.catalog.load import load
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.execute import inside, session
from builder.execute.project import Project, open_project
from builder.execute.session import Session
from builder.graph.build import graph
from builder.graph.select import one_node
from builder.tools import engine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name",
        metavar="IMAGE|CELL",
        help="an image, such as python:py3.13, or a cell, such as python@trixie-amd64-py3.13",
    )
    parser.add_argument(
        "--failed",
        action="store_true",
        help="in the file system of the last failed step of the cell's build (default when the"
        " cell is not built)",
    )
    parser.add_argument(
        "-u",
        "--user",
        default="",
        help="user, or user:group (default: the image's; root in a cell)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Open the shell, and exit with its exit code. The container is removed afterwards."""
    node = one_node(graph(load(arguments.catalog)), arguments.name, "IMAGE|CELL")
    project = open_project(arguments.catalog, [node])
    if arguments.failed and node in project.graph.images:
        message = f"{node} is an image, and only the build of a cell can fail"
        cells = ", ".join(project.graph.images[node].cells)
        raise InputError([Problem("--failed", 0, 0, message, f"its cells: {cells}")])
    is_failure = _is_failure(project, node, asked=arguments.failed)
    if not is_failure:
        # Before an engine is asked for.
        inside.check(project, node)
    client = engine.client()
    with _opened(project, client, node, console, failed=is_failure) as made:
        chosen = replace(made, user=arguments.user) if arguments.user else made
        return session.run(client, chosen, console)


def _is_failure(project: Project, node: str, *, asked: bool) -> bool:
    """Tell whether the shell opens in what the failed step of a build had: if that is asked for, or
    if the cell is not built because its build failed.
    """
    if node in project.graph.images:
        return False
    is_built = inside.is_built(project, project.graph.cells[node])
    return asked or (not is_built and inside.failed_log(project, node) is not None)


@contextmanager
def _opened(
    project: Project, client: DockerClient, node: str, console: Console, *, failed: bool
) -> Iterator[Session]:
    """Return the shell in an image, in a cell, or in the file system of its failed step."""
    if node in project.graph.images:
        yield inside.image_session(project, client, node, console)
        return
    cell = project.graph.cells[node]
    if not failed:
        with inside.cell_session(project, client, cell, console) as made:
            yield made
        return
    with inside.failed_session(project, client, cell, console) as made:
        console.note("This is the file system of the failed step. Run its script again with:")
        console.note(f"  bash -euo pipefail {inside.STEP}")
        yield made
