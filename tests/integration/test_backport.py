"""Debian source packages of another release that are built: from the index to the lock."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from builder.fetch.context import context, lay_apart
from builder.lock.backport import built_with, packages
from builder.lock.model import Artifact
from tests.integration.conftest import Place
from tests.integration.conftest import packages as debian
from tests.integration.registries import Archive, deb

pytestmark = pytest.mark.registries
LAYER = """\
description: engine
on: [base]
apt: [editor]
backports:
  engine: {source: {release: sid}, packages: [engine], needs: [libshared], without: [docs]}
"""
ABOVE = "description: what needs it\non: [engine]\napt: [wheel]\n"
CONTROL = """\
Source: engine
Build-Depends: compiler (>= 2) <!stage1>, docs

Package: engine
Architecture: any
Provides: engine-api-2
Breaks: cart (<< 2)
Depends: ${shlibs:Depends}
"""


def packed(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def source(version: str = "2.0-1", control: str = CONTROL) -> dict[str, bytes]:
    """Return the files of a source package."""
    upstream = version.partition("-")[0]
    files = {
        f"engine_{upstream}.orig.tar.xz": packed({"engine/engine.c": "int main;"}),
        f"engine_{version}.debian.tar.xz": packed({"debian/control": control}),
    }
    sums = "".join(
        f"\n {hashlib.sha256(data).hexdigest()} {len(data)} {name}" for name, data in files.items()
    )
    needed = next(line for line in control.splitlines() if line.startswith("Build-Depends"))
    dsc = f"Source: engine\nVersion: {version}\n{needed}\nChecksums-Sha256:{sums}\n"
    return {f"engine_{version}.dsc": dsc.encode(), **files}


@pytest.fixture
def engine(place: Place) -> Place:
    """Return a catalog with a layer that builds a source package of sid, and one above it."""
    place.archive.publish(
        [
            *debian(),
            deb("build-essential"),
            deb("compiler", "2.1", depends="libtwo"),
            deb("engine", "1.0", provides="engine-api-1"),
            deb("wheel", depends="engine (>= 1)"),
            deb("cart", "1.0"),
        ]
    )
    Archive(place.site).publish_source("engine", "2.0-1", source())
    place.layer("above", ABOVE)
    return place.only("engine", LAYER).only("above", ABOVE)


def of(place: Place, kind: str) -> dict[str, Artifact]:
    found = [one for one in place.lock.artifacts.values() if one.kind == kind]
    return {one.locator.rpartition("/")[2] or one.name: one for one in found}


def test_it_is_locked_with_what_it_is_built_with_on_the_release_alone(engine: Place) -> None:
    engine.done("lock")
    assert set(engine.lock.archives) >= {"sid", "trixie"}
    assert {one.version for one in of(engine, "backport").values()} == {"2.0-1"}
    # Of what lies between, nothing counts: libtwo is in the layer below, too.
    assert {one.name for one in of(engine, "builddep").values()} == {
        "build-essential",
        "compiler",
        "libtwo",
    }
    dsc = of(engine, "backport")["engine_2.0-1.dsc"]
    assert built_with(dsc) == "build-essential, compiler (>= 2) <!stage1>"
    (stanza,) = packages(dsc)
    assert "Version: 2.0-1~trixie1\n" in stanza
    assert engine.done("lock", "--check")
    assert "nothing moved" in engine.done("lock")


def test_layers_above_find_what_is_built_and_not_what_debian_has(engine: Place) -> None:
    engine.done("lock")
    assert engine.has("above") == {"wheel": "1"}
    assert set(engine.has("engine")) >= {"editor", "libshared"}
    assert "deb:engine=1.0:amd64" not in engine.lock.artifacts


def test_what_it_breaks_is_told_when_it_is_locked(engine: Place) -> None:
    engine.layer("above", ABOVE.replace("wheel", "cart"))
    code, said = engine.run("lock")
    assert code == 2
    assert "above/layer.yaml:3:7: cart" in said
    assert "engine" in said


def test_the_build_of_the_cell_sees_none_of_it(engine: Place, tmp_path: Path) -> None:
    engine.done("lock")
    engine.done("fetch")
    engine.site.files.clear()
    cache = engine.settings.cache
    seen, apart = tmp_path / "seen", tmp_path / "apart"
    for directory in (seen, apart):
        directory.mkdir()
    context(engine.cell("engine"), engine.lock, cache, seen)
    assert sorted(path.name for path in seen.iterdir()) == ["deb"]
    lay_apart([*of(engine, "backport").values(), *of(engine, "builddep").values()], cache, apart)
    assert {path.name for path in (apart / "backports/engine").iterdir()} == set(source())
    assert "compiler_2.1_amd64.deb" in {path.name for path in (apart / "builddep").iterdir()}


def test_the_locked_version_stays_until_it_is_asked_to_move(engine: Place) -> None:
    engine.done("lock")
    Archive(engine.site).publish_source("engine", "2.1-1", source("2.1-1"))
    engine.layer("engine", LAYER.replace("editor", "viewer"))
    engine.done("lock")
    assert {one.version for one in of(engine, "backport").values()} == {"2.0-1"}
    assert "engine 2.0-1 → 2.1-1 (backport)" in engine.done("lock", "--upgrade", "engine")


def test_a_version_with_its_hash_needs_no_index(engine: Place) -> None:
    files = source("2.2-1")
    for name, data in files.items():
        engine.site.files[f"/debian/pool/main/e/engine/{name}"] = data
    digest = hashlib.sha256(files["engine_2.2-1.dsc"]).hexdigest()
    given = f"release: sid, version: 2.2-1, sha256: {digest}"
    engine.layer("engine", LAYER.replace("release: sid", given))
    engine.done("lock")
    assert {one.version for one in of(engine, "backport").values()} == {"2.2-1"}
    assert "sid" not in engine.lock.archives
    engine.layer("engine", LAYER.replace("release: sid", given.replace(digest, "ab" * 32)))
    code, said = engine.run("lock")
    assert code == 1
    assert "engine_2.2-1.dsc" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  engine: {", "  engin: {", "layer.yaml:5:3: Debian sid has no source package 'engin'"),
        ("packages: [engine]", "packages: [motor]", "engine 2.0-1 builds no motor"),
        (
            ", without: [docs]",
            "",
            "engine 2.0-1 cannot be built for Debian trixie: it is built with docs",
        ),
    ],
)
def test_what_nothing_provides_is_told_at_once(
    engine: Place, old: str, new: str, said: str
) -> None:
    engine.layer("engine", LAYER.replace(old, new))
    code, told = engine.run("lock")
    assert code == 2
    assert said in told


def test_a_version_on_an_axis_is_one_line(engine: Place) -> None:
    layer = LAYER.replace("source: {release: sid}", "axis: model, instead: [engine]")
    engine.layer("engine", layer.replace("[editor]", "[editor, engine]") + "axes: [model]\n")
    catalog = engine.root / "catalog.yaml"
    text = catalog.read_text().replace("tag: one", "tag: '{model}'")
    for value in ('"1": ', '"1": , "2": {backport: {release: sid}}'):
        axis = f"axes:\n  model: {{values: {{{value}}}}}\n"
        catalog.write_text(text.replace("axes:\n", axis))
        engine.done("lock")
    cells = engine.lock.cells
    assert "deb:engine=1.0:amd64" in cells["engine@1-trixie-amd64"].artifacts
    assert not any("deb:engine" in name for name in cells["engine@2-trixie-amd64"].artifacts)
    assert any("backport:engine" in name for name in cells["engine@2-trixie-amd64"].artifacts)


@pytest.mark.parametrize("path", ["etc/control", "debian/rules"])
def test_a_source_without_a_control_file_is_refused(engine: Place, path: str) -> None:
    files = source()
    files["engine_2.0-1.debian.tar.xz"] = packed({path: CONTROL})
    Archive(engine.site).publish_source("engine", "2.0-1", files)
    code, said = engine.run("lock")
    assert code == 1
    assert "holds no debian/control" in said
