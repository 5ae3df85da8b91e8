"""A release in a bundle: published from it, on a machine without a network, it is the same one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.test_stale import SERVICE, changed, hub
from tests.integration.registry_server import Server, registry
from tests.unit.execute.stock import Stock

__all__ = ["hub"]

pytestmark = pytest.mark.registries
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with registry(tmp_path / "registry") as found:
        yield found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a catalog, and return its code and what it said."""

    def go(stock: Stock, *argv: str) -> tuple[int, str]:
        capsys.readouterr()
        code = stock.run(*argv)
        said = capsys.readouterr()
        return code, said.out if code == 0 else said.err

    return go


@pytest.fixture
def published(hub: Stock, server: Server, run: Run, tmp_path: Path) -> dict[str, Any]:
    """Publish a release of the catalog, with its chart."""
    site = str(tmp_path / "site")
    assert hub.run("digests", "--write") == 0
    assert hub.run("chart", "package", "--destination", site) == 0
    to = ("--to", f"{server.address}/lab", "--json")
    code, said = run(hub, "publish", "--charts", site, "--allow", "untested", *to)
    assert code == 0, said
    staged = json.loads(said)
    assert isinstance(staged, dict)
    assert staged["charts"] == 1
    return staged


def bundled(hub: Stock, run: Run, store: str, *argv: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALOG_STORE", store)
        code, said = run(hub, "bundle", *argv)
    assert code == 0, said
    assert "12 images, 16 cells, 1 chart, 0 artifacts" in said


@pytest.mark.parametrize("of", ["a release", "a directory"])
def test_what_is_published_from_a_bundle_is_the_same_release(
    hub: Stock, server: Server, run: Run, published: dict[str, Any], of: str
) -> None:
    tmp_path = hub.root.parent
    file, site = str(tmp_path / "lab.bundle"), str(tmp_path / "there" / "site")
    store = hub.project().settings.store
    release = ("--release", published["release"], "--to", f"{server.address}/lab")
    argv = release if of == "a release" else ("--charts", str(tmp_path / "site"))
    bundled(hub, run, str(store), file, *argv)

    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path / "there" / "lab"
        shutil.copytree(hub.root, root, ignore=shutil.ignore_patterns(".catalog"))
        patch.setenv("CATALOG_STORE", str(tmp_path / "there" / "store"))
        there = Stock(root=root)
        code, said = run(there, "import", file, "--charts", site)
        assert code == 0, said
        to = ("--to", f"{server.address}/other", "--json")
        code, said = run(there, "publish", "--charts", site, "--allow", "untested", *to)
        assert code == 0, said
        code, _ = run(there, "import", file, "--charts", site)
        assert code == 0, "what is there with the same bytes stays"
    again = json.loads(said)
    assert again["digest"] == published["digest"]


def test_a_published_chart_is_not_replaced_by_that_of_a_bundle(
    hub: Stock, run: Run, published: dict[str, Any], tmp_path: Path
) -> None:
    assert published["charts"] == 1
    file, site = str(tmp_path / "lab.bundle"), tmp_path / "there"
    store = hub.project().settings.store
    bundled(hub, run, str(store), file, "--charts", str(tmp_path / "site"))
    site.mkdir()
    (archive,) = (tmp_path / "site").glob(f"{SERVICE}-*.tgz")
    (site / archive.name).write_bytes(b"another one")
    code, said = run(hub, "import", file, "--charts", str(site))
    assert code == 1
    assert f"{site / archive.name} exists with other bytes than the bundle's" in said
    assert (site / archive.name).read_bytes() == b"another one"


def test_a_release_of_other_bytes_is_not_bundled(
    hub: Stock, server: Server, run: Run, published: dict[str, Any], tmp_path: Path
) -> None:
    changed(hub)
    hub.build()
    release = ("--release", published["release"], "--to", f"{server.address}/lab")
    code, said = run(hub, "bundle", str(tmp_path / "x"), *release)
    assert code == 1
    assert f"{published['release']} has other bytes than the store of " in said
    assert "check out the catalog and lock" in said
