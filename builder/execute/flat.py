"""Write an image's flat Dockerfile with all its context: `docker build` of that directory gives the
same filesystem.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import zstandard

from builder import confined
from builder.cells import compose, seal
from builder.debian import environment
from builder.errors import InputError, Problem
from builder.execute import backports
from builder.execute.project import Project
from builder.execute.workshop import Workshop
from builder.fetch.context import context as lay_out
from builder.graph.select import with_ancestors
from builder.oci.blob import blobs_of
from builder.render.config import config as config_of
from builder.render.dockerfile import flat
from builder.tree import Tree

WRITTEN = {"Dockerfile", "artifacts", "files", "roots", "scripts", "seal"}
"""What a build context holds."""


def tree(project: Project, name: str) -> Tree:
    """Return the flat Dockerfile of an image, and its layers' files."""
    image = project.graph.images[name]
    return flat(project.graph, image, project.lock, project.loaded.layer_dirs, project.config(name))


def write(project: Project, shop: Workshop, name: str, directory: Path) -> None:
    """Write the Dockerfile and everything it needs into `directory`.

    Raises:
        InputError: the directory holds something that this did not write.
        BuilderError: a cell has not been built, or an artifact has not been fetched.

    """
    _empty(directory)
    tree(project, name).write(directory)
    image = project.graph.images[name]
    for cell in with_ancestors(project.graph, [project.graph.cells[cell] for cell in image.cells]):
        if cell.layer.bootstrap:
            _root(project, shop, cell.id, directory / "roots" / f"{cell.id}.tar")
        else:
            artifacts = directory / "artifacts" / cell.id
            artifacts.mkdir(parents=True, exist_ok=True)
            lay_out(cell, project.lock, project.settings.cache, artifacts)
            backports.lay(shop, cell, artifacts)
    sealed = seal.seal([shop.facts(cell) for cell in image.cells], project.config(name))
    for path, (_, data) in sealed.items():
        if path in {environment.PROFILE, environment.ENVIRONMENT}:
            with confined.create(directory, f"seal/{path}") as stream:
                stream.write(data)


def _empty(directory: Path) -> None:
    """Remove what was written there before."""
    before = {path.name for path in directory.iterdir()} if directory.exists() else set()
    strange = sorted(before - WRITTEN)
    if strange:
        raise InputError(
            [
                Problem(
                    str(directory),
                    0,
                    0,
                    f"the directory holds {', '.join(strange)}",
                    "name one that is empty, or not there",
                )
            ]
        )
    for name in before:
        confined.remove(directory, name)


def _root(project: Project, shop: Workshop, cell: str, target: Path) -> None:
    """Write a bootstrapped cell and its seal as one tar."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = project.graph.cells[cell]
    manifest = compose.compose(
        project.store,
        [shop.facts(cell)],
        config_of([made.layer], made.point.get("arch", "amd64"), {}),
    )
    _, *layers = blobs_of(project.store.read_json(manifest))
    with tarfile.open(target, "w") as merged:
        for descriptor in layers:
            with (
                project.store.open_blob(descriptor) as blob,
                zstandard.ZstdDecompressor().stream_reader(blob) as plain,
            ):
                _append(merged, plain)


def _append(
    merged: tarfile.TarFile, stream: io.RawIOBase | zstandard.ZstdDecompressionReader
) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as layer:
        for member in layer:
            merged.addfile(member, layer.extractfile(member) if member.isreg() else None)
