"""Files of Python packages that all Pythons share, from the lock to the build's directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.fetch.context import context
from builder.graph.model import Cell
from tests.integration.conftest import Place
from tests.integration.registries import publish_wheel

pytestmark = pytest.mark.registries
CUDA = """\
description: libraries for all Pythons
on: [base]
once: {at: {debian: trixie}, paths: [/opt/cuda]}
shared: [cublas]
run: echo
"""
TORCH = "description: torch\non: [snake, cuda]\npython: [torch]\n"
TAGS = {"3.13": "cp313-cp313-manylinux_2_17_x86_64", "3.12": "cp312-cp312-manylinux_2_17_x86_64"}


def publish(place: Place, version: str, cublas: str, *pythons: str) -> None:
    for python in pythons or TAGS:
        publish_wheel(place.site, "torch", version, [f"cublas=={cublas}"], TAGS[python])


@pytest.fixture
def lab(place: Place) -> Place:
    """Return a catalog with two Pythons, and a package on libraries that they share."""
    for version in ("13.0", "13.1"):
        publish_wheel(place.site, "cublas", version, ["nvrtc"])
    publish_wheel(place.site, "nvrtc", "1.0")
    publish(place, "2.0", "13.0")
    place.layer("cuda", CUDA)
    place.only("torch", TORCH)
    catalog = place.root / "catalog.yaml"
    text = catalog.read_text().replace('{"3.13": }', '{"3.13": , "3.12": }')
    catalog.write_text(text.replace("tag: one", 'tag: "py{python}"'))
    return place


def cells(place: Place) -> dict[str, set[str]]:
    """Return what the cells of the two layers hold."""
    held = {}
    for name, piece in place.lock.cells.items():
        if name.startswith(("cuda@", "torch@")):
            artifacts = [place.lock.artifacts[one] for one in piece.artifacts]
            held[name] = {f"{one.kind}:{one.name} {one.version}" for one in artifacts}
    return held


def test_layers_above_choose_the_version_and_do_not_hold_it_again(lab: Place) -> None:
    lab.done("lock")
    assert cells(lab) == {
        "cuda@trixie-amd64": {"shared:cublas 13.0", "shared:nvrtc 1.0"},
        "torch@trixie-amd64-py3.13": {"python:torch 2.0"},
        "torch@trixie-amd64-py3.12": {"python:torch 2.0"},
    }
    before = lab.lock_files
    lab.done("lock")
    assert lab.lock_files == before


def test_the_files_lie_in_the_build(lab: Place, tmp_path: Path) -> None:
    lab.done("lock")
    lab.done("fetch")
    cell: Cell = lab.cell("cuda")
    context(cell, lab.lock, lab.settings.cache, tmp_path)
    assert sorted(path.name for path in (tmp_path / "wheels").iterdir()) == [
        "cublas-13.0-py3-none-any.whl",
        "nvrtc-1.0-py3-none-any.whl",
    ]


def test_an_upgrade_moves_them_together(lab: Place) -> None:
    lab.done("lock")
    publish(lab, "2.1", "13.1")
    lab.done("lock")
    assert cells(lab)["cuda@trixie-amd64"] == {"shared:cublas 13.0", "shared:nvrtc 1.0"}
    lab.done("lock", "--upgrade", "*")
    assert cells(lab)["cuda@trixie-amd64"] == {"shared:cublas 13.1", "shared:nvrtc 1.0"}
    assert cells(lab)["torch@trixie-amd64-py3.12"] == {"python:torch 2.1"}


def test_a_further_layer_takes_what_is_locked(lab: Place) -> None:
    lab.done("lock")
    publish_wheel(lab.site, "jax", "1.0", ["cublas>=13"])
    lab.layer("jax", TORCH.replace("torch", "jax"))
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("layers: [torch]", "layers: [torch, jax]"))
    lab.done("lock")
    assert cells(lab)["cuda@trixie-amd64"] == {"shared:cublas 13.0", "shared:nvrtc 1.0"}
    jax = {name: piece for name, piece in lab.lock.cells.items() if name.startswith("jax@")}
    assert [piece.artifacts for piece in jax.values()] == [("python:jax=1.0:py3-none-any",)] * 2


def test_pythons_that_need_different_files_are_told(lab: Place) -> None:
    publish(lab, "2.1", "13.1", "3.12")
    code, said = lab.run("lock")
    assert code == 2
    assert "images/cuda/layer.yaml:4:1: Pythons that share these packages need different" in said
    assert "cublas 13.0 and 13.1" in said


def test_a_file_for_one_python_is_told(lab: Place) -> None:
    publish_wheel(lab.site, "nvrtc", "2.0", (), TAGS["3.13"])
    publish_wheel(lab.site, "nvrtc", "2.0", (), TAGS["3.12"])
    code, said = lab.run("lock")
    assert code == 2
    assert "nvrtc-2.0-cp313-cp313-manylinux_2_17_x86_64.whl is for one Python" in said


def test_what_does_not_fit_together_is_told_at_its_place(lab: Place) -> None:
    lab.layer("cuda", CUDA.replace("[cublas]", "['cublas>=13.1']"))
    code, said = lab.run("lock")
    assert code == 2
    assert "torch is incompatible with cublas>=13.1 of cuda (" in said
    assert "images/cuda/layer.yaml:4" in said
