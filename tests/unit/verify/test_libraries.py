"""`catalog verify --libraries`: from the facts of a store, without an engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.cells import loadable
from builder.execute.hold import taken
from builder.oci.blob import descriptor_from
from builder.oci.store import Store
from tests.unit.execute.stock import Stock, make
from tests.unit.oci.made import Content, file, library

LIB = "usr/lib/x86_64-linux-gnu"
SITE = "opt/python/lib/python3.13/site-packages"
WHOLE: Content = {
    f"{LIB}/libx.so.1": file(library("libx.so.1", ["liby.so.1"])),
    f"{LIB}/liby.so.1": file(library("liby.so.1")),
}
BROKEN: Content = {f"{LIB}/libx.so.1": file(library("libx.so.1", ["liby.so.1"]))}
CUDA: Content = {
    f"{LIB}/libcudart.so.13": file(library("libcudart.so.13")),
    f"{SITE}/nvidia_cuda_runtime-13.2.75.dist-info/METADATA": (
        "Name: nvidia-cuda-runtime\nVersion: 13.2.75\n"
    ),
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    return make(tmp_path / "lab")


def verify(lab: Stock, capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    capsys.readouterr()
    code = lab.run("verify", "--libraries", *argv)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_images_that_have_all(lab: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    lab.build({"bottom": WHOLE})
    code, said = verify(lab, capsys)
    assert (code, said.strip()) == (0, "2 images whole, 0 not")


def test_what_is_missing_is_named_with_its_layer(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.build({"right": BROKEN})
    code, said = verify(lab, capsys)
    assert code == 1
    assert "both:trixie catalog/libraries" in said
    assert f"/{LIB}/libx.so.1 (layer right) needs liby.so.1, which is not in the image" in said
    assert "`unloaded: {PATH: reason}`" in said
    assert "1 image whole, 1 not" in said
    assert verify(lab, capsys, "left")[0] == 0
    code, said = verify(lab, capsys, "--json")
    assert [(row["test"], row["ok"]) for row in json.loads(said)] == [
        ("left:trixie catalog/libraries", True),
        ("both:trixie catalog/libraries", False),
    ]


def test_a_layer_may_bring_what_another_needs(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.build({"right": BROKEN, "left": {f"{LIB}/liby.so.1": file(library("liby.so.1"))}})
    assert verify(lab, capsys)[0] == 0


def test_a_layer_says_what_is_never_loaded(lab: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    lab.build({"right": BROKEN})
    assert verify(lab, capsys)[0] == 1
    text = (lab.root / "images/right/layer.yaml").read_text()
    lab.layer("right", f'{text}unloaded: {{"*/libx.so.1": it is for a desktop}}\n')
    assert verify(lab, capsys) == (0, "2 images whole, 0 not\n"), "and nothing is built again"


def test_a_layer_says_what_it_needs_of_a_node(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.build({"left": CUDA})
    assert "CUDA 13.2 needs a driver 580.65.06 or newer" in verify(lab, capsys, "left")[1]
    text = (lab.root / "images/left/layer.yaml").read_text()
    lab.layer("left", f"{text}gpu: [{{when: {{debian: trixie}}, driver: '525.60.13'}}]\n")
    code, said = verify(lab, capsys, "left")
    assert code == 1
    assert "layer left) says `driver: 525.60.13`, and CUDA 13.2 needs 580.65.06" in said
    lab.layer("left", f"{text}gpu: [{{driver: '580.65.06'}}]\n")
    assert verify(lab, capsys, "left")[0] == 0


def test_labels_tell_what_an_image_needs(lab: Stock) -> None:
    lab.build({"right": CUDA})
    with taken(lab.project()) as images:
        store = lab.project().store
        configs = {
            name: store.read_json(descriptor_from(store.read_json(manifest)["config"]))
            for name, manifest in images.items()
        }
        labels = configs["both:trixie"]["config"]["Labels"]
        annotations = store.read_json(images["both:trixie"])["annotations"]
    assert labels["org.catalog.gpu.cuda"] == annotations["org.catalog.gpu.cuda"] == "13.2"
    assert labels["org.catalog.gpu.driver"] == ">=580.65.06"
    assert not any("gpu" in label for label in configs["left:trixie"]["config"].get("Labels", {}))


def test_a_store_of_before_is_read_without_a_build(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.build({"right": BROKEN})
    store = Store(lab.project().store.root)
    before = {ref: one for ref, one in store.refs().items() if "/loadable/" not in ref}
    store.untag(ref for ref in store.refs() if "/loadable/" in ref)
    assert verify(lab, capsys)[0] == 1
    after = store.refs()
    assert {ref: one for ref, one in after.items() if "/loadable/" not in ref} == before
    assert sum("/loadable/" in ref for ref in after) == 4
    assert lab.run("plan") == 0
    assert not lab.project().plan().to_build("cell")
    assert not lab.project().plan().to_build("image")


def test_prune_keeps_what_is_recorded_of_cells_in_use(lab: Stock) -> None:
    lab.build({"right": BROKEN})
    lab.run("verify", "--libraries")
    assert lab.run("prune", "--days", "0") == 0
    store = lab.project().store
    assert len(store.refs(loadable.PREFIX)) == 4


def test_a_record_that_is_damaged_is_no_loss(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.build({"right": BROKEN})
    lab.run("verify", "--libraries")
    store = lab.project().store
    (ref, manifest), *_ = store.refs(loadable.PREFIX).items()
    path = store.path(store.read_json(manifest)["config"]["digest"])
    path.unlink()
    capsys.readouterr()
    assert lab.run("verify", "--store", "--repair") == 0
    assert "to be built again" not in capsys.readouterr().out
    assert ref not in lab.project().store.refs()
    assert lab.run("verify", "--store") == 0


def test_it_is_for_images_alone(lab: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    for argv, message in (
        (["--all"], "is for cells that are built again"),
        (["--store"], "is for images, --store for the store"),
    ):
        assert lab.run("verify", "--libraries", *argv) == 2
        assert message in capsys.readouterr().err
