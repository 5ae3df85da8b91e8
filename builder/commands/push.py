"""`catalog push`: push images to a registry."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from builder.catalog.load import Loaded
from builder.console.text import Console
from builder.execute.hold import taken
from builder.execute.project import Project, open_project
from builder.fetch.session import session
from builder.graph.tags import published
from builder.oci.model import Descriptor
from builder.record.push import Pushed, PushTarget, TagPolicy, push
from builder.release.shelf import Place
from builder.settings import REGISTRY_STORE, Settings
from builder.share.depot import CELLS
from builder.share.source import of_upstreams
from builder.tools.address import Address, read_address
from builder.tools.registry import Registry
from builder.tree import File, replace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one"
    )
    add_registry(parser)
    parser.add_argument(
        "--digests",
        type=Path,
        metavar="FILE",
        help=("write the digest of each <image>:<tag>, for `catalog chart generate --digests`"),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_registry(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say which registry, and how it is spoken to."""
    add_address(parser)
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="transfers at once (default: CATALOG_JOBS, else the number of processors)",
    )


def add_address(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say which registry, and whether it has TLS."""
    parser.add_argument(
        "--to",
        metavar="REGISTRY",
        help="host[:port][/path] (default: the registry of catalog.yaml)",
    )
    parser.add_argument(
        "--plain-http",
        action="store_true",
        help="use HTTP without TLS (default: only on loopback, if nothing there speaks TLS)",
    )


def given(arguments: argparse.Namespace) -> Address | None:
    """Return the registry that the arguments name, if they do.

    Raises:
        InputError: it is no address.

    """
    return None if arguments.to is None else read_address(arguments.to, "--to")


def place_of(arguments: argparse.Namespace, loaded: Loaded, settings: Settings) -> Place:
    """Return the registry, and the path in it, that the arguments or the catalog name.

    Raises:
        InputError: one of them is no address.

    """
    where = given(arguments) or read_address(
        loaded.catalog.registry, f"{arguments.catalog}: registry"
    )
    registry = Registry(where, session(settings), plain_http=arguments.plain_http)
    return Place(registry=registry, address=where, jobs=arguments.jobs or settings.jobs)


def target_of(place: Place, project: Project) -> PushTarget:
    """Return where to push: cells that are in the same registry, this catalog's or those of one
    that it extends, need not be sent again.

    Raises:
        InputError: the setting of the registry with the cells is no address.

    """
    origins = []
    if project.settings.registry_store:
        cells = read_address(project.settings.registry_store, REGISTRY_STORE)
        origins = [cells.repository(CELLS)] if cells.host == place.address.host else []
    origins += [depot.repository for depot in of_upstreams(project, host=place.address.host)]
    return PushTarget(
        registry=place.registry, address=place.address, jobs=place.jobs, origins=origins
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Push, and print the name and the digest of each image. Credentials come from `docker login`
    or from REGISTRY_AUTH_FILE.
    """
    given(arguments)
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    place = place_of(arguments, project.loaded, project.settings)
    target = target_of(place, project)
    with taken(project) as images:
        policy = _policy(project, images)
        pushed = push(project.store, images, target, console, policy)
    if arguments.digests:
        digests = {image.image: image.digest for image in pushed}
        text = json.dumps(digests, indent=2) + "\n"
        replace(arguments.digests, File(text.encode()))
    _report(pushed, console, as_json=arguments.json)
    return 0


def _policy(project: Project, images: Mapping[str, Descriptor]) -> TagPolicy:
    """Return the tags of images that are built.

    Raises:
        InputError: see `published`.

    """
    digests = {name: manifest.digest for name, manifest in images.items()}
    standing = {name: image.standing for name, image in project.whole.images.items()}
    return TagPolicy(
        tags=published(project.loaded, project.whole, project.lock, digests),
        withdrawn=tuple(name for name, one in standing.items() if not one.may_be_default),
    )


def _report(pushed: Sequence[Pushed], console: Console, *, as_json: bool) -> None:
    if as_json:
        console.json([asdict(image) for image in pushed])
        return
    for image in pushed:
        console.text(f"{image.reference}@{image.digest}")
        if others := image.tags[1:]:
            console.text(f"  also {' '.join(others)}")
    sent = sum(image.sent for image in pushed) / 1e6
    mounted = sum(image.mounted for image in pushed) / 1e6
    present = sum(image.present for image in pushed) / 1e6
    console.note(
        f"{len(pushed)} images: {sent:,.1f} MB sent, {mounted:,.1f} MB shared within the registry,"
        f" {present:,.1f} MB already there"
    )
