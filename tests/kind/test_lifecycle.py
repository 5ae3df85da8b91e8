"""What a user's files outlive: upgrades, suspension, a neighbour's end; and scripts that are not
what they should be."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import yaml

from builder.verify.release import eventually
from tests.gates import AGAIN
from tests.kind.cluster import Release
from tests.kind.conftest import TEAM, Launcher, catalog
from tests.kind.services import Outside

pytestmark = pytest.mark.kind
CHART = "jupyter-python"
Versions = tuple[Path, Path]


@pytest.fixture(scope="module")
def versions(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Two published versions of the chart: the second differs by the image that it pins."""
    published = tmp_path_factory.mktemp("published")
    found = []
    for digests in ("{}", images.read_text()):
        (published / "digests.json").write_text(digests)
        catalog(
            "chart",
            "package",
            "--destination",
            str(published),
            "--digests",
            str(published / "digests.json"),
            *("--allow", "unbuilt", "--allow", "loopback"),
        )
        newest = yaml.safe_load((published / "index.yaml").read_text())["entries"][CHART][0]
        found.append(unpacked(published / newest["urls"][0], published / newest["version"]))
    return found[0], found[1]


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as chart:
        chart.extractall(folder, filter="data")
    return folder / CHART


def version(chart: Path) -> str:
    return str(yaml.safe_load((chart / "Chart.yaml").read_text())["version"])


@pytest.fixture(scope="module")
def release(launch: Launcher, versions: Versions) -> Release:
    """The former version, with a file of the user's."""
    made = launch(CHART, "cycle", folder=versions[0])
    made.started()
    made.run("mkdir ~/work/notes && echo kept >~/work/notes/today")
    return made


@pytest.fixture(scope="module")
def neighbour(launch: Launcher, outside: Outside) -> Release:
    """Another release of the same chart, whose scripts are not those that were announced."""
    region, _ = outside.script("region.sh")
    personal, good = outside.script("personal.sh")
    scripts = {
        "regionInit": region,
        "regionInitCheckSum": good,
        "personalInit": personal,
        "personalInitCheckSum": "0" * 64,
    }
    return launch(CHART, "neighbour", {"init": scripts})


def test_work_and_password_outlive_an_upgrade(release: Release, versions: Versions) -> None:
    password, before = release.password, release.cluster.get("pod", release.pod, TEAM)
    newer = replace(release, chart=versions[1]).install("--reuse-values")
    assert version(versions[1]) != version(versions[0])
    eventually(
        "the pod is another one",
        lambda: (
            release.cluster.get("pod", release.pod, TEAM)["metadata"]["uid"]
            != before["metadata"]["uid"]
        ),
    )
    newer.started()
    pod = release.cluster.get("pod", release.pod, TEAM)
    assert "@sha256:" in pod["spec"]["containers"][0]["image"], "the newer version pins its image"
    assert release.run("cat ~/work/notes/today") == "kept\n"
    assert newer.password == password


@AGAIN
def test_work_outlives_a_suspension(release: Release, versions: Versions) -> None:
    newer = replace(release, chart=versions[1])
    newer.install("--reuse-values", "--set", "global.suspend=true").gone()
    assert release.cluster.list("services", TEAM, "app.kubernetes.io/instance=cycle") == []
    (claim,) = release.cluster.list("pvc", TEAM, "app.kubernetes.io/instance=cycle")
    assert claim["status"]["phase"] == "Bound"
    assert "suspended" in newer.notes
    newer.install("--reuse-values", "--set", "global.suspend=false").started()
    assert release.run("cat ~/work/notes/today") == "kept\n"


@AGAIN
def test_the_service_ends_by_itself_when_it_is_told_to(release: Release) -> None:
    """A process 1 that is deaf to TERM would be killed instead, and its container would end with
    137."""
    pod = ["pod", release.pod, "--namespace", TEAM]
    # A finalizer keeps the pod's last state for us to see.
    release.cluster.kubectl(
        "patch",
        *pod,
        "--type=merge",
        "--patch",
        '{"metadata": {"finalizers": ["example.org/look"]}}',
    )
    release.cluster.kubectl("delete", *pod, "--wait=false")

    def ended() -> list[int]:
        states = release.cluster.get("pod", release.pod, TEAM)["status"]["containerStatuses"]
        return [
            state["state"]["terminated"]["exitCode"]
            for state in states
            if "terminated" in state["state"]
        ]

    (code,) = eventually("the container has ended", ended)
    release.cluster.kubectl(
        "patch", *pod, "--type=merge", "--patch", '{"metadata": {"finalizers": null}}'
    )
    assert code != 137
    release.started()


def test_administrator_rights_are_there_when_allowed(release: Release) -> None:
    assert release.run("sudo -n id -u").strip() == "0"


@AGAIN
def test_two_releases_do_not_meet(release: Release, neighbour: Release) -> None:
    neighbour.started()
    assert neighbour.password != release.password
    assert neighbour.run("ls ~/work") == ""
    with neighbour.forward() as address:
        assert status(address, release.password) == 403
        assert status(address, neighbour.password) == 200


def status(address: str, token: str) -> int:
    return requests.get(
        f"http://{address}/api/contents", headers={"Authorization": f"token {token}"}, timeout=30
    ).status_code


def test_scripts_with_another_checksum_are_refused_and_the_service_starts(
    neighbour: Release,
) -> None:
    refused = [
        line for line in neighbour.started().log.splitlines() if "refused, its checksum is" in line
    ]
    assert [line.split(":")[1].strip() for line in refused] == ["region", "personal"]
    assert neighbour.run("git config --global region.of || echo none").strip() == "none"
    assert neighbour.run("ls ~/work") == ""


def test_what_is_deleted_takes_its_volume_along_and_nothing_of_its_neighbours(
    release: Release, neighbour: Release
) -> None:
    neighbour.uninstall()
    kinds = "statefulsets,services,secrets,configmaps,serviceaccounts,rolebindings,pvc"
    eventually(
        "nothing is left",
        lambda: not release.cluster.list(kinds, TEAM, "app.kubernetes.io/instance=neighbour"),
    )
    assert release.is_ready()
    assert release.run("cat ~/work/notes/today") == "kept\n"
