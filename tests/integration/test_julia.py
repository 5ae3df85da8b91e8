"""Julia packages from the lock to the build's directory, on a package server of a few packages."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from builder.fetch.context import context
from builder.fetch.transfer import place as place_of
from tests.integration.conftest import Place
from tests.integration.julia import PkgServer, of_julia, packed, uuid_of

pytestmark = pytest.mark.registries
LAYER = "description: packages\non: [julia]\njulia: [Frames]\n"


@pytest.fixture
def packages(place: Place) -> PkgServer:
    return PkgServer(place.site)


@pytest.fixture
def julia(place: Place, packages: PkgServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a catalog with a layer of Julia packages, on one with upstream's Julia."""
    monkeypatch.setenv("CATALOG_MIRROR_JULIA", packages.url)
    own = of_julia(place.site)
    place.layer(
        "julia",
        "description: Julia\non: [base]\narchives:\n  julia:\n    version: 1.12.7\n"
        f"    url: {own.locator}\n    sha256: {own.digest.partition(':')[2]}\n",
    )
    library = packages.bring({"lib/libtable.so": b"\x7fELF", "bin/table": b"#!"}, ("bin/table",))
    text = f'[[table]]\narch = "x86_64"\nos = "linux"\ngit-tree-sha1 = "{library}"\n'
    packages.publish("Table_jll", "1.0.0+2", artifacts=text)
    packages.publish("Tables", "1.12.1", {"Table_jll": "1", "Printf": "1"})
    packages.publish(
        "Frames", "1.7.0", {"Tables": "1.9-1"}, {"src/Frames.jl": "module Frames end\n"}
    )
    return place.only("packages", LAYER)


def test_packages_are_locked_with_what_they_need_and_lie_in_the_build(
    julia: Place, tmp_path: Path
) -> None:
    julia.done("lock")
    held = dict(julia.has("packages"))
    brought = held.pop("table")
    assert held == {"Frames": "1.7.0", "Tables": "1.12.1", "Table_jll": "1.0.0+2"}
    text = "".join(path.read_text() for path in julia.root.glob("catalog.lock/**/*.json"))
    assert julia.site.url not in text.replace(f"{julia.site.url}/upstream", ""), "it names no host"
    julia.done("fetch")
    julia.site.files.clear()
    context(julia.cell("packages"), julia.lock, julia.settings.cache, tmp_path)
    trees = {item.name: item.locator.rpartition("/")[2] for item in julia.lock.artifacts.values()}
    lines = [f"artifact {brought}"]
    for name in ("Table_jll", "Tables", "Frames"):
        lines.append(f"package {trees[name]} {name} {uuid_of(name)}")
    assert (tmp_path / "julia.txt").read_text().splitlines() == lines
    with tarfile.open(tmp_path / f"julia/{brought}.tar") as archive:
        modes = {one.name: one.mode for one in archive}
    assert modes == {"bin": 0o755, "bin/table": 0o755, "lib": 0o755, "lib/libtable.so": 0o644}


def test_another_mirror_may_pack_a_tree_in_another_way(
    julia: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia.done("lock")
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "elsewhere"))
    frames = next(path for path in julia.site.files if f"/package/{uuid_of('Frames')}/" in path)
    text = f'name = "Frames"\nuuid = "{uuid_of("Frames")}"\nversion = "1.7.0"\n[deps]\n'
    text += f'Tables = "{uuid_of("Tables")}"\n'
    same = {"src/Frames.jl": b"module Frames end\n", "Project.toml": text.encode()}
    julia.site.files[frames] = packed(same)
    julia.done("fetch", "packages")
    kept = place_of(julia.lock.artifacts["julia:Frames=1.7.0:1.12-amd64"], julia.settings.cache)
    assert kept.is_file()
    # Another tree, even of the same size, is refused.
    kept.unlink()
    julia.site.files[frames] = packed({**same, "src/Frames.jl": b"module Frames en?\n"})
    code, said = julia.run("fetch", "packages")
    assert code == 1
    assert "Frames 1.7.0 is another tree of files" in said
    assert not kept.exists()


def test_a_server_that_is_away_holds_back_nothing_else(
    julia: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia.done("lock")
    before = julia.has("packages")
    monkeypatch.setenv("CATALOG_MIRROR_JULIA", "http://127.0.0.1:1")
    julia.layer("base", "description: tools\non: [system]\napt: [tool, viewer]\n")
    julia.done("lock")
    assert julia.has("packages") == before
    julia.layer("packages", LAYER.replace("[Frames]", "[Frames, Tables]"))
    julia.done("lock")
    assert julia.has("packages") == before, "all of it is locked already"
    julia.layer("packages", LAYER.replace("[Frames]", "[Frames, Other]"))
    code, said = julia.run("lock")
    assert code == 1
    assert "CATALOG_MIRROR_JULIA" in said


def test_why_a_package_is_there_and_what_moved(julia: Place, packages: PkgServer) -> None:
    julia.done("lock")
    said = julia.done("why", "packages", "julia:Tables")
    assert "images/packages/layer.yaml:3" in said
    assert "Frames" in said
    packages.publish("Tables", "1.12.2", {"Printf": "1"})
    assert "Tables 1.12.1 → 1.12.2 (julia)" in julia.done("lock", "--upgrade", "Tables")
    assert "Table_jll" not in julia.has("packages")
