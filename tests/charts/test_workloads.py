"""Services with several workloads, and with another service inside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
import pytest

from builder.charts.generate import compositions
from builder.charts.images import ImageRef, ImageRefs
from builder.charts.onyxia.files import read
from builder.charts.onyxia.lint import lint
from builder.verify.charts import cases
from builder.verify.manifests import problems
from tests.charts.conftest import LIBRARY, Chart, Cluster, Manifest, make

SERVICES = Path(__file__).with_name("services")
TAGS = {
    name: (ImageRef(name=f"r/{name}", tag="1", digest=f"sha256:{number:064x}"),)
    for number, name in enumerate(("farm", "store", "journal", "exporter"))
}
PASSWORDS: Mapping[str, Any] = {
    "security": {"password": "p"},
    "database": {"store": {"password": "q"}},
}
COMPONENT = "app.kubernetes.io/component"
WORKLOADS = {"StatefulSet", "Deployment", "Job"}


@pytest.fixture(scope="module")
def made() -> Mapping[str, Chart]:
    found = compositions(SERVICES, ImageRefs(registry="r", images=TAGS), LIBRARY, "charts")
    return {name: make(one, SERVICES) for name, one in found.items()}


@pytest.fixture(scope="module")
def farm(made: Mapping[str, Chart]) -> Chart:
    return made["farm"]


@pytest.fixture(scope="module")
def journal(made: Mapping[str, Chart]) -> Chart:
    return made["journal"]


def pod(manifest: Manifest) -> Manifest:
    spec = manifest["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def command(manifest: Manifest) -> list[str]:
    words = pod(manifest)["containers"][0]["command"]
    assert isinstance(words, list)
    return [word for word in words if word != "/opt/onyxia-init.sh"]


@pytest.mark.parametrize("name", ["farm", "store", "journal"])
def test_they_are_right(name: str, made: Mapping[str, Chart], tmp_path: Path) -> None:
    """Onyxia's rules, `helm lint`, and the schemas of Kubernetes."""
    chart = made[name]
    chart.tree.write(tmp_path / name)
    assert lint(read(tmp_path / name)) == []
    report = helm_python.lint(tmp_path / name, strict=True)
    assert (report["messages"], report["errors"]) == ([], [])
    for case, values in cases(chart.tree).items():
        assert problems(chart.render(values).manifests) == [], f"with {case}"


@pytest.mark.parametrize("name", ["farm", "store", "journal"])
def test_no_selector_finds_the_pods_of_another_workload(
    name: str, made: Mapping[str, Chart]
) -> None:
    network = {"security": {"networkPolicy": {"enabled": True}}}
    rendered = made[name].render({**network, "database": network})
    pods = {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["metadata"]["labels"]
        for manifest in rendered.manifests
        if manifest["kind"] in WORKLOADS
    }
    pods |= {pod["metadata"]["name"]: pod["metadata"]["labels"] for pod in rendered.of("Pod")}
    for manifest in rendered.manifests:
        if manifest["kind"] in {"Service", "NetworkPolicy", "StatefulSet", "Deployment"}:
            found = [name for name, labels in pods.items() if selector(manifest) <= labels.items()]
            # A Job's name has the release's revision behind it.
            names = [name.removesuffix("-1") for name in found]
            assert names == [manifest["metadata"]["name"]], manifest["kind"]


def selector(manifest: Manifest) -> Any:
    spec = manifest["spec"]
    if manifest["kind"] == "Service":
        return spec["selector"].items()
    return spec.get("podSelector", spec.get("selector"))["matchLabels"].items()


def test_a_coordinator_and_its_workers(farm: Chart) -> None:
    rendered = farm.render()
    objects = rendered.objects
    assert sorted(label for label in objects if label.partition("/")[0] in WORKLOADS) == [
        "Deployment/rel-farm-worker",
        "Job/rel-farm-setup-1",
        "StatefulSet/rel-farm",
        "StatefulSet/rel-farm-shard",
    ]
    assert command(objects["StatefulSet/rel-farm"]) == ["farm", "coordinate", "--port=8786"]
    assert command(objects["Deployment/rel-farm-worker"])[-1] == "rel-farm:8786"
    assert command(objects["Job/rel-farm-setup-1"])[-1] == "rel-farm-shard:8791"
    assert objects["Deployment/rel-farm-worker"]["spec"]["replicas"] == 2
    assert objects["StatefulSet/rel-farm-shard"]["spec"]["replicas"] == 3


def test_workloads_bear_their_component(farm: Chart) -> None:
    labels = {}
    for label, manifest in farm.render().objects.items():
        if manifest["kind"] in WORKLOADS:
            inside = manifest["spec"]["template"]["metadata"]["labels"][COMPONENT]
            assert inside == manifest["metadata"]["labels"][COMPONENT]
            labels[label] = inside
    assert labels == {
        "Deployment/rel-farm-worker": "worker",
        "Job/rel-farm-setup-1": "setup",
        "StatefulSet/rel-farm": "coordinator",
        "StatefulSet/rel-farm-shard": "shard",
    }


def test_options_of_a_workload_stand_under_its_name(farm: Chart) -> None:
    values = {
        "worker": {"replicaCount": 5, "resources": {"limits": {"cpu": "2"}}},
        "resources": {"limits": {"cpu": "1"}},
    }
    objects = farm.render(values).objects
    worker, first = objects["Deployment/rel-farm-worker"], objects["StatefulSet/rel-farm"]
    assert worker["spec"]["replicas"] == 5
    assert pod(worker)["containers"][0]["resources"]["limits"]["cpu"] == "2"
    assert pod(first)["containers"][0]["resources"]["limits"]["cpu"] == "1"
    assert farm.schema["properties"]["worker"]["title"] == "Workers"
    with pytest.raises(helm_python.HelmError, match="replicaCount"):
        farm.render({"worker": {"replicaCount": "many"}})


def test_a_workload_has_the_service_environment_and_its_own_ports(farm: Chart) -> None:
    values = {
        "s3": {"enabled": True, "accessKeyId": "id"},
        "networking": {"user": {"enabled": True}},
    }
    objects = farm.render(values).objects
    worker = pod(objects["Deployment/rel-farm-worker"])["containers"][0]
    assert {"secretRef": {"name": "rel-farm-secrets3"}} in worker["envFrom"]
    assert [port["containerPort"] for port in worker["ports"]] == [8790]
    (port,) = objects["Service/rel-farm-worker"]["spec"]["ports"]
    assert (port["name"], port["port"]) == ("tcp-worker", 8790)
    first = objects["Service/rel-farm"]["spec"]["ports"]
    assert [port["name"] for port in first] == ["tcp-farm", "tcp-dashboard", "http-user-5000"]
    assert "Service/rel-farm-setup" not in objects


def test_a_volume_for_each_pod_or_none(farm: Chart) -> None:
    objects = farm.render().objects
    (claim,) = objects["StatefulSet/rel-farm-shard"]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    claims = [label for label in objects if label.startswith("PersistentVolumeClaim/")]
    assert claims == ["PersistentVolumeClaim/rel-farm"]
    for label in ("Deployment/rel-farm-worker", "Job/rel-farm-setup-1"):
        assert "home" not in [volume["name"] for volume in pod(objects[label]).get("volumes", ())]
    shard = farm.render({"shard": {"persistence": {"enabled": False}}}).objects
    (home, *_) = pod(shard["StatefulSet/rel-farm-shard"])["volumes"]
    assert home == {"name": "home", "emptyDir": {"sizeLimit": "10Gi"}}


def test_a_sidecar_runs_beside(farm: Chart) -> None:
    first, sidecar = pod(farm.render().objects["StatefulSet/rel-farm"])["containers"]
    assert sidecar["image"] == f"r/exporter:1@sha256:{3:064x}"
    assert sidecar["command"] == ["exporter"]
    assert sidecar["env"] == [{"name": "TARGET", "value": "localhost"}]
    assert sidecar["ports"] == [{"name": "metrics", "containerPort": 9100, "protocol": "TCP"}]
    assert sidecar["volumeMounts"][0] in first["volumeMounts"]


def test_a_job_runs_once_for_each_upgrade_and_not_while_suspended(farm: Chart) -> None:
    job = farm.render().objects["Job/rel-farm-setup-1"]
    assert pod(job)["restartPolicy"] == "OnFailure"
    assert "livenessProbe" not in pod(job)["containers"][0]
    assert pod(job)["containers"][0]["image"].startswith("r/exporter:1@")
    suspended = farm.render({"global": {"suspend": True}})
    assert not suspended.of("Job")
    assert not suspended.of("Service")
    replicas = [one["spec"]["replicas"] for one in suspended.of("StatefulSet")]
    assert [*replicas, *(one["spec"]["replicas"] for one in suspended.of("Deployment"))] == [
        0,
        0,
        0,
    ]


def test_a_database_inside_a_service(journal: Chart) -> None:
    rendered = journal.render(PASSWORDS)
    objects = rendered.objects
    server, database = (objects[f"StatefulSet/rel-journal{name}"] for name in ("", "-database"))
    assert command(server)[-1] == "rel-journal-database:5432"
    assert command(database) == ["store", "serve", "--password-file=/etc/store/password"]
    secret = rendered.held("Secret/rel-journal-database-store")
    assert secret == {"name": "journal", "password": "q"}
    (password,) = (
        item for item in pod(server)["containers"][0]["env"] if item["name"] == "DATABASE_PASSWORD"
    )
    assert password["valueFrom"]["secretKeyRef"]["name"] == "rel-journal-database-store"
    assert database["metadata"]["labels"][COMPONENT] == "database"
    assert COMPONENT not in server["metadata"]["labels"]
    assert pod(database)["containers"][0]["image"].startswith("r/store:1@")
    assert command(objects["Deployment/rel-journal-database-backup"])[-1] == (
        "rel-journal-database:5432"
    )
    for kind in ("PersistentVolumeClaim", "Service", "ServiceAccount"):
        assert {f"{kind}/rel-journal", f"{kind}/rel-journal-database"} <= objects.keys()


def test_a_generated_password_is_one_and_the_same(journal: Chart, cluster: Cluster) -> None:
    rendered = cluster.render(journal)
    first = rendered.held("Secret/rel-journal-database-store")["password"]
    checksums = rendered.objects["StatefulSet/rel-journal-database"]
    assert len(first) == 24
    annotations = checksums["spec"]["template"]["metadata"]["annotations"]
    assert annotations["checksum/store"] == hashlib.sha256(first.encode()).hexdigest()


def test_the_options_of_what_is_contained(journal: Chart) -> None:
    database = journal.schema["properties"]["database"]
    assert (database["title"], database["description"]) == ("Store", "A database")
    assert database["properties"]["store"]["properties"]["name"]["default"] == "journal"
    assert {"resources", "persistence", "security", "backup"} <= database["properties"].keys()
    # Of the whole release there is one.
    assert not {"global", "userPreferences", "message"} & database["properties"].keys()
    custom = database["properties"]["service"]["properties"]["image"]["properties"]["version"]
    assert custom["hidden"] == {"value": True, "path": "database/service/image/custom/enabled"}
    suspended = journal.render({"global": {"suspend": True}})
    assert [one["spec"]["replicas"] for one in suspended.of("StatefulSet")] == [0, 0]


def test_each_service_has_its_own_test(journal: Chart) -> None:
    tests = {pod["metadata"]["name"]: pod for pod in journal.render().of("Pod")}
    assert tests.keys() == {"rel-journal-test", "rel-journal-database-test"}
    (container,) = tests["rel-journal-database-test"]["spec"]["containers"]
    assert container["args"] == ["store ping rel-journal-database\n"]


def test_the_notes_name_what_is_contained_and_one_password(journal: Chart) -> None:
    notes = journal.render(PASSWORDS).notes
    assert notes.count("password: ") == 1
    assert "Store is part of it, at `rel-journal-database.ns:5432` in the cluster." in notes


def test_images_of_all_workloads_are_named(made: Mapping[str, Chart]) -> None:
    for name, images in {
        "farm": {"r/farm", "r/exporter"},
        "journal": {"r/journal", "r/store"},
    }.items():
        text = made[name].tree["Chart.yaml"].data.decode()
        assert all(f"{image}:1@sha256" in text for image in images)


def test_two_releases_of_long_names_do_not_meet(journal: Chart) -> None:
    one, two = (journal.render(release="a" * 52 + letter) for letter in "bc")
    assert not one.objects.keys() & two.objects.keys()
    for manifest in one.manifests:
        assert all(len(value) <= 63 for value in manifest["metadata"]["labels"].values())
        if manifest["kind"] in {"Service", *WORKLOADS}:
            assert len(manifest["metadata"]["name"]) <= 52


def test_images_that_are_launched(made: Mapping[str, Chart]) -> None:
    """What `catalog chart test` brings to the cluster."""
    assert made["farm"].composition.launched == ("farm:1", "exporter:1")
    assert made["journal"].composition.launched == ("journal:1", "store:1")
