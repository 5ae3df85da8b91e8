"""`catalog new layer`: a layer that builds and passes its test."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement

from builder.catalog.additions import check_layer, check_layers, default_parent
from builder.catalog.load import Loaded, load
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.events import Plain
from builder.render import scaffold
from builder.render.scaffold import DEBIAN_PACKAGE, NewLayer

PYTHON_AXIS = "python"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the layer's name, such as streamlit")
    parser.add_argument(
        "--on",
        action="extend",
        nargs="+",
        metavar="LAYER",
        default=[],
        help="the layers it stands on (default: the one that most layers stand on)",
    )
    parser.add_argument(
        "--apt",
        action="extend",
        nargs="+",
        metavar="PACKAGE",
        default=[],
        help="Debian packages to install",
    )
    parser.add_argument(
        "--python",
        action="extend",
        nargs="+",
        metavar="REQUIREMENT",
        default=[],
        help="Python packages to install, such as 'numpy>=2'",
    )
    parser.add_argument("--description", metavar="TEXT", help="what the layer adds, in a sentence")
    parser.add_argument("--json", action="store_true", help="print the files as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write layer.yaml and a test; say what to do next."""
    loaded = load(arguments.catalog)
    problems = [
        *check_layer(loaded, arguments.name),
        *check_layers(loaded, arguments.on, "--on"),
        *_check_packages(arguments.apt),
        *_check_requirements(arguments.python),
    ]
    if problems:
        raise InputError(problems)
    on = arguments.on or [_default(loaded, needs_python=bool(arguments.python))]
    new = NewLayer(
        name=arguments.name,
        description=arguments.description or _description(arguments),
        on=on,
        apt=arguments.apt,
        python=arguments.python,
    )
    directory = loaded.root / loaded.catalog.layers / new.name
    files = scaffold.layer(new)
    files.write(directory)
    if arguments.json:
        console.json(
            {"layer": new.name, "on": on, "files": [f"{directory}/{path}" for path in files]}
        )
        return 0
    for path in files:
        console.text(f"created {directory / path}")
    if not arguments.on:
        console.note(f"It stands on {on[0]}, as most layers do; choose another with --on.")
    console.note("To add it to an image:")
    console(Plain(f"catalog new image {new.name} --layers {new.name}"))
    return 0


def _default(loaded: Loaded, *, needs_python: bool) -> str:
    parent = default_parent(loaded, PYTHON_AXIS if needs_python else "")
    if parent is None:
        message = "no layer depends on the axis python, so there is no Python to install into"
        raise InputError([Problem("--python", 0, 0, message, "add such a layer first")])
    return parent


def _description(arguments: argparse.Namespace) -> str:
    packages = [*arguments.apt, *arguments.python]
    return ", ".join(packages) if packages else arguments.name


def _check_packages(names: Sequence[str]) -> list[Problem]:
    return [
        Problem("--apt", 0, 0, f"{name!r} is not the name of a Debian package")
        for name in names
        if not DEBIAN_PACKAGE.fullmatch(name)
    ]


def _check_requirements(requirements: Sequence[str]) -> list[Problem]:
    problems = []
    for text in requirements:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            reason = str(error).partition("\n")[0]
            problems.append(Problem("--python", 0, 0, f"{text!r} is not a requirement: {reason}"))
    return problems
