"""`catalog chart package`: charts as archives with an index. Each gets the version that its changes
ask for.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import JsonValue

from builder.catalog.load import Loaded, load
from builder.catalog.model import Catalog
from builder.charts.catalogs import catalogs, oci_catalog
from builder.charts.compose import Composition
from builder.charts.levels import ChartChange
from builder.charts.project import open_charts, read_digests
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.events import Plain
from builder.execute.hold import not_built
from builder.execute.standing import check_digests, standing
from builder.record import index
from builder.record.chart_images import REASONS, UNBUILT, offered, unpullable
from builder.record.chart_package import ChartPackage, last_published, prepare, publish
from builder.redact import redact, told
from builder.tools import helm, process
from builder.tools.address import address
from builder.tree import File, replace

CATALOGS, OCI = "catalogs.json", "oci://"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "services", nargs="*", metavar="SERVICE", help="services (default: all of them)"
    )
    parser.add_argument(
        "--destination",
        type=Path,
        required=True,
        metavar="DIR",
        help="directory of the published archives and their index.yaml",
    )
    parser.add_argument(
        "--url", default="", help="where DIR is served, for the index and for catalogs.json"
    )
    parser.add_argument(
        "--push",
        metavar="OCI",
        help="push to a registry the charts that it lacks, for example oci://registry.example.org/charts",
    )
    parser.add_argument(
        "--ca-file", type=Path, help="PEM file of the CA that signed the registry's certificate"
    )
    parser.add_argument(
        "--plain-http", action="store_true", help="talk to the registry without TLS"
    )
    parser.add_argument(
        "--digests",
        type=Path,
        metavar="FILE",
        help="JSON that maps <image>:<tag> to the digest to pin it to",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="write and push nothing; say what would be published, and why",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=REASONS,
        help=(
            "publish charts although an image is not built, or although the registry is on this"
            " machine (loopback); may be repeated"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Package, and print each chart with its version and what changed."""
    _check_addresses(arguments)
    loaded = load(arguments.catalog)
    digests = read_digests(arguments.digests)
    charts = open_charts(loaded, digests).named(arguments.services)
    published = index.read(arguments.destination)
    with ThreadPoolExecutor() as pool:
        jobs = {}
        for name, composition in charts.compositions.items():
            last = last_published(name, published, arguments.destination)
            jobs[name] = pool.submit(prepare, composition, charts.folder, charts.origin, last)
        packages = {name: job.result() for name, job in jobs.items()}
    new = [charts.compositions[name] for name, package in packages.items() if not package.kept]
    if digests:
        check_digests(arguments.catalog, loaded, digests, arguments.digests)
    every = list(charts.compositions.values())
    _check_images(arguments, loaded, every, new, digests)
    pushed: dict[str, str] = {}
    if not arguments.dry_run:
        joined = publish(packages, arguments.destination, index.now(), arguments.url)
        _catalogs(arguments, loaded.catalog, joined)
        _plain(arguments, packages, charts.directory, console)
        pushed = _push(arguments, packages, console)
    _report(packages, pushed, console, as_json=arguments.json)
    return 0


def _check_addresses(arguments: argparse.Namespace) -> None:
    """Check what would be published with the charts, or asked of Helm.

    Raises:
        InputError: an address is none, or holds what nobody else should read.

    """
    problems: list[Problem] = []
    if redact(arguments.url) != arguments.url:
        message = f"{arguments.url!r} has a user or a query, which would be in the index"
        problems.append(Problem("--url", 0, 0, message, "leave it out: the index is public"))
    if arguments.push is not None:
        hint = "for example oci://registry.example.org/charts"
        place = arguments.push.removeprefix(OCI)
        if place == arguments.push:
            shown = told(place.rpartition("@")[2])
            problems.append(Problem("--push", 0, 0, f"{shown!r} has no {OCI} in front", hint))
        else:
            try:
                address(place)
            except ValueError as error:
                problems.append(Problem("--push", 0, 0, str(error), hint))
    if problems:
        raise InputError(problems)


def _check_images(
    arguments: argparse.Namespace,
    loaded: Loaded,
    every: Sequence[Composition],
    new: Sequence[Composition],
    digests: Collection[str],
) -> None:
    """Check that whoever installs the new charts can pull their images.

    Raises:
        InputError: an image is not built, or is where nobody else can pull it from.
        BuilderError: one was built from something else than the catalog and its lock mean now.

    """
    # Of charts that are kept, too: a new image is what those who have them are waiting for.
    references: dict[str, None] = {}
    for composition in every:
        references |= dict.fromkeys(offered(composition))
    unknown = [reference for reference in references if reference not in digests]
    with standing(arguments.catalog, loaded, unknown) as known:
        manifests, stale = known.manifests, known.stale

    def is_known(image: str) -> bool:
        return image in digests or image in manifests or image in stale

    registry = loaded.catalog.registry
    problems = unpullable(arguments.catalog, registry, new, is_known, arguments.allow)
    if problems:
        raise InputError(problems)
    if stale and UNBUILT not in arguments.allow:
        raise not_built(stale)


def _catalogs(arguments: argparse.Namespace, catalog: Catalog, joined: index.ChartIndex) -> None:
    """Write what an administrator of Onyxia pastes. It names the place where the charts are served,
    so nothing is written when that is not known.
    """
    entries: list[dict[str, JsonValue]] = []
    if arguments.url:
        entries += catalogs(
            catalog.name,
            catalog.description,
            arguments.url,
            maintainer=catalog.name,
            scm=catalog.url or "",
            highlighted=catalog.charts.highlighted,
        )
    if arguments.push:
        entries.append(
            oci_catalog(
                f"{catalog.name}-oci", catalog.description, str(arguments.push), joined.versions()
            )
        )
    if entries:
        replace(
            arguments.destination / CATALOGS,
            File((json.dumps(entries, indent=2, ensure_ascii=False) + "\n").encode()),
        )


def _plain(
    arguments: argparse.Namespace,
    packages: Mapping[str, ChartPackage],
    directory: Path,
    console: Console,
) -> None:
    """Print the Helm commands that publish what is new."""
    new = [package for package in packages.values() if not package.kept]
    if not new:
        return
    destination: Path = arguments.destination
    command: list[str | Path]
    for package in new:
        command = ["helm", "package", directory / package.name, "--version", package.version]
        console(Plain(process.quote([*command, "--destination", destination])))
    url = ["--url", arguments.url] if arguments.url else []
    command = ["helm", "repo", "index", destination, *url, "--merge", destination / index.NAME]
    console(Plain(process.quote(command)))


def _push(
    arguments: argparse.Namespace, packages: Mapping[str, ChartPackage], console: Console
) -> dict[str, str]:
    """Push what the registry lacks. That may be more than what is new: an earlier run may have
    published charts and failed to push them.
    """
    if not arguments.push:
        return {}
    target = arguments.push.rstrip("/")
    remote = helm.Remote(ca_file=arguments.ca_file, plain_http=arguments.plain_http)
    lacking = [
        package
        for package in packages.values()
        if not helm.published(f"{target}/{package.name}", package.version, remote)
    ]
    pushed: dict[str, str] = {}
    for package in lacking:
        archive = arguments.destination / package.file
        console(Plain(process.quote(helm.push_command(archive, target, remote))))
        pushed[package.name] = helm.push(archive, target, remote)
    return pushed


def _report(
    packages: Mapping[str, ChartPackage],
    pushed: Mapping[str, str],
    console: Console,
    *,
    as_json: bool,
) -> None:
    if as_json:
        console.json([_document(package, pushed) for package in packages.values()])
        return
    for package in packages.values():
        console.text(f"{package.name} {package.version}  ({_origin(package)})")
        for change in package.changes:
            console.text(f"  {change}")
        if package.name in pushed:
            console.text(f"  pushed: {pushed[package.name]}")


def _origin(package: ChartPackage) -> str:
    if package.kept:
        return "kept"
    return f"after {package.last}" if package.last else "first"


def _document(package: ChartPackage, pushed: Mapping[str, str]) -> dict[str, object]:
    document: dict[str, object] = {
        "name": package.name,
        "version": package.version,
        "last": package.last,
        "kept": package.kept,
        "changes": [_change(change) for change in package.changes],
    }
    if package.name in pushed:
        document["pushed"] = pushed[package.name]
    return document


def _change(change: ChartChange) -> dict[str, str]:
    return {"level": str(change.level), "text": change.text}
