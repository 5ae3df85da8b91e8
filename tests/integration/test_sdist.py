"""Source distributions of Python packages, from the lock to the build's directory."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from builder.fetch.context import context
from tests.integration.conftest import Place
from tests.integration.registries import publish_sdist, publish_wheel

pytestmark = pytest.mark.registries
LAYER = "description: engine\non: [base]\nsdists: ['engine==1.*']\n"


@pytest.fixture
def engine(place: Place) -> Place:
    """Return a catalog with a layer that asks for the source of a package without a wheel."""
    publish_sdist(place.site, "engine", "1.0", {"jars/core.jar": b"core", "PKG-INFO": b""})
    return place.only("engine", LAYER)


def versions(place: Place) -> set[str]:
    return {item.version for item in place.lock.artifacts.values() if item.kind == "sdist"}


def test_a_source_is_locked_unread_and_lies_in_the_build(engine: Place, tmp_path: Path) -> None:
    engine.site.asked.clear()
    engine.done("lock")
    assert "/files/engine-1.0.tar.gz" not in engine.site.asked, "its index has its sum"
    engine.done("fetch")
    engine.site.files.clear()
    context(engine.cell("engine"), engine.lock, engine.settings.cache, tmp_path)
    with tarfile.open(tmp_path / "sdists" / "engine-1.0.tar.gz") as source:
        assert source.getnames() == ["engine-1.0/jars/core.jar", "engine-1.0/PKG-INFO"]


def test_a_wheel_beside_it_is_not_taken(engine: Place) -> None:
    publish_wheel(engine.site, "engine", "1.0")
    engine.done("lock")
    (source,) = [item for item in engine.lock.artifacts.values() if item.name == "engine"]
    assert source.locator == "engine-1.0.tar.gz"


def test_the_locked_version_stays_until_it_is_asked_to_move(engine: Place) -> None:
    engine.done("lock")
    publish_sdist(engine.site, "engine", "1.1", {"PKG-INFO": b""})
    engine.layer("engine", LAYER + "apt: [editor]\n")
    engine.done("lock")
    assert versions(engine) == {"1.0"}
    assert "engine 1.0 → 1.1 (sdist)" in engine.done("lock", "--upgrade", "engine")


def test_a_source_moves_within_a_bound(engine: Place) -> None:
    engine.done("lock")
    for version in ("1.0.1", "1.1"):
        publish_sdist(engine.site, "engine", version, {"PKG-INFO": b""})
    said = engine.done("lock", "--upgrade", "--within", "patch")
    assert versions(engine) == {"1.0.1"}
    assert "engine 1.1 is there; --within patch keeps 1.0.x (sdist)" in said


def test_a_version_that_only_has_wheels_is_told_at_its_place(engine: Place) -> None:
    publish_wheel(engine.site, "engine", "1.2")
    code, said = engine.run("lock")
    assert code == 2
    assert "layer.yaml:3:10" in said
    assert "engine 1.2 has no source distribution" in said


def test_an_unknown_package_is_told_at_its_place(engine: Place) -> None:
    engine.layer("engine", LAYER.replace("engine==1.*", "engin"))
    code, said = engine.run("lock")
    assert code == 2
    assert "layer.yaml:3:10" in said
    assert "engin" in said


def test_a_source_that_is_gone_says_what_to_do(engine: Place) -> None:
    engine.done("lock")
    engine.site.files["/simple/engine/"] = b"<!DOCTYPE html><html><body></body></html>"
    code, said = engine.run("fetch")
    assert code == 1
    assert "engine 1.0 is no longer at pypi" in said
