"""A fork on the store of its upstream: it builds what differs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.lock.file import read
from builder.lock.model import NAME
from tests.unit.execute.stock import Stock, make

BRANDING = "format: 1\nextends: ../lab\nname: fork\nregistry: registry.example.org/fork\n"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting says where the store is."""
    monkeypatch.delenv("CATALOG_STORE", raising=False)
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")


@pytest.fixture
def lab(tmp_path: Path) -> Stock:
    made = make(tmp_path / "lab", registry="registry.example.org/lab")
    made.build()
    return made


@pytest.fixture
def fork(tmp_path: Path, lab: Stock) -> Stock:
    """A fork that changes branding alone, locked from upstream's lock."""
    (tmp_path / "fork").mkdir()
    stock = Stock(root=tmp_path / "fork")
    stock.yaml.write_text(BRANDING)
    assert stock.run("lock") == 0
    assert read(stock.root / NAME).cells == read(lab.root / NAME).cells
    return stock


def test_a_fork_that_changes_branding_builds_no_cell(lab: Stock, fork: Stock) -> None:
    assert fork.project().settings.store == lab.project().settings.store
    assert fork.fill() == []
    assert fork.run("build") == 0


def test_what_a_fork_patches_is_built_and_nothing_else(fork: Stock) -> None:
    fork.yaml.write_text(BRANDING + "patch: {layers: {left: {run: echo ours >/opt/left}}}\n")
    assert fork.fill() == ["left"]


def test_files_of_a_forks_own_are_in_the_key(fork: Stock) -> None:
    step = fork.root / "images" / "right" / "files" / "opt" / "step.sh"
    step.parent.mkdir(parents=True)
    step.write_text("echo ours\n")
    assert fork.fill() == ["right"]


def test_a_forks_own_layer_is_locked_and_built_beside_upstreams(fork: Stock) -> None:
    fork.layer("mine", "description: mine\non: [tools]\nrun: echo mine >/opt/mine\n")
    fork.yaml.write_text(BRANDING + "images: {mine: {layers: [left, mine], tag: '{debian}'}}\n")
    assert fork.run("lock") == 0
    assert fork.fill() == ["mine"]


def test_a_fork_takes_what_upstreams_lock_says_by_now(
    lab: Stock, fork: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.change("left", "echo left", "echo moved")
    lab.lock()
    assert fork.run("lock", "--upstream") == 0
    assert read(fork.root / NAME).cells == read(lab.root / NAME).cells
    assert fork.run("lock", "--check") == 0
    capsys.readouterr()
    assert lab.run("lock", "--upstream") == 2
    assert "no catalog that this one extends has a lock" in capsys.readouterr().err
