"""One cluster for all tests, with the images and charts of this tree, and the servers they talk to.

KEEP=1        leave the cluster for the next run, which is quicker then;
              `kind delete cluster --name catalog-tests` removes it
BUILD=0       take the images that are in the store as they are
CLUSTER=name  another name than catalog-tests, for two runs on one engine
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from builder.catalog.load import Loaded
from builder.charts.project import open_charts
from builder.charts.sample import first_image, wants_gpu
from builder.errors import BuilderError, ToolError
from builder.execute.standing import standing
from builder.graph.build import graph
from builder.graph.sample import sample
from builder.tools import process
from builder.tools.kind import Kind, gateway, node_image
from tests import gates
from tests.gates import ROOT
from tests.integration.registry_server import registry
from tests.kind.cluster import Cluster, Release
from tests.kind.services import MOUNTED, S3, Node, Outside, start_outside, start_s3

FOLDER = ROOT / ".catalog" / "kind-tests"
NAME = os.environ.get("CLUSTER", "catalog-tests")
SERVERS = "python-minimal"
"""The image that servers beside the services run in."""
KEEP, BUILD = os.environ.get("KEEP") == "1", os.environ.get("BUILD") != "0"
TEAM, RESTRICTED = "team", "restricted"
NAMESPACES = {TEAM: {}, RESTRICTED: {"pod-security.kubernetes.io/enforce": "restricted"}}


@pytest.fixture(scope="session")
def kind() -> Iterator[Kind]:
    """The cluster, not yet made; removed in the end."""
    made = Kind(name=NAME, kubeconfig=FOLDER / "kubeconfig")
    yield made
    if not KEEP:
        made.delete()
        shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(kind: Kind) -> Cluster:
    """An empty cluster with its namespaces."""
    try:
        image = node_image(os.environ.get("CATALOG_NODE_IMAGE"))
    except BuilderError as error:
        pytest.fail(
            f"a cluster for tests cannot be made: {error.message}. {error.hint}", pytrace=False
        )
    if not (KEEP and kind.exists()):
        kind.delete()
        (FOLDER / "served").mkdir(parents=True, exist_ok=True)
        kind.create(image, {FOLDER / "served": MOUNTED})
    made = Cluster(kind.connect().kubeconfig)
    for name, labels in NAMESPACES.items():
        made.namespace(name, labels)
    Failures.cluster = made
    return made


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return gates.committed()


@pytest.fixture(scope="session")
def images(
    request: pytest.FixtureRequest, kind: Kind, cluster: Cluster, loaded: Loaded
) -> Iterator[Path]:
    """The first image of every service at a registry that the node pulls from; a file that maps
    each to its digest."""
    del cluster
    FOLDER.mkdir(parents=True, exist_ok=True)
    host, _, path = loaded.catalog.registry.partition("/")
    whole = request.config.getoption(gates.WHOLE)
    wanted = sorted({*first_images(loaded, heavy=whole), newest(loaded, SERVERS)})
    # What waits for a host that cannot be reached is left out, with its services.
    away = gates.waiting_for_hosts(*wanted)
    wanted = [image for image in wanted if image not in away]
    digests = FOLDER / "digests.json"
    with (
        registry(FOLDER / "registry", host=gateway()) as server,
        kind.mirror(host, f"http://{server.address}"),
    ):
        if BUILD:
            catalog("build", *wanted)
        else:
            with standing(ROOT / "catalog.yaml", loaded, wanted) as known:
                wanted = [image for image in wanted if image in known.manifests]
        catalog(
            "push",
            *wanted,
            "--to",
            f"{server.address}/{path}",
            "--plain-http",
            "--digests",
            str(digests),
        )
        yield digests


def first_images(loaded: Loaded, *, heavy: bool) -> set[str]:
    """Return the images that services offer first, as far as the catalog builds them and a node in
    Docker runs them; those with heavy layers only where these are wanted."""
    made = graph(loaded)
    known = made.images if heavy else made.images.keys() - sample(made).heavy.keys()
    offered = [first_image(one, made) for one in open_charts(loaded).compositions.values()]
    there = [image for image in offered if image is not None and image.id in known]
    return {image.id for image in there if not wants_gpu(image, made)}


def newest(loaded: Loaded, name: str) -> str:
    """Return the id of the newest image of a name."""
    for image in graph(loaded).images.values():
        if image.name == name:
            return image.id
    pytest.fail(f"the catalog has no image {name}, in which the tests' servers run")


@pytest.fixture(scope="session")
def charts(images: Path) -> Mapping[str, Path]:
    """Every chart, pinned to the images that were pushed."""
    folder = FOLDER / "charts"
    catalog("chart", "generate", "--output", str(folder), "--digests", str(images))
    return {path.parent.name: path.parent for path in sorted(folder.glob("*/Chart.yaml"))}


@pytest.fixture(scope="session")
def node(cluster: Cluster, images: Path, loaded: Loaded) -> Node:
    """What servers beside the services run in."""
    (image,) = [name for name in json.loads(images.read_text()) if name.startswith(f"{SERVERS}:")]
    return Node(
        cluster=cluster, image=f"{loaded.catalog.registry}/{image}", folder=FOLDER / "served"
    )


@pytest.fixture(scope="session")
def outside(node: Node) -> Outside:
    """Git, package mirrors, a proxy, Vault and scripts."""
    return start_outside(node)


@pytest.fixture(scope="session")
def s3(node: Node) -> S3:
    """An object store."""
    return start_s3(node)


@dataclass(frozen=True)
class Launcher:
    """Installs charts, and remembers to delete them."""

    cluster: Cluster
    charts: Mapping[str, Path]
    stack: ExitStack

    def __call__(
        self,
        chart: str,
        name: str,
        values: Mapping[str, object] | None = None,
        namespace: str = TEAM,
        folder: Path | None = None,
    ) -> Release:
        """Install a chart, or what is in a folder, without waiting until it is ready."""
        release = Release(
            cluster=self.cluster,
            name=name,
            namespace=namespace,
            chart=folder or self.charts[chart],
            values=values or {},
        )
        self.stack.callback(release.uninstall)
        # An earlier run may have left it.
        release.uninstall()
        return release.install()


@pytest.fixture(scope="module")
def launch(cluster: Cluster, charts: Mapping[str, Path]) -> Iterator[Launcher]:
    """Installs charts for the tests of one module."""
    with ExitStack() as stack:
        yield Launcher(cluster, charts, stack)


def catalog(*argv: str) -> str:
    """Run the program as a user does."""
    return process.text([sys.executable, "-m", "builder", *argv], cwd=ROOT)


class Failures:
    """What the cluster says when a test fails."""

    cluster: Cluster | None = None
    namespaces: ClassVar = [*NAMESPACES]

    @classmethod
    def report(cls) -> str:
        """Return pods, events and logs."""
        if cls.cluster is None:
            return ""
        said = [cls._say("get", "pods,pvc", "--all-namespaces", "--output", "wide")]
        for namespace in cls.namespaces:
            said.append(
                cls._say("get", "events", "--namespace", namespace, "--sort-by", ".lastTimestamp")
            )
            pods = cls._say("get", "pods", "--namespace", namespace, "--output", "name").split()
            for pod in pods:
                said += [
                    f"--- {namespace} {pod}",
                    cls._say(
                        "logs", pod, "--namespace", namespace, "--all-containers", "--tail", "60"
                    ),
                ]
        return "\n".join(said)

    @classmethod
    def _say(cls, *argv: str) -> str:
        assert cls.cluster is not None
        try:
            return cls.cluster.kubectl(*argv, check=False)
        except ToolError as error:
            return str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the cluster says to the report of a test that failed: it is printed, and stands in
    JUnit's file."""
    report = yield
    if call.excinfo is not None and "kind" in item.keywords and report.failed:
        report.sections.append(("Captured stdout cluster", Failures.report()))
    return report
