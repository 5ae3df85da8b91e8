"""`catalog chart test`: launch services on a Kubernetes cluster in Docker, and use them."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder import confined
from builder.catalog.load import Loaded, load
from builder.charts.project import open_charts
from builder.charts.sources import DIRECTORY
from builder.console.text import Console
from builder.documents import DocumentError, from_yaml
from builder.errors import BuilderError, InputError, Problem, counted
from builder.events import Plain
from builder.execute.cluster import served
from builder.execute.hold import not_built
from builder.execute.schedule import run as schedule
from builder.execute.standing import Standing, standing
from builder.graph.build import graph
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.record import junit
from builder.settings import Settings
from builder.settings import read as read_settings
from builder.tools import process
from builder.tools.kind import Kind, node_image
from builder.tools.kubectl import Cluster
from builder.tree import File, Tree, replace
from builder.verify import launches
from builder.verify.image import Outcome
from builder.verify.release import PATIENCE, Release
from builder.verify.service import Trial, attempt

NAMESPACE = "chart-test"
STATE, RESULTS = ".catalog", "services"
"""Where results are kept, beside catalog.yaml."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "services",
        nargs="*",
        metavar="SERVICE",
        help="services (default: all whose image is built)",
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
        help="keep the cluster and what was launched; a second run upgrades it",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="launch those, too, that passed before and are unchanged since",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    parser.add_argument(
        "--passed",
        type=Path,
        metavar="FILE",
        help="write the names of the services that passed, as JSON",
    )
    parser.add_argument(
        "--cluster",
        metavar="NAME",
        help=(
            "kind cluster; if it does not exist, it is created, and removed at the end"
            " (default: CATALOG_CLUSTER, else catalog)"
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
    """Launch each service from the image in the store, request its page, and delete it; exit 1
    when one fails. One that passed before counts as passed as long as it is unchanged.
    """
    loaded = load(arguments.catalog)
    images = {
        name: list(composition.launched)
        for name, composition in open_charts(loaded).named(arguments.services).compositions.items()
    }
    references = set[str]().union(*images.values())
    with standing(arguments.catalog, loaded, references) as known:
        services = _services(arguments, loaded, images, known, console)
        wanted = set[str]().union(*(images[name] for name in services))
        manifests = {image: known.manifests[image] for image in sorted(wanted)}
        outcomes = _outcomes(arguments, loaded, services, manifests, console)
    return _report(outcomes, services, arguments, console)


def _outcomes(
    arguments: argparse.Namespace,
    loaded: Loaded,
    services: Sequence[str],
    manifests: Mapping[str, Descriptor],
    console: Console,
) -> list[Outcome]:
    """Launch the services that did not pass before as they are now; return how all ended."""
    settings = read_settings(loaded.home)
    values, node = _values(arguments.values), node_image(settings.node_image)
    digests = {reference: manifest.digest for reference, manifest in manifests.items()}
    trees = dict(open_charts(loaded, digests).named(services).trees())
    results = loaded.root / STATE / RESULTS
    keys = {name: launches.key(tree, values, node) for name, tree in trees.items()}
    known = {name: launches.kept(results, key) for name, key in keys.items()}
    # A service that is to be kept has to be there, whatever is known of it.
    is_anyway = arguments.again or arguments.keep
    due = {name: tree for name, tree in trees.items() if is_anyway or not known[name]}
    if due:
        for name, trial in _trials(arguments, loaded, due, manifests, console).items():
            known[name] = trial.outcomes
            launches.keep(results, keys[name], trial.outcomes)
    outcomes: list[Outcome] = []
    for name in trees:
        outcomes += known[name]
    return outcomes


def _trials(
    arguments: argparse.Namespace,
    loaded: Loaded,
    trees: Mapping[str, Tree],
    manifests: Mapping[str, Descriptor],
    console: Console,
) -> Mapping[str, Trial]:
    """Launch charts from images of the store; return how that went."""
    settings = read_settings(loaded.home)
    values, node = _values(arguments.values), node_image(settings.node_image)
    kind = Kind(
        name=arguments.cluster or settings.cluster,
        kubeconfig=_kubeconfig(loaded, arguments, settings),
        monitor=console,
    )
    with (
        _cluster(kind, node, console, keep=arguments.keep) as cluster,
        tempfile.TemporaryDirectory() as directory,
    ):
        releases = _releases(trees, cluster, Path(directory), arguments.namespace, values)
        charts = loaded.root / DIRECTORY
        trials = {
            name: _trial(release, charts, arguments, console) for name, release in releases.items()
        }
        with served(kind, Store(settings.store), loaded.catalog.registry, manifests):
            _tell_images(kind, loaded, list(manifests), console)
            _launch(trials, arguments.jobs or settings.jobs, console)
    return trials


def _values(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        values = from_yaml(confined.regular(path)) or {}
    except (OSError, DocumentError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read as YAML: {error}")]) from None
    if not isinstance(values, dict):
        raise InputError([Problem(str(path), 0, 0, "holds no values: write a YAML mapping")])
    return values


def _services(
    arguments: argparse.Namespace,
    loaded: Loaded,
    launched: Mapping[str, Sequence[str]],
    known: Standing,
    console: Console,
) -> list[str]:
    """Return the services that can be launched. Those of which an image was never built are left
    out if none was named.

    Raises:
        BuilderError: an image of a service that was named is not built, or none is; or one was
        built from something else than the catalog and its lock mean now.

    """
    if known.stale:
        raise not_built(known.stale)
    images = graph(loaded).images
    lacking: dict[str, list[str]] = {}
    for name, references in launched.items():
        missing = [reference for reference in references if reference not in known.manifests]
        if missing:
            lacking[name] = missing
    ready = [name for name in launched if name not in lacking]
    reasons = {
        name: ", ".join(_reason(reference, images) for reference in references)
        for name, references in lacking.items()
    }
    if lacking and (arguments.services or not ready):
        wanted = set[str]().union(*lacking.values())
        buildable = sorted(wanted & set(images))
        hint = f"run `catalog build {' '.join(buildable)}`" if buildable else ""
        message = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise BuilderError(message, hint=hint)
    for name, reason in reasons.items():
        console.note(f"{name} is left out: {reason}")
    return ready


def _reason(reference: str, known: Collection[str]) -> str:
    """Return why an image is not in the store; `known` are those of the catalog."""
    if reference in known:
        return f"{reference} is not built"
    return f"the catalog has no image {reference} yet"


def _kubeconfig(loaded: Loaded, arguments: argparse.Namespace, settings: Settings) -> Path:
    name = arguments.cluster or settings.cluster
    return loaded.root.absolute() / STATE / "kind" / f"{name}.kubeconfig"


@contextmanager
def _cluster(kind: Kind, image: str, console: Console, *, keep: bool) -> Iterator[Cluster]:
    """Provide a cluster: the existing one, or a new one, which is removed at the end unless it is
    to be kept.
    """
    console(Plain(f"export KUBECONFIG={process.quote([kind.kubeconfig])}"))
    if kind.exists():
        yield kind.connect()
        return
    console.note(f"Creating the cluster {kind.name} from {image} (about half a minute)")
    try:
        yield kind.create(image)
    finally:
        if not keep:
            kind.delete()


def _releases(
    trees: Mapping[str, Tree],
    cluster: Cluster,
    directory: Path,
    namespace: str,
    values: Mapping[str, Any],
) -> dict[str, Release]:
    releases: dict[str, Release] = {}
    for name, tree in trees.items():
        tree.write(directory / name, settled=False)
        releases[name] = Release(
            cluster=cluster, name=name, namespace=namespace, chart=directory / name, values=values
        )
    return releases


def _trial(
    release: Release, charts: Path, arguments: argparse.Namespace, console: Console
) -> Trial:
    return Trial(
        release=release,
        shown=charts / release.name,
        values=arguments.values,
        keep=arguments.keep,
        patience=arguments.timeout,
        monitor=console,
    )


def _tell_images(kind: Kind, loaded: Loaded, references: Sequence[str], console: Console) -> None:
    """Print the Docker and kind commands that would load the images into the node."""
    console(Plain(process.quote(["catalog", "load", *references])))
    names = [f"{loaded.catalog.registry}/{reference}" for reference in references]
    console(Plain(process.quote(["kind", "load", "docker-image", *names, "--name", kind.name])))


def _launch(trials: Mapping[str, Trial], jobs: int, console: Console) -> None:
    """Launch services, several at once. On an interrupt, what was launched is deleted unless it is
    to be kept.
    """
    needs: dict[str, set[str]] = {name: set() for name in trials}
    try:
        schedule(needs, lambda name: _attempt(trials[name]), jobs, console)
    except BaseException:
        for trial in trials.values():
            if not trial.keep:
                trial.release.helm("uninstall", trial.release.name, "--ignore-not-found")
        raise


def _attempt(trial: Trial) -> str:
    """Launch a service; return what its page says.

    Raises:
        BuilderError: a step failed; names the first one.

    """
    outcomes = attempt(trial)
    failed = next((outcome for outcome in outcomes if not outcome.ok), None)
    if failed is not None:
        _, _, step = failed.test.rpartition(" ")
        raise BuilderError(f"{step}: {failed.output.strip()}")
    return next((outcome.output for outcome in outcomes if outcome.test.endswith(" page")), "")


def _report(
    outcomes: Sequence[Outcome],
    services: Sequence[str],
    arguments: argparse.Namespace,
    console: Console,
) -> int:
    failures = [outcome for outcome in outcomes if not outcome.ok]
    for outcome in failures:
        console.failure(outcome.test, outcome.output.strip())
    if arguments.junit:
        junit.write(outcomes, arguments.junit)
    failed = {outcome.test.partition(" ")[0] for outcome in failures}
    if arguments.passed:
        names = [name for name in services if name not in failed]
        replace(arguments.passed, File((json.dumps(names) + "\n").encode()))
    passed = len(services) - len(failed)
    same = len({outcome.test.partition(" ")[0] for outcome in outcomes if outcome.cached})
    unchanged = f" ({same} unchanged since)" if same else ""
    console.text(
        f"{counted(len(services), 'service')}: {passed} passed{unchanged}, {len(failed)} failed"
    )
    if arguments.keep:
        for name in services:
            command = f"helm get notes {name} --namespace {arguments.namespace}"
            console.note(f"{name} is kept; how to reach it: {command}")
    return 1 if failed else 0
