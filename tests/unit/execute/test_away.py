"""What a build says of hosts that cannot be reached, and who waits for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.errors import IntegrityError
from builder.events import silent
from builder.execute import build
from builder.execute.project import Project
from builder.fetch import transfer
from builder.lock.file import read, write
from builder.lock.model import NAME, Artifact
from tests.unit.execute.stock import Stock, make

NOBODY = "http://127.0.0.1:9"
"""An address at which nobody answers."""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(transfer, "BACKOFF", 0)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return make(tmp_path / "lab")


def having(stock: Stock, **urls: str) -> Project:
    """Have layers take archives from these addresses, and their cells locked so."""
    for layer, url in urls.items():
        archives = f"archives: {{{layer}: {{url: '{url}', version: '1'}}}}\n"
        stock.change(layer, "on: [tools]\n", f"on: [tools]\n{archives}")
    stock.lock()
    lock = read(stock.root / NAME)
    cells, artifacts = dict(lock.cells), {}
    for layer, url in urls.items():
        digest = f"sha256:{layer.encode().hex():0>64}"
        one = Artifact(f"archive:{layer}=1", "archive", layer, "1", "archive", url, digest, 0)
        artifacts[one.id] = one
        cells[f"{layer}@trixie"] = replace(cells[f"{layer}@trixie"], artifacts=(one.id,))
    write(replace(lock, cells=cells, artifacts=artifacts), stock.root / NAME)
    return stock.project()


def fetched(project: Project) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Fetch for every cell; return what each waits for, and what is told of that."""
    needs, errors = build._fetched(project, list(project.graph.cells.values()), silent)
    return needs, {node: error.message for node, error in errors.items()}


def test_only_what_has_its_files_waits_for_a_host(lab: Stock) -> None:
    needs, told = fetched(having(lab, right=f"{NOBODY}/right.tgz"))
    assert needs == {"right@trixie": {"fetch from 127.0.0.1"}}
    (message,) = told.values()
    assert message.startswith(f"right 1 ({lab.root}/images/right/layer.yaml:3): 127.0.0.1 does")
    assert message.endswith("\nfor it wait: both:trixie")


def test_each_host_is_told_by_itself_and_all_other_trouble_together(lab: Stock) -> None:
    gone = (lab.root / "left.tgz").as_uri()
    needs, told = fetched(having(lab, left=gone, right=f"{NOBODY}/right.tgz"))
    assert needs == {"left@trixie": {"fetch"}, "right@trixie": {"fetch from 127.0.0.1"}}
    assert f"{lab.root}/images/left/layer.yaml:3: left 1 is not there (no file " in told["fetch"]


def test_two_names_of_one_file_wait_both(lab: Stock) -> None:
    project = having(lab, left=f"{NOBODY}/file.tgz", right=f"{NOBODY}/file.tgz")
    same = {
        name: replace(one, digest=f"sha256:{'0' * 64}")
        for name, one in project.lock.artifacts.items()
    }
    project = replace(project, lock=replace(project.lock, artifacts=same))
    needs, _ = fetched(project)
    assert list(needs.values()) == [{"fetch from 127.0.0.1"}] * 2


def test_what_cannot_even_be_asked_for_holds_back_what_lacks_it(
    lab: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = having(lab, right=f"{NOBODY}/right.tgz")

    def damaged(*_: object) -> None:
        raise IntegrityError("a wheel is damaged")

    monkeypatch.setattr("builder.fetch.fetch._make_ready", damaged)
    needs, told = fetched(project)
    assert (needs, told) == ({"right@trixie": {"fetch"}}, {"fetch": "a wheel is damaged"})
