"""Debian source packages from the lock to the build's directory, of another release than the image's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from builder.fetch.context import context
from tests.integration.conftest import Place
from tests.integration.registries import Archive

pytestmark = pytest.mark.registries
LAYER = "description: engine\non: [base]\nsources: [engine/sid]\n"
DSC, TAR = "engine_{}-1.dsc", "engine_{}.orig.tar.xz"


def publish(place: Place, upstream: str) -> None:
    files = {DSC.format(upstream): b"signed", TAR.format(upstream): upstream.encode()}
    Archive(place.site).publish_source("engine", f"{upstream}-1", files)


@pytest.fixture
def engine(place: Place) -> Place:
    """Return a catalog with a layer that asks for a source package of sid."""
    publish(place, "1.0")
    return place.only("engine", LAYER)


def versions(place: Place) -> set[str]:
    return {item.version for item in place.lock.artifacts.values() if item.kind == "source"}


def test_a_source_package_is_locked_and_lies_in_the_build(engine: Place, tmp_path: Path) -> None:
    engine.done("lock")
    assert set(engine.lock.archives) >= {"sid", "trixie"}
    engine.done("fetch")
    engine.site.files.clear()
    context(engine.cell("engine"), engine.lock, engine.settings.cache, tmp_path)
    files = {path.name: path.read_bytes() for path in (tmp_path / "sources/engine").iterdir()}
    assert files == {DSC.format("1.0"): b"signed", TAR.format("1.0"): b"1.0"}


def test_the_locked_version_stays_until_it_is_asked_to_move(engine: Place) -> None:
    engine.done("lock")
    publish(engine, "1.1")
    engine.layer("engine", LAYER + "apt: [editor]\n")
    engine.done("lock")
    assert versions(engine) == {"1.0-1"}
    assert "engine 1.0-1 → 1.1-1 (source)" in engine.done("lock", "--upgrade", "engine")
    assert versions(engine) == {"1.1-1"}


def test_a_source_package_moves_within_a_bound(engine: Place) -> None:
    engine.done("lock")
    publish(engine, "1.1")
    said = engine.done("lock", "--upgrade", "--within", "patch")
    assert versions(engine) == {"1.0-1"}
    assert "engine 1.1-1 is there; --within patch keeps 1.0.x (source)" in said
    engine.done("lock", "--upgrade", "--within", "minor")
    assert versions(engine) == {"1.1-1"}


def test_another_release_is_another_package(engine: Place) -> None:
    engine.done("lock")
    Archive(engine.site).publish_source("engine", "0.9-1", {"engine_0.9.dsc": b""}, release="old")
    engine.layer("engine", LAYER.replace("/sid", "/old"))
    engine.done("lock")
    assert versions(engine) == {"0.9-1"}


def test_a_version_that_is_nowhere_any_more_gives_way(engine: Place) -> None:
    engine.done("lock")
    for path in [path for path in engine.site.files if "pool/main/e/engine/" in path]:
        del engine.site.files[path]
    shutil.rmtree(engine.settings.cache)
    publish(engine, "1.2")
    engine.layer("engine", LAYER + "apt: [editor]\n")
    engine.done("lock")
    assert versions(engine) == {"1.2-1"}


def test_an_unknown_package_is_told_at_its_place(engine: Place) -> None:
    engine.layer("engine", LAYER.replace("engine/", "engin/"))
    code, said = engine.run("lock")
    assert code == 2
    assert "layer.yaml:3:11" in said
    assert "Debian sid has no source package 'engin'" in said
    assert "did you mean 'engine'?" in said


def test_an_index_makes_no_path_outside(engine: Place) -> None:
    Archive(engine.site).publish_source("engine", "1.0-1", {"../../../../x": b""})
    code, said = engine.run("lock")
    assert code == 1
    assert "leads out of its directory" in said


def test_two_releases_with_one_version_are_two_packages(engine: Place) -> None:
    Archive(engine.site).publish_source("engine", "1.0-1", {"engine_1.0.dsc": b""}, release="old")
    engine.layer("engine", LAYER)
    engine.layer("other", "description: other\non: [base]\nsources: [engine/old]\n")
    catalog = engine.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[engine]", "[engine, other]"))
    engine.done("lock")
    assert engine.done("lock", "--check")


@pytest.mark.parametrize("line", ["0 1 x", f"{'a' * 64} many x", f"{'a' * 64} 1", "x"])
def test_an_odd_index_is_refused(engine: Place, line: str) -> None:
    stanza = f"Package: engine\nVersion: 1\nDirectory: pool\nChecksums-Sha256:\n {line}\n\n"
    Archive(engine.site).publish_index("sid", stanza)
    code, said = engine.run("lock")
    assert code == 1
    assert "the index of Debian sid says of engine" in said


def test_a_file_that_is_not_what_the_index_says_is_refused(engine: Place) -> None:
    engine.done("lock")
    (path,) = [path for path in engine.site.files if path.endswith(".orig.tar.xz")]
    engine.site.files[path] = b"2.0"
    code, said = engine.run("fetch")
    assert code == 1
    assert TAR.format("1.0") in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: [Engine/sid]", "'Engine/sid' is no source package and its release"),
        ("sources: [engine/../sid]", "write it as engine/sid, for example"),
        ("sources: [engine]", "write it as engine/sid, for example"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    engine: Place, text: str, said: str
) -> None:
    engine.layer("engine", f"description: engine\non: [base]\n{text}\n")
    engine.site.asked.clear()
    code, told = engine.run("lock")
    assert code == 2
    assert said in told
    assert not engine.site.asked
