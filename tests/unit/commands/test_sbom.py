"""`catalog sbom`: where documents go, and of which images they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from builder.execute.hold import state
from builder.oci.model import MANIFEST
from builder.sbom import contents
from tests.unit.execute.stock import Stock
from tests.unit.sbom.images import IMAGE, made


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return made(tmp_path / "catalog")


def test_one_document_is_printed(stock: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert stock.run("sbom", IMAGE) == 0
    assert json.loads(capsys.readouterr().out)["spdxVersion"] == "SPDX-2.3"
    assert stock.run("sbom", IMAGE, "--format", "cyclonedx") == 0
    assert json.loads(capsys.readouterr().out)["specVersion"] == "1.6"


def test_the_name_of_a_file_says_its_format(
    stock: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new/both.cdx.json"
    assert stock.run("sbom", IMAGE, "--output", str(file)) == 0
    assert json.loads(file.read_text())["bomFormat"] == "CycloneDX"
    assert f"1 document in {file}" in capsys.readouterr().err


def test_a_directory_gets_both_documents_of_every_image(stock: Stock, tmp_path: Path) -> None:
    directory = tmp_path / "sboms"
    assert stock.run("sbom", "*", "-o", f"{directory}/") == 0
    written = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert set(written) == {
        "both-trixie.cdx.json",
        "both-trixie.spdx.json",
        "left-trixie.cdx.json",
        "left-trixie.spdx.json",
    }
    assert stock.run("sbom", "*", "-o", str(directory)) == 0
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == written


def test_one_document_cannot_be_of_several_images(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stock.run("sbom", "*") == 2
    said = capsys.readouterr().err
    assert "2 images are meant, and one document is of one image" in said
    assert "hint: name one as name:tag, or give a directory: --output sboms/" in said


def test_an_image_that_is_not_built_as_it_is_meant_has_none(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    stock.change("right", "echo right", "echo other")
    stock.lock()
    assert stock.run("sbom", IMAGE) == 1
    assert "both:trixie is not built as it is now" in capsys.readouterr().err


def test_a_store_of_before_is_read_once_and_nothing_is_built(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    store = stock.shelf()
    assert stock.run("sbom", IMAGE) == 0
    printed = capsys.readouterr().out
    store.untag(store.refs(contents.PREFIX))
    before = dict(stock.shelf().refs())
    assert stock.run("sbom", IMAGE) == 0
    assert capsys.readouterr().out == printed
    after = stock.shelf().refs()
    assert {ref: one for ref, one in after.items() if ref in before} == before
    assert len(after) == len(before) + 4, "one note for each cell"


def test_what_is_noted_of_a_cell_stays_as_long_as_the_cell(stock: Stock) -> None:
    assert stock.run("sbom", IMAGE) == 0
    project = stock.project()
    noted = set(project.store.refs(contents.PREFIX))
    assert noted
    assert noted <= state(project)


def test_a_note_that_is_broken_is_mended_and_no_cell_is_lost(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stock.run("sbom", IMAGE) == 0
    store = stock.shelf()
    blob = store.put_bytes(zstandard.compress(b"{}"), contents.CONTENTS)
    config = {"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}
    document = {"schemaVersion": 2, "config": config, "layers": []}
    manifest = store.put_bytes(json.dumps(document).encode(), MANIFEST)
    store.tag(dict.fromkeys(store.refs(contents.PREFIX), manifest))
    capsys.readouterr()
    assert stock.run("verify", "--store", "--repair") == 0
    said = capsys.readouterr()
    assert "contents/" in said.err
    assert "to be built again" not in said.out
    assert stock.run("sbom", IMAGE) == 0
