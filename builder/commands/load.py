"""`catalog load`: bring images into a Docker engine, layer by layer; unchanged layers do not move."""

from __future__ import annotations

import argparse

from builder.console.text import Console
from builder.errors import BuilderError
from builder.execute.project import IMAGES, open_project
from builder.execute.serve import registry
from builder.tools import engine

HELP = "bring images into the Docker engine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Load images and print the name of each."""
    project = open_project(arguments.catalog, arguments.patterns)
    client = engine.client()
    built = {image: project.store.find(IMAGES + image) for image in project.graph.images}
    missing = [image for image, manifest in built.items() if manifest is None]
    if missing:
        raise BuilderError(f"not built yet: {', '.join(missing)}", hint=f"run `catalog build {missing[0]}`")
    tags = {image: manifest.digest for image, manifest in built.items() if manifest is not None}
    with registry(project.store.root / "blobs" / "sha256", tags) as address:
        for image, digest in tags.items():
            name = project.reference(image)
            if engine.digest(client, name) == digest:
                console.note(f"{name}: already there")
            else:
                pulled = engine.pull(client, f"{address}/{image}", name)
                console.note(f"{name}: {pulled.fetched} layers loaded, {pulled.present} already there")
            console.text(name)
    return 0
