"""`catalog verify --store`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.cells import records
from builder.cli import main
from builder.oci.store import Store
from tests.unit.oci.made import built


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    made = Store.open(tmp_path / "store")
    records.record(made, built(made, "top@trixie", {"usr/z": "bytes"}), {})
    return made


def test_what_is_whole_is_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--store"]) == 0
    assert "4 blobs, 1 ref: all whole" in capsys.readouterr().err
    assert len(store.refs()) == 1


def test_what_is_broken_is_named_and_mended(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = store.read_json(next(iter(store.refs().values())))["config"]["digest"]
    path = store.path(summary)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"trixie", b"Trixie"))
    assert main(["verify", "--store"]) == 1
    said = capsys.readouterr()
    assert f"failed {path}" in said.err
    assert "is damaged: its bytes hash to sha256:" in said.err
    assert "to be built again:\n  cell " in said.out
    assert "`catalog verify --store --repair` removes what is broken" in said.err
    assert path.exists(), "looking removes nothing"

    assert main(["verify", "--store", "--repair", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [problem["file"] for problem in told["problems"]] == [
        f"blobs/sha256/{path.name}",
        "index.json",
    ]
    assert told["repaired"]
    assert not path.exists()
    assert main(["verify", "--store"]) == 0


def test_options_that_do_not_go_together(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert store.root.exists()
    assert main(["verify", "--repair"]) == 2
    assert "give --store, too" in capsys.readouterr().err
    assert main(["verify", "--store", "--all", "base@*"]) == 2
    said = capsys.readouterr().err
    assert "--all" in said
    assert "PATTERN" in said


def test_no_store_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "none"))
    assert main(["verify", "--store"]) == 0
    assert "there is no store at" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
