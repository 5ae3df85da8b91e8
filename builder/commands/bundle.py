"""`catalog bundle`: cells, artifacts and charts of images or of a release, in one file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from builder.catalog.load import load
from builder.cells import records
from builder.charts.project import open_charts, read_digests
from builder.commands.publish import add_charts
from builder.commands.push import add_registry, given, place_of
from builder.console.text import Console
from builder.digest import sha256
from builder.errors import BuilderError, InputError, Problem, counted, listed
from builder.execute.hold import taken
from builder.execute.project import Project, open_project
from builder.lock.encode import digest
from builder.lock.model import Artifact
from builder.oci.model import Descriptor
from builder.release import charts, shelf
from builder.release.document import Release
from builder.settings import read as read_settings
from builder.share import bundle
from builder.share.contents import Contents
from builder.share.offer import offer

SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one"
    )
    parser.add_argument(
        "--release",
        metavar="RELEASE",
        help="the images and charts of a release, by its tag or digest, such as `current`",
    )
    add_charts(parser)
    parser.add_argument(
        "--no-artifacts",
        action="store_true",
        help="leave out what cells are built from: it is not needed to use them",
    )
    add_registry(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the file, and say what is in it."""
    given(arguments)
    _check(arguments)
    released, archives = _released(arguments) if arguments.release else (None, [])
    patterns = list(released.images) if released else arguments.patterns
    project = open_project(arguments.catalog, patterns, cells=False)
    with taken(project) as manifests:
        images = {name: manifest.digest for name, manifest in manifests.items()}
        if released:
            _compare(released, images)
        elif arguments.charts:
            archives = _charts(arguments, project, images, console)
        artifacts = [] if arguments.no_artifacts else _artifacts(project)
        contents = Contents(
            catalog=project.loaded.catalog.name,
            moment=datetime.fromisoformat(project.lock.moment),
            lock=digest(project.lock),
            release=released.tag if released else "",
            images=images,
            cells={name: project.inputs[name].key for name in project.graph.cells},
            charts=tuple(f"sha256:{sha256(data)}" for data in archives),
            artifacts=tuple(artifact.digest for artifact in artifacts),
        )
        made = bundle.gather(
            project.store,
            contents,
            _cells(project),
            charts=archives,
            artifacts=artifacts,
            cache=project.settings.cache,
        )
        bundle.write(made, arguments.file, console)
    words = (
        counted(len(images), "image"),
        counted(len(project.graph.cells), "cell"),
        counted(len(archives), "chart"),
        counted(len(artifacts), "artifact"),
    )
    console.text(f"{arguments.file}: {', '.join(words)}; {made.size / 1e6:,.1f} MB")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Raise InputError where a release is named, and something beside it."""
    beside = {"patterns": arguments.patterns, "--charts": arguments.charts}
    odd = [name for name, value in beside.items() if value]
    if arguments.release and odd:
        message = f"a release has its own images and charts, and {odd[0]} cannot say others"
        raise InputError([Problem("--release", 0, 0, message)])


def _released(arguments: argparse.Namespace) -> tuple[Release, list[bytes]]:
    """Return a release of the registry, and its charts."""
    loaded = load(arguments.catalog)
    place = place_of(arguments, loaded, read_settings(loaded.home))
    release = shelf.named(place, arguments.release).release
    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        archives = pool.map(lambda one: charts.chart(place, *one), release.charts.items())
        return release, list(archives)


def _compare(release: Release, images: Mapping[str, str]) -> None:
    """Raise BuilderError where the images of a release are others than those that are built."""
    others = [name for name, digest in release.images.items() if images.get(name) != digest]
    if others:
        message = f"{release.tag} has other bytes than the store of {listed(others, SHOWN)}"
        hint = "check out the catalog and lock that it was made of, and run `catalog build`"
        raise BuilderError(message, hint=hint)


def _charts(
    arguments: argparse.Namespace, project: Project, images: Mapping[str, str], console: Console
) -> list[bytes]:
    """Return the charts of which all images are in the bundle."""
    opened = open_charts(project.loaded, read_digests(arguments.digests))
    found, lacking = charts.archives(opened, arguments.charts, images)
    for name, reason in lacking.items():
        console.note(f"left out: {name}, as {reason}")
    return [archive.data for archive in found]


def _cells(project: Project) -> dict[str, Descriptor]:
    """Return the cells of a project that is built, by their keys, as they are offered."""
    cells: dict[str, Descriptor] = {}
    for item in project.inputs.values():
        manifest = records.find(project.store, item.key)
        if manifest is not None:
            cells[item.key] = offer(manifest, project.store.owner)
    return cells


def _artifacts(project: Project) -> list[Artifact]:
    """Return what the cells of a project are built from, each file once."""
    lock, found = project.lock, dict[str, Artifact]()
    for cell in project.graph.cells:
        for artifact in (lock.artifacts[name] for name in lock.cells[cell].artifacts):
            found[artifact.digest] = artifact
    return [found[digest] for digest in sorted(found)]
