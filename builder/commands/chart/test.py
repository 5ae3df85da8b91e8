"""`catalog chart test`: launch services on a Kubernetes cluster in Docker, and use them."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from builder.catalog.load import Loaded, load
from builder.charts.project import Charts, open_charts
from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem
from builder.events import Plain
from builder.execute.cluster import served
from builder.execute.project import IMAGES
from builder.execute.schedule import run as schedule
from builder.graph.build import graph
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.record import junit
from builder.settings import Settings
from builder.settings import read as read_settings
from builder.tools import process
from builder.tools.kind import Kind, node_image
from builder.tools.kubectl import Cluster
from builder.verify.image import Outcome
from builder.verify.release import PATIENCE, Release
from builder.verify.service import Trial, attempt

NAMESPACE = "chart-test"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "services",
        nargs="*",
        metavar="SERVICE",
        help="services; without one, all whose image is built",
    )
    parser.add_argument(
        "--values",
        type=Path,
        metavar="FILE",
        help="values to install them with (default: the charts' own)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="leave what was launched, and the cluster; launched again, it is upgraded",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    parser.add_argument(
        "--cluster",
        metavar="NAME",
        help=(
            "kind cluster; made if there is none, and then removed (default: CATALOG_CLUSTER, else"
            " catalog)"
        ),
    )
    parser.add_argument(
        "--namespace", default=NAMESPACE, help="where services are launched (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="how long a service may take to start (default: %(default)s)",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        help="services at once (default: CATALOG_JOBS, else the number of processors)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Launch each service from the image in the store, ask its page, and delete it; exit 1 when one
    fails.
    """
    loaded = load(arguments.catalog)
    settings = read_settings(loaded.root)
    values = _values(arguments.values)
    node = node_image(settings.node_image)
    store = Store.open(settings.store)
    images = _images(loaded, store, arguments.services, console)
    charts = open_charts(
        loaded, {name: manifest.digest for name, manifest in images.values()}
    ).named(list(images))
    kind = Kind(
        name=arguments.cluster or settings.cluster,
        kubeconfig=_kubeconfig(loaded, arguments, settings),
        monitor=console,
    )
    with (
        _cluster(kind, node, console, keep=arguments.keep) as cluster,
        tempfile.TemporaryDirectory() as directory,
    ):
        releases = _releases(charts, cluster, Path(directory), arguments.namespace, values)
        trials = {
            name: _trial(release, charts, arguments, console) for name, release in releases.items()
        }
        with served(kind, store, loaded.catalog.registry, dict(images.values())):
            _tell_images(kind, loaded, images, console)
            _launch(trials, arguments.jobs or settings.jobs, console)
    outcomes = [outcome for trial in trials.values() for outcome in trial.outcomes]
    return _report(outcomes, list(trials), arguments, console)


def _values(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_bytes()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read as YAML: {error}")]) from None
    if not isinstance(found, dict):
        raise InputError([Problem(str(path), 0, 0, "holds no values: write a mapping")])
    return found


def _images(
    loaded: Loaded, store: Store, services: Sequence[str], console: Console
) -> dict[str, tuple[str, Descriptor]]:
    """Return each service that is to be launched, with `<name>:<tag>` of its image and the manifest
    in the store.
    """
    chosen, known = open_charts(loaded).named(services), graph(loaded).images
    refs = {
        name: f"{one.service.image}:{one.images[0].tag}"
        for name, one in chosen.compositions.items()
    }
    found = {name: (ref, store.find(IMAGES + ref)) for name, ref in refs.items()}
    lacking = {
        name: f"{ref} is not built" if ref in known else f"the catalog has no image {ref} yet"
        for name, ref in refs.items()
        if not found[name][1]
    }
    if lacking and (services or len(lacking) == len(found)):
        wanted = sorted({refs[name] for name in lacking if refs[name] in known})
        hint = f"run `catalog build {' '.join(wanted)}`" if wanted else ""
        raise BuilderError("; ".join(f"{name}: {why}" for name, why in lacking.items()), hint=hint)
    for name, why in lacking.items():
        console.note(f"{name} is left out: {why}")
    return {
        name: (ref, manifest) for name, (ref, manifest) in found.items() if manifest is not None
    }


def _kubeconfig(loaded: Loaded, arguments: argparse.Namespace, settings: Settings) -> Path:
    return (
        loaded.root.absolute()
        / ".catalog"
        / "kind"
        / f"{arguments.cluster or settings.cluster}.kubeconfig"
    )


@contextmanager
def _cluster(kind: Kind, image: str, console: Console, *, keep: bool) -> Iterator[Cluster]:
    """Give a cluster: the one that is there, or a new one, which is removed in the end unless it is
    to be kept.
    """
    console(Plain(f"export KUBECONFIG={process.quote([kind.kubeconfig])}"))
    if kind.exists():
        yield kind.connect()
        return
    console.note(f"Making the cluster {kind.name} from {image} (about half a minute)")
    try:
        yield kind.create(image)
    finally:
        if not keep:
            kind.delete()


def _releases(
    charts: Charts, cluster: Cluster, directory: Path, namespace: str, values: Mapping[str, Any]
) -> dict[str, Release]:
    found: dict[str, Release] = {}
    for name, tree in charts.trees():
        tree.write(directory / name)
        found[name] = Release(
            cluster=cluster, name=name, namespace=namespace, chart=directory / name, values=values
        )
    return found


def _trial(
    release: Release, charts: Charts, arguments: argparse.Namespace, console: Console
) -> Trial:
    return Trial(
        release=release,
        shown=charts.directory / release.name,
        values=arguments.values,
        keep=arguments.keep,
        patience=arguments.timeout,
        monitor=console,
    )


def _tell_images(
    kind: Kind, loaded: Loaded, images: Mapping[str, tuple[str, Descriptor]], console: Console
) -> None:
    """Tell how the images get to the node by Docker and kind."""
    console(
        Plain(process.quote(["catalog", "load", *dict.fromkeys(ref for ref, _ in images.values())]))
    )
    names = [
        f"{loaded.catalog.registry}/{ref}"
        for ref in dict.fromkeys(ref for ref, _ in images.values())
    ]
    console(Plain(process.quote(["kind", "load", "docker-image", *names, "--name", kind.name])))


def _launch(trials: Mapping[str, Trial], jobs: int, console: Console) -> None:
    """Launch services, several at once. When that is interrupted, what was launched is deleted
    unless it is to be kept.
    """
    try:
        schedule(
            {name: set() for name in trials}, lambda name: _attempt(trials[name]), jobs, console
        )
    except BaseException:
        for trial in trials.values() if not any(trial.keep for trial in trials.values()) else ():
            trial.release.helm("uninstall", trial.release.name, "--ignore-not-found")
        raise


def _attempt(trial: Trial) -> str:
    outcomes = attempt(trial)
    failed = next((outcome for outcome in outcomes if not outcome.ok), None)
    if failed is not None:
        raise BuilderError(f"{failed.test.rpartition(' ')[2]}: {failed.output.strip()}")
    return next((outcome.output for outcome in outcomes if outcome.test.endswith(" page")), "")


def _report(
    outcomes: Sequence[Outcome],
    services: Sequence[str],
    arguments: argparse.Namespace,
    console: Console,
) -> int:
    for outcome in outcomes:
        if not outcome.ok:
            console.failure(outcome.test, outcome.output.strip())
    if arguments.junit:
        junit.write(outcomes, arguments.junit)
    failed = {outcome.test.partition(" ")[0] for outcome in outcomes if not outcome.ok}
    console.text(
        f"{len(services)} service{'s' * (len(services) != 1)}: {len(services) - len(failed)}"
        f" passed, {len(failed)} failed"
    )
    for name in services if arguments.keep else ():
        console.note(
            f"{name} is kept; how to reach it: helm get notes {name} --namespace"
            f" {arguments.namespace}"
        )
    return 1 if failed else 0
