"""`catalog chart generate`, on the catalog of the charts' tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.cli import main

CATALOG = str(Path(__file__).parents[2] / "charts" / "catalog" / "catalog.yaml")


def charts(*options: str) -> int:
    return main(["--catalog", CATALOG, "--quiet", "chart", "generate", *options])


def test_writing_twice_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert charts("--output", str(tmp_path), "--json") == 0
    assert set(json.loads(capsys.readouterr().out).values()) == {"create"}
    assert charts("--output", str(tmp_path), "--json") == 0
    assert set(json.loads(capsys.readouterr().out).values()) == {"identical"}


def test_drift_is_told_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    charts("--output", str(tmp_path))
    (tmp_path / "postgresql" / "values.yaml").write_text("")
    (tmp_path / "postgresql" / "templates" / "old.yaml").write_text("")
    (tmp_path / "postgresql" / "notes.md").write_text("mine")
    capsys.readouterr()
    assert charts("--output", str(tmp_path), "--check") == 1
    assert capsys.readouterr().out.split() == [
        f"{tmp_path}/postgresql/templates/old.yaml:",
        "extra",
        f"{tmp_path}/postgresql/values.yaml:",
        "changed",
    ]
    assert charts("--output", str(tmp_path)) == 0
    assert charts("--output", str(tmp_path), "--check") == 0
    assert (tmp_path / "postgresql" / "notes.md").read_text() == "mine"


def test_digests_pin_images(tmp_path: Path) -> None:
    digest = "sha256:" + "1" * 64
    (tmp_path / "digests.json").write_text(json.dumps({"jupyter-python:py3.13": digest}))
    assert charts("--output", str(tmp_path), "--digests", str(tmp_path / "digests.json")) == 0
    assert digest in (tmp_path / "jupyter-python" / "templates" / "_service.tpl").read_text()
    assert digest in (tmp_path / "jupyter-python" / "Chart.yaml").read_text()
    assert digest in (tmp_path / "jupyter-python" / "README.md").read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}'])
def test_wrong_digests(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "digests.json").write_text(text)
    assert charts("--output", str(tmp_path), "--digests", str(tmp_path / "digests.json")) == 2
    assert "digests.json" in capsys.readouterr().err


def services(*options: str) -> int:
    return main(["--catalog", CATALOG, "--quiet", "chart", "services", *options])


def test_a_page_of_services_is_written_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "services.md"
    assert services("--output", str(file), "--check") == 1, "there is none yet"
    assert services("--output", str(file)) == 0
    assert services("--output", str(file), "--check") == 0
    assert services() == 0
    assert capsys.readouterr().out == file.read_text()
    assert "[`postgresql`](../charts/postgresql/README.md)" in file.read_text()
    file.write_text("mine")
    assert services("--output", str(file), "--check") == 1
    assert file.read_text() == "mine"
    assert services("--check") == 2
    assert "give --output" in capsys.readouterr().err
