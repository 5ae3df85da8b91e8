"""Two branches that both locked something, merged by a real git."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from builder import cli
from builder.catalog.load import load
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.lock.file import read, write
from builder.lock.model import NAME, Artifact, Lock, Slice

pytestmark = pytest.mark.process

CATALOG = """\
name: small
axes:
  debian: {values: {trixie: }}
images:
  both: {layers: [left, right]}
"""
LAYERS = {
    "base": "bootstrap: true\naxes: [debian]\nabi: [x]\n",
    "left": "on: [base]\n",
    "right": "on: [base]\n",
}


class Repository:
    """A catalog in git. `lock` writes what its layers ask for as a lock, as a registry would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in LAYERS.items():
            self.layer(name, text)
        (root / "catalog.yaml").write_text(CATALOG)
        self.git("init", "--quiet", "--initial-branch=main")
        self.lock("2026-01-01")
        self.commit("first")

    def git(self, *arguments: str, check: bool = True) -> int:
        settings = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false")
        argv = ["git", *settings, *arguments]
        done = subprocess.run(argv, cwd=self.root, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.returncode

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def layer(self, name: str, text: str, packages: str = "") -> None:
        path = self.root / "images" / name / "layer.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"description: {name}\n{text}apt: [{packages or name}]\n")

    def lock(self, date: str) -> Lock:
        known = graph(load(self.root / "catalog.yaml"))
        artifacts: dict[str, Artifact] = {}
        cells: dict[str, Slice] = {}
        for cell in known.cells.values():
            held = [artifact(str(name)) for name in cell.layer.apt]
            artifacts |= {one.id: one for one in held}
            ids = tuple(sorted(one.id for one in held))
            cells[cell.id] = Slice(asks=asks(cell, known), artifacts=ids)
        moment = f"{date}T00:00:00Z"
        made = Lock(
            moment=moment,
            artifacts=artifacts,
            cells=cells,
            archives={"trixie": {"date": moment, "inrelease": f"sha256:{date}"}},
            chunks={name: {} for name in LAYERS},
        )
        write(made, self.root / NAME)
        return made

    def run(self, *argv: str) -> int:
        return cli.main(["-C", str(self.root / "catalog.yaml"), *argv])


def artifact(name: str, version: str = "1") -> Artifact:
    return Artifact(
        id=f"deb:{name}={version}:amd64",
        kind="deb",
        name=name,
        version=version,
        origin="debian",
        locator=f"pool/{name}.deb",
        digest=f"sha256:{version:0>64}",
        size=1,
        extra={"accounts": ""},
    )


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    root = tmp_path / "catalog"
    root.mkdir()
    return Repository(root)


def diverge(repository: Repository, mine: str, theirs: str) -> None:
    """Let two branches lock something else each; end on main, before the merge."""
    repository.git("switch", "--quiet", "--create", "other")
    repository.layer("right", LAYERS["right"], f"right, {theirs}")
    repository.lock("2026-03-01")
    repository.commit("theirs")
    repository.git("switch", "--quiet", "main")
    repository.layer("left", LAYERS["left"], f"left, {mine}")
    repository.lock("2026-02-01")
    repository.commit("ours")


def test_branches_that_lock_other_layers_merge_by_one_command(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    diverge(repository, "vim", "nano")
    assert repository.git("merge", "--quiet", "other", check=False) == 1
    assert repository.run("plan") == 2
    said = capsys.readouterr().err
    assert (
        "lock.json:3:1: there is a merge conflict here: two branches have changed the lock" in said
    )
    assert "run `catalog lock --merge`" in said
    assert "damaged" not in said
    for layer in ("left", "right"):
        json.loads((repository.root / NAME / "layers" / f"{layer}.json").read_text())

    assert repository.run("lock", "--merge") == 0
    assert "run `git add catalog.lock`" in capsys.readouterr().err
    merged = read(repository.root / NAME)
    assert merged == repository.lock("2026-03-01"), "as if both had been locked at the later moment"
    assert repository.run("lock", "--check") == 0
    repository.commit("merge")


@pytest.mark.parametrize("how", ["rebase", "cherry-pick"])
def test_a_rebase_and_a_cherry_pick_are_merges_too(repository: Repository, how: str) -> None:
    diverge(repository, "vim", "nano")
    assert repository.git(how, "other", check=False) == 1
    assert repository.run("lock", "--merge") == 0
    assert read(repository.root / NAME) == repository.lock("2026-03-01")


def test_one_side_may_have_the_former_format(repository: Repository) -> None:
    """One branch was locked before the program changed, the other one after that."""
    diverge(repository, "vim", "nano")
    lock = read(repository.root / NAME)
    repository.git("rm", "-r", "--quiet", NAME)
    (repository.root / NAME).write_text(former(lock))
    repository.commit("the former format")
    repository.git("merge", "--quiet", "other", check=False)
    assert repository.run("lock", "--merge") == 0
    made = read(repository.root / NAME)
    expected = replace(repository.lock("2026-03-01"), chunks={})
    assert made == expected, "the former format says nothing of chunks"


def test_the_former_format_is_told_and_rewritten_by_one_command_without_a_network(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = read(repository.root / NAME)
    shutil.rmtree(repository.root / NAME)
    (repository.root / NAME).write_text(former(lock))
    for command in (["plan"], ["lock", "--check"]):
        assert repository.run(*command) == 2
        said = capsys.readouterr().err
        assert "catalog.lock:1:1: the lock has format 1" in said
        assert "run `catalog lock`: it converts the lock" in said
    assert repository.run("lock") == 0
    assert "nothing moved" in capsys.readouterr().out
    expected = replace(lock, chunks={})
    assert read(repository.root / NAME) == expected, "the same artifacts: the same keys"


def former(lock: Lock) -> str:
    fields = ("kind", "name", "version", "origin", "locator", "digest", "size", "extra")
    artifacts = {
        name: {field: getattr(one, field) for field in fields}
        for name, one in lock.artifacts.items()
    }
    cells = {}
    for name, piece in lock.cells.items():
        asked = sorted(lock.artifacts[one].name for one in piece.artifacts)
        ids = list(piece.artifacts)
        cells[name] = {"asks": piece.asks, "asked": asked, "artifacts": ids, "files": {}}
    document = {"format": 1, "moment": lock.moment, "archives": dict(lock.archives)}
    return json.dumps(document | {"artifacts": artifacts, "cells": cells})


def test_a_merge_without_a_conflict_that_does_not_hold_is_told(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = read(repository.root / NAME)
    newer = artifact("base", "2")
    piece = lock.cells["right@trixie"]
    right = replace(piece, artifacts=tuple(sorted((*piece.artifacts, newer.id))))
    apart = replace(
        lock,
        artifacts={**lock.artifacts, newer.id: newer},
        cells={**lock.cells, "right@trixie": right},
    )
    write(apart, repository.root / NAME)
    assert repository.run("lock", "--check") == 1
    assert "both would have base twice: 1 in base@trixie, 2 in right@trixie" in (
        capsys.readouterr().out
    )


def test_without_a_merge_the_command_says_what_it_is_for(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repository.run("lock", "--merge") == 1
    said = capsys.readouterr().err
    assert "git is not merging anything here" in said
    assert "Traceback" not in said
