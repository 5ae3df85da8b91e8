"""The verbs of `catalog`: one module each, named as the user types it."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
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
    ),
}
"""Extra of this distribution -> the modules that it adds. A machine that only builds images does
without them."""


class Command(Protocol):
    """What a module of this package offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit code."""


COMMANDS: Mapping[str, str] = {
    "doctor": "check what this machine lacks, and say how to fix it",
    "init": "start a fork: a catalog that extends another one",
    "new": "start a layer, an image or a service that builds and passes its tests, or a language",
    "layer": "put a person's own packages on an image: what requirements.txt or the like asks for",
    "validate": "check catalog.yaml and every layer.yaml, and show all problems at once",
    "list": "list the images",
    "show": "show an image with its layers, sizes and packages, or why it is absent; or a layer",
    "explain": "show where each part of a key, an image, a layer or a service is said",
    "graph": "show the layers and what stands on what",
    "why": "show which layer and which request bring a package into an image",
    "size": "show what takes space in an image",
    "diff": "compare two images or two cells: packages, files, bytes to pull",
    "sbom": "write what images hold, with licences, as SPDX and CycloneDX documents",
    "vulnerabilities": "show what is vulnerable in images, by a database and a policy",
    "notes": "say what moved between two states of the catalog: packages by layer, images, pulls",
    "lock": "resolve what layers ask for to exact files, in catalog.lock",
    "upgrade": "move a fork to what its upstream is by now",
    "fetch": "fetch what is locked into the cache",
    "plan": "show what a build would keep and build, and why",
    "build": "build missing cells, and put the images together",
    "verify": "build again what was kept while a layer below it changed, and compare the bytes",
    "digests": "compare the bytes of built cells with those recorded beside the lock",
    "test": "run the layers' tests in every image that has them",
    "load": "load images into the Docker engine",
    "run": "run an image in Docker",
    "serve": "be a registry that puts images together when they are pulled",
    "shell": "open a shell in an image, in a cell, or where a build failed",
    "push": "push images to a registry; only what it lacks is sent",
    "publish": "stage a release of images and charts in a registry",
    "promote": "make a staged release public",
    "rollback": "make an earlier release public again",
    "releases": "list the releases in a registry",
    "weekly": "do all that a week asks for, unattended: from the lock to what is public",
    "workflows": "write the continuous integration of the catalog, for GitHub or GitLab",
    "bundle": "write cells, artifacts and charts to one file, for a machine without a network",
    "import": "take what is in a bundle into the store and the cache",
    "prune": "free the space of cells and images that the catalog no longer needs",
    "render": "print the Dockerfile that builds an image with plain Docker",
    "chart": "generate, check, compare, publish and launch the services' Helm charts",
    "schema": "write the JSON Schemas with which editors complete and check your files",
    "completion": "print the code that makes a shell complete commands, options and names",
}
"""What each does, in the order in which people meet them."""

VERBS: Mapping[str, Mapping[str, str]] = {
    "new": {
        "layer": "write a layer with a test",
        "image": "add an image to catalog.yaml",
        "service": "write a service for an image",
        "language": "write what there is to translate in the charts, for one language",
    },
    "chart": {
        "generate": ("write the charts of all services, or check which files are out of date"),
        "verify": (
            "lint charts, render them with Helm and check the objects against the schemas of"
            " several versions of Kubernetes"
        ),
        "lint": (
            "check charts against Onyxia's rules: does the page open, the form work, the service"
            " launch"
        ),
        "texts": "show what each language of the charts lacks",
        "services": "write a page of what services there are",
        "diff": (
            "show the differences between two versions of a chart, and its next version from it"
        ),
        "package": (
            "package the charts that changed, and add them to the index of published charts"
        ),
        "test": "launch services on a Kubernetes cluster in Docker, and use them",
    },
}
"""What each command with verbs of its own does."""


def command(name: str) -> Command:
    """Return the module of a command, or of `<command> <verb>`.

    Modules are imported by name: a run needs one of them, and only that one's libraries.

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


def call(name: str, argv: Sequence[str], catalog: Path, console: Console) -> int:
    """Run another command as if it was typed; return its exit code.

    Raises: as that command.
    """
    module = command(name)
    parser = argparse.ArgumentParser(prog=f"catalog {name}")
    module.add_arguments(parser)
    return module.run(parser.parse_args([*argv], argparse.Namespace(catalog=catalog)), console)


def answer_shell(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks how to complete a line, and end this process."""
    importlib.import_module(f"{__name__}.completion").answer(parser)
