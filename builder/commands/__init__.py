"""The verbs of `catalog`: one module each, named as the user types it."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from typing import Protocol, cast

from builder.console.text import Console
from builder.errors import BuilderError

CHARTS = "charts"
EXTRAS: Mapping[str, tuple[str, ...]] = {
    CHARTS: (
        "jsonschema",
        "jsonschema_rs",
        "kubernetes_validate",
        "referencing",
        "regress",
        "semver",
    ),
}
"""Extra of this distribution -> the modules that it brings, which a machine that builds images
alone lacks."""


class Command(Protocol):
    """What a module of this package offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit code."""


COMMANDS: Mapping[str, str] = {
    "doctor": "check what this machine lacks, and say how to mend it",
    "new": "start a layer, an image or a service that builds and passes its tests",
    "validate": "check catalog.yaml and every layer.yaml, and show all problems at once",
    "list": "list the images",
    "show": "show an image with its layers, sizes and packages, or why it is absent; or a layer",
    "graph": "show the layers and what stands on what",
    "why": "show which layer and which request bring a package into an image",
    "size": "show what takes space in an image",
    "diff": "compare two images or two cells: packages, files, bytes to pull",
    "lock": "resolve what layers ask for to exact files, in catalog.lock",
    "fetch": "bring what is locked into the cache",
    "plan": "show what a build would keep and make, and why",
    "build": "build missing cells and put images together",
    "verify": "build again what was kept while a layer below it changed, and compare the bytes",
    "digests": "compare what cells came to with what is written down beside the lock",
    "test": "run the layers' tests in every image that has them",
    "load": "bring images into the Docker engine",
    "run": "run an image in Docker",
    "shell": "open a shell in an image, in a cell, or where a build failed",
    "push": "bring images to a registry, and move only what it lacks",
    "prune": "free the space of cells and images that the catalog no longer has",
    "render": "print the Dockerfile that builds an image by plain Docker",
    "chart": "generate, check, compare, publish and launch the services' Helm charts",
    "schema": "write the JSON Schemas by which editors complete and check what people write",
    "completion": "print what makes a shell complete commands, options and names",
}
"""What each does, in the order in which people meet them."""

VERBS: Mapping[str, Mapping[str, str]] = {
    "new": {
        "layer": "write a layer with a test",
        "image": "add an image to catalog.yaml",
        "service": "write a service for an image",
    },
    "chart": {
        "generate": (
            "write the charts of all services, or tell which files are not what they would be"
        ),
        "verify": (
            "lint charts, render them with Helm and check the objects against the schemas of"
            " several versions of Kubernetes"
        ),
        "lint": (
            "check charts against Onyxia's rules: does the page open, the form work, the service"
            " launch"
        ),
        "diff": (
            "show what differs between two versions of a chart, and the version that follows"
            " from it"
        ),
        "package": (
            "package the charts that changed, and join the index of those that are published"
        ),
        "test": "launch services on a Kubernetes cluster in Docker, and use them",
    },
}
"""What the commands that have verbs of their own do."""


def command(name: str) -> Command:
    """Return the module of a command, or of `<command> <verb>`.

    Modules are imported by name, as a run needs one of them and the libraries of no other.

    Raises:
        BuilderError: it needs a library of an extra that is not installed.

    """
    try:
        module = importlib.import_module(f"{__name__}.{name.replace(' ', '.')}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        for extra, modules in EXTRAS.items():
            if missing in modules:
                raise BuilderError(
                    f"`catalog {name}` needs {missing}, which is not installed",
                    hint=f"pip install 'catalog-builder[{extra}]'",
                ) from error
        raise
    return cast("Command", module)


def answer_shell(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks how a line may go on, and end this process."""
    importlib.import_module(f"{__name__}.completion").answer(parser)
