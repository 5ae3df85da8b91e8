"""What commands tell of how long images are for use, and under which tags they are pushed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.cli import main
from builder.lock.file import write
from builder.lock.model import NAME
from tests.unit.graph.versions import CATALOG, loaded, lock

TAGS = 'tags: ["{tag}", "{exact}", latest]\n'


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog with versions of every standing, and its lock, on the last day of Python 3.11."""
    monkeypatch.setenv("CATALOG_TODAY", "2027-10-30")
    _, whole = loaded(tmp_path, CATALOG + TAGS)
    write(lock(whole), tmp_path / NAME)
    return tmp_path / "catalog.yaml"


def run(path: Path, *arguments: str) -> int:
    return main(["-C", str(path), *arguments])


def test_the_list_has_a_column_where_something_is_to_be_told(
    catalog: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(catalog, "list") == 0
    before = capsys.readouterr().out
    assert before.splitlines()[0].split() == ["image", "tags", "lifecycle", "description"]
    assert "py3.11 maintenance, end of life on 2027-10-31, use python:py3.13" in before
    assert "py3.14 yanked: its ssl is broken, use python:py3.13" in before
    monkeypatch.setenv("CATALOG_TODAY", "2027-10-31")
    assert run(catalog, "list") == 0
    assert "end of life was 2027-10-31" in capsys.readouterr().out
    assert run(catalog, "list", "python:py3.13") == 0
    assert "lifecycle" not in capsys.readouterr().out


def test_json_has_the_tags_and_what_is_stated(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(catalog, "list", "--json", "python") == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["python:py3.13"]["tags"] == ["py3.13", "py3.13.5", "latest"]
    assert rows["python:py3.14"]["tags"] == ["py3.14", "py3.14.1"]
    assert "lifecycle" not in rows["python:py3.13"]
    assert rows["python:py3.11"]["lifecycle"] == {
        "status": "maintenance",
        "eol": "2027-10-31",
        "yanked": "",
        "successor": "python:py3.13",
    }


def test_show_tells_both(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(catalog, "show", "python:py3.11") == 0
    said = capsys.readouterr().out
    assert "pushed as py3.11, py3.11.2\n" in said
    assert "maintenance, end of life on 2027-10-31, use python:py3.13\n" in said
    assert run(catalog, "show", "python:py3.13", "--json") == 0
    (image,) = json.loads(capsys.readouterr().out)["images"]
    assert image["tags"] == ["py3.13", "py3.13.5", "latest"]


def test_validate_warns_of_a_default_that_is_past_its_end(
    catalog: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(catalog, "validate") == 0
    said = capsys.readouterr().err
    assert "catalog.yaml:16:32: this end of life is past" in said
    assert "hint: name a successor" in said
    assert run(catalog, "validate", "--json") == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert (warning["line"], warning["column"]) == (16, 32)
    monkeypatch.setenv("CATALOG_TODAY", "2025-12-31")
    assert run(catalog, "validate") == 0
    assert capsys.readouterr().err == ""


def test_validate_tells_two_images_that_claim_one_tag(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.write_text(catalog.read_text().replace("trixie: ,", "trixie: , latest: ,"))
    assert run(catalog, "validate") == 2
    assert "two images of 'base' claim the tag 'latest'" in capsys.readouterr().err


def test_a_day_that_is_none_is_wrong_input(
    catalog: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_TODAY", "soon")
    assert run(catalog, "list") == 2
    assert "CATALOG_TODAY: 'soon' is not a day" in capsys.readouterr().err
