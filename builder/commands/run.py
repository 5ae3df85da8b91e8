"""`catalog run`: an image in Docker, in the foreground."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.execute import session
from builder.execute.hold import taken
from builder.execute.loading import load, pinned
from builder.execute.project import Project, open_project
from builder.execute.session import Session
from builder.graph.select import one_image
from builder.tools import engine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="an image, such as jupyter-python:py3.13")
    parser.add_argument(
        "argv",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="what to run instead of the image's own command",
    )
    parser.add_argument(
        "-e",
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="pass on an environment variable, such as PASSWORD (may be repeated)",
    )
    parser.add_argument(
        "-p",
        "--port",
        type=int,
        help="port of 127.0.0.1 for the image's first port (default: the same, or a free one)",
    )
    parser.add_argument("-u", "--user", default="", help="user, or user:group, to run it as")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Load the image into Docker and run it; exit with its exit code."""
    session.check_environment(arguments.env, "--env")
    project = open_project(arguments.catalog, [arguments.image])
    name = one_image(project.graph, arguments.image)
    ports = _ports(project, name, arguments.port)
    with taken(project) as images:
        client = engine.client()
        reference = load(project, client, {name: images[name]}, console)[name]
        pin = pinned(project, client, name, images[name])
    for inside, outside in ports.items():
        console.note(f"port {inside}: http://{session.LOOPBACK}:{outside}/")
    words = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    container = Session(
        image=reference,
        pinned=pin,
        argv=words,
        user=arguments.user,
        environment=arguments.env,
        ports=ports,
    )
    return session.run(client, container, console)


def _ports(project: Project, image: str, wanted: int | None) -> dict[int, int]:
    """Return where each port of an image is published; the first one at `wanted` if given."""
    exposed = project.config(image).expose
    if wanted is not None and not exposed:
        message = f"{image} exposes no port"
        hint = "write `expose: [PORT]` in the layer that brings the server"
        raise InputError([Problem("--port", 0, 0, message, hint)])
    ports = {port: session.free_port(port) for port in exposed}
    if wanted is not None:
        if session.free_port(wanted) != wanted:
            raise InputError(
                [Problem("--port", 0, 0, f"port {wanted} is in use", "choose another")]
            )
        ports[exposed[0]] = wanted
    return ports
