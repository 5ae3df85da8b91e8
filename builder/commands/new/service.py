"""`catalog new service`: a service for an image. It becomes a Helm chart."""

from __future__ import annotations

import argparse
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from builder.catalog.load import load
from builder.catalog.suggest import nearest
from builder.charts.load import SERVICE
from builder.charts.model import ChartName
from builder.charts.sources import DIRECTORY
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.events import Plain
from builder.graph.build import graph
from builder.graph.model import Graph, ImagePoint
from builder.oci.model import ImageConfig
from builder.render import scaffold
from builder.render.config import image_config
from builder.render.scaffold import NewService
from builder.tree import Tree

GROUPS = ("interactive",)
"""The groups of options of a service that a person works in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the name of the service and of its chart")
    parser.add_argument(
        "--image", metavar="IMAGE", help="the image it runs (default: the one of the same name)"
    )
    parser.add_argument(
        "--port",
        type=int,
        help="TCP port it listens on (default: the first that the image exposes)",
    )
    parser.add_argument("--title", metavar="TEXT", help="the service's name as people write it")
    parser.add_argument("--json", action="store_true", help="print the files as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write service.yaml and an icon; say what to do next."""
    loaded = load(arguments.catalog)
    made = graph(loaded)
    directory = loaded.root / DIRECTORY
    name: str = arguments.name
    _check_name(name, directory)
    image = _image(made, arguments.image or name)
    config = image_config(loaded.catalog, made, image)
    title = arguments.title or name.replace("-", " ").capitalize()
    icon = f"{name}.svg"
    new = NewService(
        title=title,
        description=image.description or title,
        image=image.name,
        icon=icon,
        groups=GROUPS,
        port=_port(arguments.port, config, image),
        command=_command(config, image),
    )
    files = scaffold.service(new).below(name)
    if not (directory / "icons" / icon).exists():
        files = files.merged(Tree({f"icons/{icon}": scaffold.icon(title)}))
    files.write(directory)
    if arguments.json:
        console.json({"service": name, "files": [f"{directory}/{path}" for path in files]})
        return 0
    for path in files:
        console.text(f"created {directory / path}")
    console.note("Next:")
    console(Plain("catalog chart generate"))
    console(Plain(f"catalog chart verify {name}"))
    console(Plain(f"catalog chart test {name}"))
    return 0


def _check_name(name: str, directory: Path) -> None:
    """Raise InputError for a name that no chart can have, or that a service has."""
    try:
        TypeAdapter(ChartName).validate_python(name)
    except ValidationError:
        hint = "at most 46 lower-case letters, digits and '-', a letter first"
        raise InputError(
            [Problem("NAME", 0, 0, f"{name!r} cannot be a chart's name", hint)]
        ) from None
    place = directory / name
    if place.exists():
        file = place / SERVICE if (place / SERVICE).exists() else place
        message = f"the service {name!r} exists already"
        raise InputError([Problem(file.as_posix(), 0, 0, message, "choose another name")])


def _image(made: Graph, name: str) -> ImagePoint:
    """Return the first image of a name: the one that the service starts by default."""
    for image in made.images.values():
        if name == image.name:
            return image
    names = {image.name for image in made.images.values()}
    hint = nearest(name, names, what="images") or "choose one with --image"
    raise InputError([Problem("--image", 0, 0, f"there is no image {name!r}", hint)])


def _port(given: int | None, config: ImageConfig, image: ImagePoint) -> int:
    if given is not None:
        return given
    if config.expose:
        return config.expose[0]
    message = f"the image {image.name!r} exposes no port"
    hint = "give one, or write `expose: [PORT]` in the layer that brings the server"
    raise InputError([Problem("--port", 0, 0, message, hint)])


def _command(config: ImageConfig, image: ImagePoint) -> list[str]:
    if config.cmd:
        return [*config.cmd]
    message = f"the image {image.name!r} has no command"
    hint = "write `cmd: [PROGRAM, ARGUMENT…]` in the layer that brings the server"
    raise InputError([Problem("--image", 0, 0, message, hint)])
