"""`catalog chart test`, on the cluster of the other tests: a service of this catalog, one of a
fork, and one that does not start."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from builder.cli import main
from builder.lock.model import NAME as LOCK
from tests.gates import AGAIN, ROOT
from tests.kind.cluster import Cluster
from tests.kind.conftest import NAME

pytestmark = pytest.mark.kind
SPACE = "by-command"
STEPS = ["install", "start", "test", "page", "end"]


@pytest.fixture(autouse=True)
def _images(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store has what is launched, wherever catalog.yaml is."""
    assert json.loads(images.read_text())
    monkeypatch.setenv("CATALOG_STORE", str(ROOT / ".catalog" / "store"))
    monkeypatch.setenv("CATALOG_CLUSTER", NAME)


def launch(*argv: str, catalog: Path = ROOT / "catalog.yaml") -> int:
    return main(["--catalog", str(catalog), "chart", "test", "--namespace", SPACE, *argv])


def steps(junit: Path) -> dict[str, list[str]]:
    """Return the steps of each service, those that failed with a mark."""
    found: dict[str, list[str]] = {}
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314  the file is our own
        failed = case.find("failure") is not None
        found.setdefault(case.attrib["classname"], []).append(
            case.attrib["name"] + " failed" * failed
        )
    return found


def test_a_service_is_launched_used_and_deleted(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launch("postgresql", "--again", "--junit", str(tmp_path / "junit.xml")) == 0
    told = capsys.readouterr()
    assert told.out == "1 service: 1 passed, 0 failed\n"
    assert steps(tmp_path / "junit.xml") == {"postgresql": STEPS}
    plain = [line.removeprefix("$ ") for line in told.err.splitlines() if line.startswith("$ ")]
    assert any(line.startswith("helm install postgresql ") for line in plain), plain
    assert f"helm uninstall postgresql --namespace {SPACE}" in plain
    assert not any("password" in line.lower() for line in plain)
    assert cluster.list("pods,pvc,secrets", SPACE, "app.kubernetes.io/instance=postgresql") == []

    # What is unchanged is not launched again.
    assert launch("postgresql") == 0
    told = capsys.readouterr()
    assert told.out == "1 service: 1 passed (1 unchanged since), 0 failed\n"
    assert "helm install" not in told.err


def test_a_service_that_does_not_start_tells_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {
        "service": {
            "image": {
                "custom": {"enabled": True, "version": "localhost:5000/catalog/postgresql:nowhere"}
            }
        }
    }
    (tmp_path / "values.yaml").write_text(json.dumps(values))
    assert (
        launch(
            "postgresql",
            "--values",
            str(tmp_path / "values.yaml"),
            "--junit",
            str(tmp_path / "junit.xml"),
        )
        == 1
    )
    told = capsys.readouterr()
    assert told.out == "1 service: 0 passed, 1 failed\n"
    assert "postgresql:nowhere" in told.err
    assert "--- events" in told.err
    assert steps(tmp_path / "junit.xml") == {"postgresql": ["install", "start failed", "end"]}


def test_values_that_the_schema_refuses_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "values.yaml").write_text("persistence: {size: much}\n")
    assert launch("postgresql", "--values", str(tmp_path / "values.yaml")) == 1
    assert "at '/persistence/size'" in capsys.readouterr().err


@AGAIN
def test_a_fork_launches_a_service_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "catalog.yaml", tmp_path / "catalog.yaml")
    shared = ("library", "icons", "options", "stubs")
    for name in (LOCK, "images", *(f"charts/{part}" for part in shared)):
        shutil.copytree(ROOT / name, tmp_path / name)
    own = tmp_path / "charts" / "ledger"
    own.mkdir()
    shutil.copytree(ROOT / "charts" / "postgresql" / "source", own / "source")
    text = (ROOT / "charts" / "postgresql" / "service.yaml").read_text()
    (own / "service.yaml").write_text(text.replace("title: PostgreSQL", "title: Ledger"))
    assert launch("ledger", catalog=tmp_path / "catalog.yaml") == 0
    assert capsys.readouterr().out == "1 service: 1 passed, 0 failed\n"
