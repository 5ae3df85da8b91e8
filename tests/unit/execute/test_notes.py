"""`catalog notes` between states of one catalog, built or not, without an engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from builder.lock.file import write
from builder.lock.model import NAME, Artifact, Lock, Slice
from builder.tools import process
from tests.unit.execute.stock import Stock, make


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    made = make(tmp_path / "lab")
    made.build()
    return made


def told(lab: Stock, capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    capsys.readouterr()
    assert lab.run("notes", *argv, "--json") == 0
    return json.loads(capsys.readouterr().out)


def image(made: Any, name: str) -> Any:
    return next(one for one in made["images"] if one["image"] == name)


def copy(lab: Stock, target: Path) -> Path:
    """Copy a catalog's files, as a clone has them."""
    for name in ("images", NAME):
        shutil.copytree(lab.root / name, target / name)
    shutil.copy(lab.yaml, target)
    return target


def test_a_node_pulls_what_the_changed_layer_adds(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = copy(lab, tmp_path / "before")
    lab.change("right", "echo right", "echo other")
    lab.lock()
    lab.build()
    made = told(lab, capsys, str(before))
    assert (made["old"]["name"], made["new"]["name"]) == (str(before), "the working tree")
    assert [layer["layer"] for layer in made["layers"]] == ["right"]
    both = image(made, "both:trixie")
    assert (both["change"], both["layers"]) == ("changed", ["right"])
    # The seal is a layer, too.
    assert made["layers"][0]["cells"][0]["pull"] <= both["pull"] < both["size"]
    assert image(made, "left:trixie")["change"] == "same"
    assert lab.run("notes", str(before)) == 0
    assert "### `right`\n\nThe same packages, built anew." in capsys.readouterr().out


def test_what_is_not_built_has_no_size(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = copy(lab, tmp_path / "before")
    lab.change("right", "echo right", "echo other")
    lab.lock()
    both = image(told(lab, capsys, str(before)), "both:trixie")
    assert (both["change"], both["pull"], both["size"]) == ("changed", None, None)


def test_a_lock_alone_is_enough_for_packages(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "only").mkdir()
    shutil.copytree(lab.root / NAME, tmp_path / "only" / NAME)
    for word in (str(tmp_path / "only"), str(lab.root / NAME)):
        assert told(lab, capsys, word)["images"] is None


def test_an_upgrade_that_closes_a_vulnerability_is_marked(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in ("2.4.1", "2.4.2"):
        put_lock(tmp_path / version, version)
    affected = {
        "package": {"ecosystem": "PyPI", "name": "numpy"},
        "ranges": [
            {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.4.2"}]},
        ],
    }
    document = {"id": "PYSEC-1", "aliases": ["CVE-2026-1000"], "affected": [affected]}
    (tmp_path / "osv").mkdir()
    (tmp_path / "osv/PYSEC-1.json").write_text(json.dumps(document))
    states = [str(tmp_path / version) for version in ("2.4.1", "2.4.2")]
    made = told(lab, capsys, *states, "--osv", str(tmp_path / "osv"))
    (package,) = made["layers"][0]["packages"]
    assert package["security"] == {
        "archive": False,
        "only": False,
        "closes": ["CVE-2026-1000"],
        "opens": [],
    }
    assert lab.run("notes", *states, "--osv", str(tmp_path / "osv")) == 0
    assert "| patch | `app` | closes CVE-2026-1000 |" in capsys.readouterr().out


def put_lock(directory: Path, version: str) -> None:
    directory.mkdir()
    file = f"numpy-{version}-py3-none-any.whl"
    name = f"python:numpy={version}"
    item = Artifact(name, "python", "numpy", version, "pypi", file, f"sha256:{'0' * 64}", 0)
    cells = {"app@trixie": Slice("", (name,))}
    write(Lock("2026-01-01T00:00:00Z", {name: item}, cells), directory / NAME)


def test_a_catalog_that_cannot_be_used_is_told_and_its_lock_compared(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = copy(lab, tmp_path / "before")
    (before / "catalog.yaml").write_text("format: 1\nname: lab\nnonsense: 1\n")
    assert lab.run("notes", str(before)) == 0
    printed = capsys.readouterr()
    assert f"{before}: only its lock is compared, as its catalog cannot be used" in printed.err
    assert "**Packages: the same.**" in printed.out


def test_a_database_of_vulnerabilities_has_to_be_a_directory(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.run("notes", str(lab.root), "--osv", str(tmp_path / "none")) == 2
    assert "is no directory" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert lab.run("notes", str(lab.root), "--osv", str(tmp_path / "empty")) == 2
    assert "holds no advisory" in capsys.readouterr().err


def test_what_has_no_lock_is_refused(
    lab: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.run("notes", str(tmp_path)) == 2
    assert "there is no lock" in capsys.readouterr().err
    (tmp_path / "README.md").write_text("words")
    assert lab.run("notes", str(tmp_path / "README.md")) == 2
    assert "is a file, and no catalog\n  hint: name a git revision" in capsys.readouterr().err


@pytest.mark.process
def test_revisions_of_git_are_states(
    lab: Stock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*argv: str) -> None:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        process.run(["git", *author, *argv], cwd=lab.root)

    git("init", "--quiet")
    git("add", "catalog.yaml", "catalog.lock", "images")
    git("commit", "--quiet", "--message", "before")
    lab.change("left", "echo left", "echo other")
    lab.lock()
    lab.build()
    # A revision that has the name of a file is asked for with `rev:`.
    monkeypatch.chdir(lab.root)
    git("branch", "images")
    for words in ((), ("HEAD",), ("rev:images",)):
        made = told(lab, capsys, *words)
        assert image(made, "left:trixie")["pull"] > 0, words
    assert told(lab, capsys, "HEAD", "HEAD")["layers"] == []
    assert lab.run("notes", "nonesuch") == 2
    assert "OLD: 'nonesuch'" in capsys.readouterr().err
