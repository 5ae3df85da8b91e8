"""`catalog layer`: from a person's files to a locked layer and an image with it, or to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.graph.build import graph
from tests.integration.conftest import Place
from tests.integration.registries import publish_wheel

pytestmark = pytest.mark.registries


@pytest.fixture
def lab(place: Place, tmp_path: Path) -> Place:
    """Return a locked catalog with two Pythons, and an index with more than it takes."""
    catalog = place.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace('{"3.13": }', '{"3.13": , "3.12": }'))
    publish_wheel(place.site, "extra", "1.0", ["helper"])
    publish_wheel(place.site, "extra", "2.0", ["helper"])
    publish_wheel(place.site, "helper", "1.0")
    place.done("lock")
    (tmp_path / "requirements.txt").write_text("extra<2\n")
    return place


def everything(place: Place) -> dict[str, bytes]:
    """Return all that a person keeps of a catalog."""
    kept = {}
    for path in sorted(place.root.rglob("*")):
        relative = path.relative_to(place.root)
        if path.is_file() and relative.parts[0] != ".catalog":
            kept[str(relative)] = path.read_bytes()
    return kept


def images(place: Place) -> dict[str, tuple[str, ...]]:
    """Return the images, with the layers that each asks for."""
    made = graph(load(place.root / "catalog.yaml"))
    return {image.id: image.asked for image in made.images.values()}


def layer(place: Place, *argv: str) -> tuple[int, str]:
    return place.run("layer", "--no-build", *argv)


def test_a_layer_and_an_image_with_it(lab: Place, tmp_path: Path) -> None:
    before = everything(lab)
    (tmp_path / "apt.txt").write_text("never\n")
    files = [str(tmp_path / "requirements.txt"), str(tmp_path / "apt.txt")]
    code, said = layer(lab, "mine", "--from", *files, "--on", "both")
    assert code == 0, said
    assert "catalog build mine" in said
    assert images(lab)["mine:py3.13"] == ("mine",)
    assert "mine:py3.12" not in images(lab), "the first version alone"
    assert lab.has("mine") == {"extra": "1.0", "never": "1"}
    after = everything(lab)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"catalog.yaml", *(name for name in before if "catalog.lock" in name)}
    assert lab.run("lock", "--check")[0] == 0
    assert lab.run("validate")[0] == 0


def test_the_image_it_comes_on_may_be_any(lab: Place, tmp_path: Path) -> None:
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(catalog.read_text() + 'mixes: {layers: ["*"]}\n')
    expected = {
        "both:py3.12": ["py3.12"],
        "both:*": ["py3.13", "py3.12"],
        "left+right@python=3.12": ["py3.12"],
    }
    for number, (on, tags) in enumerate(expected.items()):
        name = f"mine{number}"
        code, said = layer(lab, name, "--from", str(tmp_path / "requirements.txt"), "--on", on)
        assert code == 0, said
        made = [image for image in images(lab) if image.startswith(f"{name}:")]
        assert made == [f"{name}:{tag}" for tag in tags]


def test_a_version_that_a_file_wants_chooses_the_image(lab: Place, tmp_path: Path) -> None:
    text = "name: Maps\ndependencies: [python=3.12, extra]\n"
    (tmp_path / "environment.yml").write_text(text)
    code, said = layer(lab, "--from", str(tmp_path / "environment.yml"), "--on", "both")
    assert code == 0, said
    assert "maps:py3.12" in images(lab), "named as the file says"
    (tmp_path / "environment.yml").write_text(text.replace("3.12", "3.11"))
    code, said = layer(lab, "x", "--from", str(tmp_path / "environment.yml"), "--on", "both")
    assert code == 2
    assert "the files want python ==3.11.*, and there is both:py3.13, both:py3.12" in said


def test_it_is_written_anew_where_that_is_asked_for(lab: Place, tmp_path: Path) -> None:
    argv = ["mine", "--from", str(tmp_path / "requirements.txt"), "--on", "both"]
    assert layer(lab, *argv)[0] == 0
    code, said = layer(lab, *argv)
    assert (code, "the layer 'mine' exists already" in said) == (2, True)
    (tmp_path / "requirements.txt").write_text("extra>=2\n")
    code, said = layer(lab, *argv, "--replace")
    assert code == 0, said
    assert lab.has("mine") == {"extra": "2.0"}
    code, said = layer(lab, "other", *argv[1:], "--replace")
    assert "this catalog has no layer 'other' of its own" in said


REFUSED = (
    ("nothing-has-this-name\n", "both", "requirements.txt:1:1: the Python index has no"),
    ("helper\nextra>=3\n", "both", "requirements.txt:2:1: 'extra>=3' has no solution"),
    ("# nothing\n", "both", "no package is asked for"),
    ("extra\n", "bath", "did you mean 'both'?"),
    ("extra\n", "plain", "packages of Python are asked for, and plain has no Python"),
    ("extra\n-e .\n", "both", "requirements.txt:2:1: '-e .' is not a package"),
)


def test_what_cannot_be_had_leaves_nothing_behind(lab: Place, tmp_path: Path) -> None:
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(catalog.read_text() + "  plain: {layers: [base], tag: '{debian}'}\n")
    before = everything(lab)
    file = tmp_path / "requirements.txt"
    for wanted, on, said in REFUSED:
        file.write_text(wanted)
        code, told = layer(lab, "mine", "--from", str(file), "--on", on)
        assert said in told
        assert code == 2, told
        assert everything(lab) == before
        assert not (lab.root / "images/mine").exists()
