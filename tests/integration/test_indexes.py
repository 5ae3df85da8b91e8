"""Further Python indexes: what a layer takes from one comes from it alone, all else from the usual."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from builder.fetch.context import context
from tests.integration.conftest import Place
from tests.integration.registries import publish_wheel

pytestmark = pytest.mark.registries
CPU = 'description: torch\non: [snake]\npython: [{index: cpu, packages: ["torch==2.*"]}, vision]\n'
GPU = "description: torch with CUDA\non: [snake]\npython: [torch]\n"
USER = "description: what uses torch\non: [snake]\npython: [lightning]\n"
NOBODY = "http://127.0.0.1:9/cpu"


@pytest.fixture
def lab(place: Place) -> Place:
    """Return a catalog whose index has torch, and other versions of what the usual one has."""
    publish_wheel(place.site, "torch", "2.9.0+cpu", ["helper"], index="/cpu")
    publish_wheel(place.site, "helper", "9.0", index="/cpu")
    publish_wheel(place.site, "vision", "5.0", ["torch"], index="/cpu")
    publish_wheel(place.site, "torch", "3.0", ["helper"])
    publish_wheel(place.site, "torch", "2.8")
    publish_wheel(place.site, "vision", "1.0", ["torch"])
    publish_wheel(place.site, "lightning", "1.0", ["torch"])
    place.only("torch", CPU)
    catalog = place.root / "catalog.yaml"
    declared = f"indexes:\n  cpu: {{url: '{place.site.url}/cpu'}}\n"
    catalog.write_text(declared + catalog.read_text())
    return place


def images(place: Place, **layers: str) -> None:
    """Make these the images: name -> its layers."""
    catalog = place.root / "catalog.yaml"
    head = catalog.read_text().partition("images:")[0]
    lines = [f"  {name}: {{layers: [{asked}], tag: one}}\n" for name, asked in layers.items()]
    catalog.write_text(f"{head}images:\n{''.join(lines)}")


def origins(place: Place, layer: str) -> dict[str, str]:
    """Return where the Python packages of a layer come from."""
    cell = next(piece for name, piece in place.lock.cells.items() if name.startswith(f"{layer}@"))
    held = [place.lock.artifacts[name] for name in cell.artifacts]
    return {one.name: f"{one.origin} {one.version}" for one in held if one.kind == "python"}


def test_what_is_taken_from_it_comes_from_it_alone(lab: Place, tmp_path: Path) -> None:
    lab.done("lock")
    assert origins(lab, "torch") == {
        "torch": "cpu 2.9.0+cpu",
        "vision": "pypi 1.0",
        "helper": "pypi 1.1",
    }
    (torch,) = [one for one in lab.lock.artifacts.values() if one.name == "torch"]
    assert torch.locator == "torch-2.9.0+cpu-py3-none-any.whl"
    assert "127.0.0.1" not in str(lab.lock_files), "a lock names no host"
    before = lab.lock_files
    lab.done("lock", "--upgrade")
    assert lab.lock_files == before
    assert "the lock is current" in lab.done("lock", "--check")
    lab.done("fetch")
    context(lab.cell("torch"), lab.lock, lab.settings.cache, tmp_path)
    assert (tmp_path / "python/torch-2.9.0+cpu-py3-none-any.whl").is_file()
    assert f"torch==2.9.0+cpu --hash={torch.digest}" in (tmp_path / "requirements.txt").read_text()


def test_neither_index_stands_in_for_the_other(lab: Place) -> None:
    lab.layer("torch", CPU.replace("torch==2.*", "torch==2.8"))
    code, said = lab.run("lock")
    assert code == 2
    assert "torch/layer.yaml:3:34: 'torch==2.8' has no solution" in said
    lab.layer("torch", CPU.replace("torch==2.*", "lightning"))
    code, said = lab.run("lock")
    assert code == 2
    assert "torch/layer.yaml:3:34: the index cpu has no package 'lightning'" in said
    lab.layer("torch", GPU.replace("[torch]", '["torch==2.9.0+cpu"]'))
    code, said = lab.run("lock")
    assert code == 2
    assert "has no solution" in said


def test_layers_that_never_meet_take_a_package_from_two_indexes(lab: Place) -> None:
    lab.layer("gpu", GPU)
    lab.layer("user", USER)
    images(lab, cpu="torch", gpu="gpu, user")
    lab.done("lock")
    assert origins(lab, "torch")["torch"] == "cpu 2.9.0+cpu"
    assert origins(lab, "gpu")["torch"] == "pypi 3.0"
    assert origins(lab, "user") == {
        "lightning": "pypi 1.0",
        "torch": "pypi 3.0",
        "helper": "pypi 1.1",
    }
    # One version of both is two files.
    publish_wheel(lab.site, "torch", "3.0", ["helper"], index="/cpu")
    lab.layer("torch", CPU.replace("torch==2.*", "torch==3.0"))
    lab.done("lock")
    assert origins(lab, "torch")["torch"] == "cpu 3.0"
    assert origins(lab, "gpu")["torch"] == "pypi 3.0"
    ids = {one.id for one in lab.lock.artifacts.values() if one.name == "torch"}
    assert ids == {"python:torch=3.0:py3-none-any", "python:torch=3.0:py3-none-any:cpu"}
    lab.done("fetch")


def test_layers_that_meet_must_name_one_index(lab: Place) -> None:
    lab.layer("gpu", GPU)
    images(lab, both="torch, gpu")
    code, said = lab.run("lock")
    assert code == 2
    assert "torch==2.* comes from cpu, unlike torch of gpu" in said
    assert "the layers meet in both" in said
    assert "take it from one index" in said


def test_a_package_comes_from_a_further_index_only_for_layers_that_name_it(lab: Place) -> None:
    lab.layer("user", USER)
    images(lab, both="torch, user")
    code, said = lab.run("lock")
    assert code == 2
    assert (
        "user/layer.yaml:3:1: needs torch, which layers that it meets take from the index cpu"
        in said
    )
    lab.layer("user", USER.replace("[snake]", "[torch]"))
    lab.done("lock")
    assert origins(lab, "user") == {"lightning": "pypi 1.0"}
    lab.layer("user", USER.replace("[lightning]", "[lightning, {index: cpu, packages: [torch]}]"))
    lab.done("lock")
    assert origins(lab, "user")["torch"] == "cpu 2.9.0+cpu"


def test_a_bound_holds_for_it_too(lab: Place) -> None:
    lab.done("lock")
    for version in ("2.9.1+cpu", "2.10.0+cpu", "3.0+cpu"):
        publish_wheel(lab.site, "torch", version, ["helper"], index="/cpu")
    publish_wheel(lab.site, "helper", "1.1.5")
    said = lab.done("lock", "--upgrade", "--within", "patch")
    assert "torch 2.9.0+cpu → 2.9.1+cpu (python)" in said
    assert "torch 2.10.0+cpu is there; --within patch keeps 2.9.x (python)" in said
    assert origins(lab, "torch") == {
        "torch": "cpu 2.9.1+cpu",
        "vision": "pypi 1.0",
        "helper": "pypi 1.1.5",
    }
    lab.done("lock", "--upgrade", "--within", "minor")
    assert origins(lab, "torch")["torch"] == "cpu 2.10.0+cpu"


def test_one_that_is_away_holds_back_only_what_needs_it(
    lab: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.layer("other", "description: other\non: [snake]\npython: [left-app]\n")
    images(lab, both="torch, other")
    lab.done("lock")
    before = origins(lab, "torch")
    shutil.rmtree(lab.settings.cache)
    monkeypatch.setenv("CATALOG_MIRROR_CPU", NOBODY)
    lab.layer("other", "description: other\non: [snake]\npython: [right-app]\n")
    assert "cpu does not answer, and what needs it stays as it is locked" in lab.done("lock")
    assert origins(lab, "other") == {"right-app": "pypi 1.0", "helper": "pypi 1.1"}
    publish_wheel(lab.site, "right-app", "1.1", ["helper"])
    lab.done("lock", "--upgrade", "--within", "minor")
    assert origins(lab, "other")["right-app"] == "pypi 1.1"
    assert origins(lab, "torch") == before
    publish_wheel(lab.site, "right-app", "2.0")
    lab.done("lock", "--upgrade")
    assert origins(lab, "other") == {"right-app": "pypi 2.0"}
    assert origins(lab, "torch") == before
    code, said = lab.run("-q", "fetch", "--json")
    assert code == 1
    printed, _, errors = said.partition("error:")
    assert json.loads(printed)["away"] == {"127.0.0.1": ["both:one"]}
    assert "torch 2.9.0+cpu: 127.0.0.1 does not answer: " in errors
    assert "set CATALOG_MIRROR_CPU" in errors
    lab.layer("torch", CPU.replace("2.*", "2.9.*"))
    code, said = lab.run("lock")
    assert code == 1
    assert "cpu cannot be reached at 127.0.0.1:9" in said
    monkeypatch.setenv("CATALOG_MIRROR_CPU", f"{lab.site.url}/cpu")
    lab.done("lock")
    lab.done("fetch")
