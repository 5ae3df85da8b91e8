"""A service with workers, a volume for each of its shards, and another service inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.charts.chart import Origin, chart
from builder.charts.generate import compositions
from builder.charts.images import ImageRef, ImageRefs
from builder.verify.service import LEFT
from tests.gates import AGAIN, ROOT
from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, Launcher
from tests.kind.services import Node

pytestmark = pytest.mark.kind
SERVICES = Path(__file__).with_name("workloads")


@pytest.fixture(scope="module")
def release(launch: Launcher, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The service, launched where pods must obey the restricted Pod Security Standard."""
    name, _, tag = node.image.rpartition(":")
    refs = ImageRefs(registry="r", images={"python": (ImageRef(name=name, tag=tag),)})
    made = compositions(SERVICES, refs, ROOT / "charts", "charts")
    folder = tmp_path_factory.mktemp("charts") / "pair"
    chart(made["pair"], SERVICES, Origin(catalog="test")).write(folder)
    values = {
        "security": {"sudo": False, "networkPolicy": {"enabled": True}},
        "persistence": {"size": "1Gi"},
        "shard": {"persistence": {"size": "1Gi"}},
        "keeper": {"security": {"sudo": False}, "persistence": {"size": "1Gi"}},
    }
    installed = launch("pair", "one", values, RESTRICTED, folder)
    installed.ready()
    return installed


def names(release: Release, kinds: str) -> list[str]:
    argv = ("get", kinds, "--selector", release.selector, "--output", "name")
    return sorted(release.kubectl(*argv).split())


def test_every_workload_runs(release: Release) -> None:
    assert names(release, "statefulsets,deployments,jobs") == [
        "deployment.apps/one-pair-worker",
        "job.batch/one-pair-setup-1",
        "statefulset.apps/one-pair",
        "statefulset.apps/one-pair-keeper",
        "statefulset.apps/one-pair-shard",
    ]
    assert release.kubectl("logs", "job/one-pair-setup-1").strip() == "prepared"


def test_workers_reach_the_coordinator_and_what_is_contained(release: Release) -> None:
    said = release.kubectl("logs", "deployment/one-pair-worker", "--prefix", "--all-pods")
    for address in ("one-pair:8000", "one-pair-keeper:9000"):
        assert said.count(f"reached {address}") == 2, said


def test_each_service_passes_its_own_test(release: Release) -> None:
    said = release.helm("test", release.name, "--timeout", "120s")
    assert said.count("Phase:") == 2
    assert said.count("Succeeded") == 2


@AGAIN
def test_each_shard_has_a_volume_and_all_go_with_the_service(release: Release) -> None:
    claims = release.kubectl("get", "pvc", "--output", "name").split()
    assert sorted(claims) == [
        "persistentvolumeclaim/home-one-pair-shard-0",
        "persistentvolumeclaim/home-one-pair-shard-1",
        "persistentvolumeclaim/one-pair",
        "persistentvolumeclaim/one-pair-keeper",
    ]
    release.uninstall()
    release.kubectl("wait", "--for=delete", *claims, "--timeout=60s")
    assert names(release, LEFT) == []
