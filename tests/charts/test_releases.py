"""Charts in a release: as they were packaged, with all images that they offer, or left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.test_stale import IMAGE, SERVICE, hub
from tests.integration.registry_server import Server, registry
from tests.unit.execute.stock import Stock, make

__all__ = ["hub"]

pytestmark = pytest.mark.registries
Run = Callable[..., Any]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with registry(tmp_path / "registry") as found:
        yield found


@pytest.fixture
def site(tmp_path: Path) -> str:
    """Where charts are published."""
    return str(tmp_path / "site")


@pytest.fixture
def run(hub: Stock, server: Server, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the registry, and return its code and its JSON, or what it said."""

    def go(verb: str, *argv: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = hub.run(verb, "--json", *argv, "--to", f"{server.address}/lab")
        said = capsys.readouterr()
        return code, json.loads(said.out) if code == 0 else said.err

    return go


def failing(hub: Stock) -> None:
    """Add a test, which has not run, to the layer of the service."""
    path = hub.root / "images" / SERVICE / "tests" / "works.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def test_a_chart_is_public_with_its_release(hub: Stock, run: Run, site: str) -> None:
    assert hub.run("chart", "package", "--destination", site) == 0
    code, staged = run("publish", "--charts", site, "--allow", "untested")
    assert code == 0, staged
    assert (staged["charts"], staged["waiting"]) == (1, {})
    code, promoted = run("promote")
    assert code == 0, promoted
    moved = [move["tag"] for move in promoted["moved"]]
    assert moved[-1].startswith(f"lab/charts/{SERVICE}:")
    assert f"lab/{IMAGE}" in moved


def test_a_chart_that_is_not_packaged_as_it_is_now_is_refused(run: Run, site: str) -> None:
    code, said = run("publish", "--charts", site, "--allow", "untested")
    assert code == 1
    assert f"does not have {SERVICE} as the catalog has it now" in said
    assert "catalog chart package" in said


def test_images_whose_tests_have_not_passed_are_refused(hub: Stock, run: Run) -> None:
    failing(hub)
    code, said = run("publish")
    assert code == 1
    assert f"the tests of {IMAGE}" in said
    assert "have not passed as they are now" in said


def test_images_whose_tests_have_not_passed_are_left_out(hub: Stock, run: Run, site: str) -> None:
    failing(hub)
    assert hub.run("chart", "package", "--destination", site) == 0
    code, staged = run("publish", "--charts", site, "--without", "untested")
    assert code == 0, staged
    assert staged["images"] > 0, "the images without that layer stay"
    assert staged["waiting"][IMAGE] == "its tests have not passed"
    assert f"charts/{SERVICE}" in staged["waiting"]


def test_a_release_without_an_image_is_refused(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stock = make(tmp_path / "lab")
    assert stock.run("publish", "--without", "unbuilt", "--to", f"{server.address}/lab") == 1
    assert "no image is left to publish" in capsys.readouterr().err


def test_a_chart_that_is_not_packaged_as_it_is_now_is_left_out(run: Run, site: str) -> None:
    argv = ("--charts", site, "--allow", "untested", "--without", "unpackaged")
    code, staged = run("publish", *argv)
    assert code == 0, staged
    assert staged["charts"] == 0
    assert staged["waiting"] == {f"charts/{SERVICE}": "it is not packaged as it is now"}


def test_a_chart_whose_image_is_not_built_is_left_out(hub: Stock, run: Run, site: str) -> None:
    assert hub.run("chart", "package", "--destination", site) == 0
    path = hub.root / f"images/{SERVICE}/layer.yaml"
    path.write_text(path.read_text() + "\nrun: echo changed >/opt/changed\n")
    hub.lock()
    code, said = run("publish", "--charts", site)
    assert code == 1
    assert "is not built as it is now" in said
    code, staged = run("publish", "--charts", site, "--without", "unbuilt")
    assert code == 0, staged
    assert staged["charts"] == 0
    assert f"charts/{SERVICE}" in staged["waiting"]
    assert IMAGE in staged["waiting"]
