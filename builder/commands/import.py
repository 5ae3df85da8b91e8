"""`catalog import`: what is in a bundle, into the store and the cache of this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.cells import records
from builder.console.text import Console
from builder.errors import counted, listed
from builder.events import Progress
from builder.execute.build import build
from builder.execute.hold import hold, looked_up
from builder.execute.project import Project, open_project
from builder.lock.encode import digest
from builder.settings import ALL, TRUST
from builder.share import unpack
from builder.share.contents import BUNDLE, Contents
from builder.share.opened import Opened, opened
from builder.share.take import look, take

SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what `catalog bundle` wrote")
    parser.add_argument(
        "--charts",
        type=Path,
        metavar="DIR",
        help="directory of published charts to which those of the bundle are added",
    )
    parser.add_argument(
        "--trust",
        choices=TRUST,
        help=(
            "take only cells that catalog.digests.json vouches for, or all on the bundle's word"
            " (default: CATALOG_REGISTRY_TRUST, else recorded)"
        ),
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Check and take what is in the bundle, and put its images together. Exit 1 where something of
    it was refused; all else is taken.
    """
    project = open_project(arguments.catalog)
    with opened(arguments.file) as bundle, hold(project):
        contents = bundle.contents()
        _tell_others(project, contents, console)
        trust = arguments.trust or project.settings.registry_trust
        failures = _cells(project, bundle, contents, console, trust=trust)
        failures |= _artifacts(project, bundle, contents, console)
        failures |= _images(arguments.catalog, project, contents, console)
        if arguments.charts:
            files = unpack.charts(bundle, arguments.charts, contents.moment)
            console.note(f"{arguments.charts} has {counted(len(files), 'chart')} of the bundle")
    for what, why in failures.items():
        console.failure(what, why)
    return 1 if failures else 0


def _tell_others(project: Project, contents: Contents, console: Console) -> None:
    """Say where a bundle is of another catalog, or of another state of it."""
    own = project.loaded.catalog.name
    if contents.catalog != own:
        console.note(f"it is of the catalog {contents.catalog}, and this is {own}")
    if contents.lock != digest(project.lock):
        console.note(
            f"it is of another lock, of {contents.moment:%Y-%m-%d}: only cells and artifacts that"
            f" {project.loaded.root / 'catalog.lock'} has as well are taken"
        )
    if contents.release:
        console.note(f"it is of the release {contents.release}")


def _cells(
    project: Project, bundle: Opened, contents: Contents, console: Console, *, trust: str
) -> dict[str, str]:
    """Take the cells that are missing; return what was refused, and why."""
    missing = []
    for name, item in project.inputs.items():
        if records.find(project.store, item.key) is None:
            missing.append(name)
    jobs = project.settings.jobs
    shelved = look(project, missing, bundle.offers, trust, jobs)
    refused = take(project, shelved.offers, bundle, console, jobs)
    console.note(f"{counted(len(shelved.offers) - len(refused), 'cell')} taken")
    for name in missing:
        is_said = contents.cells.get(name) == project.inputs[name].key
        if is_said and name not in {*shelved.offers, *shelved.unknown}:
            refused[name] = f"{bundle.name} says that it has it, and lacks it"
    if shelved.unknown:
        names = listed(shelved.unknown, SHOWN)
        refused[names] = (
            f"nothing is recorded of {counted(len(shelved.unknown), 'cell')} of the bundle:"
            f" commit catalog.digests.json with it, or pass --trust {ALL} to take them on its word"
        )
    return refused


def _artifacts(
    project: Project, bundle: Opened, contents: Contents, console: Console
) -> dict[str, str]:
    """Take the artifacts that are missing; return what was refused, and why."""
    arrived = 0

    def count(size: int) -> None:
        nonlocal arrived
        arrived += size
        console(Progress(BUNDLE, arrived, 0))

    came = unpack.artifacts(project, bundle, contents, count)
    console.note(f"{counted(came.files, 'artifact')}, {came.bytes / 1e6:,.1f} MB")
    return dict(came.refused)


def _images(
    catalog: Path, project: Project, contents: Contents, console: Console
) -> dict[str, str]:
    """Put the images of a bundle together whose cells are all there; return those that come to
    other bytes than the bundle says.
    """
    kept = {step.node for step in project.plan().steps if step.action == "keep"}
    ready = []
    for name in contents.images:
        image = project.graph.images.get(name)
        if image is not None and kept.issuperset(image.cells):
            ready.append(name)
    if not ready:
        return {}
    part = open_project(catalog, ready, cells=False)
    results = build(part, part.plan(), console)
    failures = {name: result.because for name, result in results.items() if not result.ok}
    manifests, _ = looked_up(part)
    for name, manifest in manifests.items():
        if manifest.digest != contents.images[name]:
            failures[name] = f"is {manifest.digest} here, and {contents.images[name]} in the bundle"
    same = len(manifests.keys() - failures.keys())
    console.note(f"{counted(same, 'image')} put together, to the same bytes as in the bundle")
    return failures
