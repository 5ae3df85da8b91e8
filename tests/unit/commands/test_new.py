"""`catalog new`, as a person types it."""

from __future__ import annotations

import difflib
import json
import shutil
from pathlib import Path

import pytest

from builder.cli import main
from tests.unit.catalog.test_load import lay
from tests.unit.sound import unpack

CHARTS = Path(__file__).parents[3] / "charts"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    unpack(tmp_path)
    (tmp_path / "problems").unlink()
    return tmp_path


def copy_library(root: Path) -> None:
    """Copy what all charts are made from."""
    for path in CHARTS.iterdir():
        if path.is_dir() and path.name in {"icons", "library", "options", "stubs"}:
            shutil.copytree(path, root / "charts" / path.name)


def new(root: Path, *argv: str) -> int:
    return main(["-C", str(root / "catalog.yaml"), "new", *argv])


def validate(root: Path) -> int:
    return main(["-C", str(root / "catalog.yaml"), "-q", "validate"])


def test_a_layer_an_image_and_a_service(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (root / "catalog.yaml").read_text()
    assert new(root, "layer", "dash", "--python", "dash", "plotly>=5", "--apt", "jq") == 0
    said = capsys.readouterr()
    assert f"created {root}/images/dash/tests/works.sh" in said.out
    assert "$ catalog new image dash --layers dash" in said.err
    # Most layers that depend on the axis python stand on this one.
    assert "on: [python]" in (root / "images/dash/layer.yaml").read_text()
    assert new(root, "image", "dash", "--layers", "dash", "--description", "A: b") == 0
    assert capsys.readouterr().out.split() == ["dash:py3.13", "dash:py3.11"]
    lines = difflib.ndiff(before.splitlines(), (root / "catalog.yaml").read_text().splitlines())
    assert [line for line in lines if line[0] in "+-"] == [
        "+   dash: {layers: [dash], description: 'A: b'}"
    ]
    assert validate(root) == 0
    layer = root / "images/dash/layer.yaml"
    layer.write_text(layer.read_text() + "expose: [8050]\ncmd: [dash, run]\n")
    copy_library(root)
    assert new(root, "service", "dash") == 0
    text = (root / "charts/dash/service.yaml").read_text()
    assert "port: 8050" in text
    assert main(["-C", str(root / "catalog.yaml"), "-q", "chart", "generate"]) == 0
    assert validate(root) == 0


def test_tags_of_axes_that_tags_do_not_name(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(root, "image", "system", "--layers", "base", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["tag"], made["images"]) == ("{debian}", ["system:trixie", "system:bookworm"])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["layer", "python"], "images/python/layer.yaml:1:1: the layer 'python' exists already"),
        (["layer", "Not A Name"], "NAME: 'Not A Name' cannot be a name"),
        (["layer", "x", "--on", "pyton"], "--on: there is no layer 'pyton'\n  hint: did you mean"),
        (["layer", "x", "--apt", "a b"], "--apt: 'a b' is not the name of a Debian package"),
        (["layer", "x", "--python", "=="], "--python: '==' is not a requirement"),
        (["image", "base", "--layers", "r"], "catalog.yaml:15:3: the image 'base' exists already"),
        (["image", "lab-r", "--layers", "r"], "exists already, as one of '{ide}-{stack}'"),
        (["image", "x", "--layers", "rr"], "--layers: there is no layer 'rr'"),
        (["service", "x", "--image", "labpython"], "--image: there is no image 'labpython'"),
        (["service", "x", "--image", "python"], "--port: the image 'python' exposes no port"),
        (["service", "A b"], "NAME: 'A b' cannot be a chart's name"),
    ],
)
def test_what_cannot_be_made_is_refused(
    argv: list[str], said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert new(root, *argv) == 2
    assert said in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_every_problem_is_told_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(root, "layer", "python", "--on", "x", "--apt", "a b", "--python", "==") == 2
    assert "4 problems" in capsys.readouterr().err


def test_an_image_that_the_catalog_would_refuse_is_not_added(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "catalog.yaml"
    path.write_text(path.read_text() + "exclude:\n  - {layer: r, because: nobody asks}\n")
    before = path.read_bytes()
    assert new(root, "image", "x", "--layers", "r") in {0, 2}
    path.write_bytes(before.replace(b"images:", b"images: &all", 1) + b"other: *all\n")
    capsys.readouterr()
    assert new(root, "image", "y", "--layers", "r") == 2
    assert "unknown key 'other'" in capsys.readouterr().err


def test_a_service_that_exists_is_refused_with_its_place(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "charts/x").mkdir(parents=True)
    (root / "charts/x/service.yaml").write_text("")
    assert new(root, "service", "x") == 2
    assert "charts/x/service.yaml: the service 'x' exists already" in capsys.readouterr().err


def test_a_language(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_library(root)
    service = {"options": {"disk": {"title": "Disk", "description": "Its  size"}}}
    text = (
        "title: Dash\ndescription: {en: A page}\nimage: base\nicon: https://x.example/i.svg\n"
        "groups: [interactive]\nport: 80\ncommand: '- run'\nprobe: {tcp: true}\npassword: []\n"
    )
    lay(root, {"charts/dash/service.yaml": text + f"options: {json.dumps(service['options'])}\n"})
    assert new(root, "language", "nb", "--first") == 0
    said = capsys.readouterr()
    file = root / "charts/texts/nb.yaml"
    assert f"created {file}" in said.out
    assert "charts: {languages: [nb, en]}\n" in (root / "catalog.yaml").read_text()
    written = file.read_text()
    assert "        description: # Its size\n" in written
    assert "  Service access:\n" in written
    edited = written.replace("title:  # Dash", "title: Instrument  # Dash") + "# mine\n"
    file.write_text(edited)
    before = (root / "catalog.yaml").read_text()
    assert new(root, "language", "nb") == 0
    assert (file.read_text(), (root / "catalog.yaml").read_text()) == (edited, before)
    capsys.readouterr()
    argv = ["-C", str(root / "catalog.yaml"), "chart", "texts"]
    assert main([*argv, "nb", "--json", "--check"]) == 1
    lacks = {tuple(one["keys"]) for one in json.loads(capsys.readouterr().out)["nb"]}
    assert ("services", "dash", "description") in lacks
    assert ("services", "dash", "title") not in lacks
    assert main(argv) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "nb"
    assert main([*argv, "pt-BR"]) == 2
    assert "catalog new language pt-BR" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "why"), [("norsk_", "not a language tag"), ("en", "in English")])
def test_what_is_no_language_to_translate_to(
    root: Path, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    assert new(root, "language", name) == 2
    assert why in capsys.readouterr().err
    assert not (root / "charts").exists()
