"""Real cells on several machines: built on one, taken on another, from a registry or a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.cells import derived, records
from builder.oci.blob import blobs_of
from builder.settings import read as read_settings
from tests.gates import AGAIN
from tests.integration.registry_server import Server, registry
from tests.integration.tiny import Tiny, copy

pytestmark = pytest.mark.docker

UNREACHABLE = "http://127.0.0.1:9"
NOWHERE = {
    f"CATALOG_MIRROR_{name}": UNREACHABLE
    for name in ("DEBIAN", "DEBIAN_SECURITY", "PYPI", "NPM", "MAVEN", "GO")
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    with registry(tmp_path / "registry") as found:
        yield found


def far(built: Tiny, root: Path) -> Tiny:
    """Return another machine: a clone of the catalog, an empty store and an empty cache."""
    other = copy(built, root / "catalog").with_store(root / "store")
    environment = {**built.environment, **NOWHERE, "CATALOG_CACHE": str(root / "cache")}
    return Tiny(root=other.root, store=other.store, environment=environment)


def test_facts_of_real_cells_fit_their_layers(built: Tiny, tmp_path: Path) -> None:
    store = built.opened()
    cells = store.refs(records.PREFIX)
    assert len(cells) == 7
    for manifest in cells.values():
        facts = records.facts(store, manifest)
        _, *layers, _ = blobs_of(store.read_json(manifest))
        derived.check(facts, [store.path(blob.digest) for blob in layers], tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tar"]


def test_what_one_machine_built_another_takes_and_finds_right(
    built: Tiny, hub: Server, tmp_path: Path
) -> None:
    there = f"{hub.address}/team"
    built.done("digests", "--write")
    built.build("--from", there, "--share")
    other = far(built, tmp_path / "other")
    plan = json.loads(other.done("plan", "--json", "--from", there).out)
    assert {step["action"] for step in plan if step["kind"] == "cell"} == {"take"}
    other.build("--from", there)
    assert other.digests() == built.digests()
    assert not other.damaged() + other.left()
    assert other.to_build() == {}


def test_a_shard_builds_only_what_no_other_has(tiny: Tiny, hub: Server, tmp_path: Path) -> None:
    there, trust = f"{hub.address}/team", ("--trust", "all")
    tiny.build("alpha", "--from", there, "--share", *trust)
    cache = {"CATALOG_CACHE": str(read_settings(tiny.root).cache)}
    second = Tiny(root=tiny.root, store=tmp_path / "second", environment=cache)
    said = second.build("beta", "--from", there, "--share", *trust).said
    assert "3 cells: 1 to build, 2 to take, 0 kept" in said
    third = Tiny(root=tiny.root, store=tmp_path / "third", environment=cache)
    said = third.build("both", "--from", there, *trust).said
    assert "5 cells: 1 to build, 4 to take, 0 kept" in said
    tiny.build("both")
    mine, theirs = tiny.digests(), third.digests()
    assert {name: mine[name] for name in theirs} == theirs


@AGAIN
def test_a_machine_without_a_network_builds_and_tests_from_a_bundle(
    built: Tiny, tmp_path: Path
) -> None:
    file = str(tmp_path / "tiny.bundle")
    built.done("digests", "--write")
    built.done("fetch")
    built.done("bundle", file)
    other = far(built, tmp_path / "other")
    other.done("import", file)
    assert other.digests() == built.digests()
    other.build("--force", "alpha")
    assert other.digests() == built.digests(), "built again from the bundle's artifacts"
    other.done("test", "alpha", "--once")
