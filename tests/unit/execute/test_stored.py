"""Whether a store is whole, and what mends it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from builder.cells import records
from builder.debian.model import Facts
from builder.errors import BuilderError
from builder.execute import uses
from builder.execute.stored import Condition, examine, repair
from builder.oci.blob import disk
from builder.oci.model import LAYER_TAR
from builder.oci.store import Store
from tests.unit.oci.made import built

SECRET = "nobody's business"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def facts(store: Store) -> Facts:
    made = built(store, "top@trixie", {"usr/z": "bytes"})
    records.record(store, made, {})
    return made


def look(store: Store) -> Condition:
    return examine(Store(store.root), 2, {})


def told(store: Store) -> list[str]:
    return [f"{fault.path}: {fault.message}" for fault in look(store).faults]


def mend(store: Store) -> Condition:
    condition = look(store)
    repair(store, condition)
    assert told(store) == [], "one repair mends all"
    return condition


def damage(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_store_that_is_whole(store: Store, facts: Facts) -> None:
    condition = look(store)
    assert not condition.faults
    assert (condition.blobs, condition.refs) == (4, 1)
    assert facts.cell == "top@trixie"


@pytest.mark.parametrize("which", [0, 1, 2, 3])
@pytest.mark.parametrize("how", ["changed", "cut", "gone", "link", "pipe"])
def test_whatever_blob_breaks_its_cell_is_to_be_built_again(
    store: Store, facts: Facts, tmp_path: Path, which: int, how: str
) -> None:
    path = sorted((store.root / "blobs/sha256").iterdir())[which]
    data = path.read_bytes()
    if how in {"changed", "cut"}:
        damage(path, data[:-1] + (b"?" if how == "changed" else b""))
    else:
        path.unlink()
    if how == "link":
        (tmp_path / "outside").write_bytes(data)
        path.symlink_to(tmp_path / "outside")
    elif how == "pipe":
        os.mkfifo(path)
    condition = look(store)
    named = [fault for fault in condition.faults if fault.path == f"blobs/sha256/{path.name}"]
    assert len(named) == (0 if how == "gone" else 1)
    assert any(path.name in fault.message for fault in condition.faults if fault.kind == "ref")
    (lost,) = mend(store).lost
    assert lost.startswith("cell ")
    assert store.refs() == {}
    assert not os.path.lexists(path)
    if how == "link":
        assert (tmp_path / "outside").read_bytes() == data, "nothing outside is touched"
    records.record(store, built(store, facts.cell, {"usr/z": "bytes"}), {})
    assert told(store) == []


def test_the_names_of_cells_are_those_of_the_catalog(store: Store, facts: Facts) -> None:
    manifest = store.refs()[records.ref(facts.key)]
    store.path(manifest.digest).unlink()
    condition = examine(store, 1, {facts.key: "top@trixie"})
    assert condition.lost == (f"cell top@trixie ({facts.key[:12]})",)


def test_entries_of_the_index_that_are_no_refs_go_and_the_others_stay(
    store: Store, facts: Facts
) -> None:
    index = store.root / "index.json"
    document = json.loads(index.read_bytes())
    (good,) = document["manifests"]
    document["manifests"] += [
        {},
        3,
        {**good, "digest": "sha256:../../../etc/passwd"},
        {**good, "size": "7"},
        {**good, "annotations": {"org.opencontainers.image.ref.name": "a\nb"}},
    ]
    index.write_text(json.dumps(document))
    assert len(told(store)) == 5
    mend(store)
    assert list(store.refs()) == [records.ref(facts.key)]


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"manifests": 3}', "\x00"])
def test_an_index_that_cannot_be_read_is_given_up(store: Store, facts: Facts, text: str) -> None:
    del facts
    (store.root / "index.json").write_text(text)
    assert mend(store).lost == ("all cells and images: no ref is left",)


def test_facts_that_cannot_be_understood(store: Store, facts: Facts) -> None:
    manifest = store.refs()[records.ref(facts.key)]
    wrong = records.ref("f" * 64)
    store.tag({wrong: manifest})
    assert told(store) == [f"index.json: {wrong}: is of the key {facts.key}"]
    mend(store)
    assert list(store.refs()) == [records.ref(facts.key)]


def test_what_a_build_leaves_is_looked_at(store: Store, tmp_path: Path) -> None:
    folder = store.root / "uses"
    folder.mkdir()
    (folder / "a.json").write_text("[" * 100_000)
    (folder / "b.json").symlink_to(tmp_path / "secret")
    (folder / "c.json").write_text('{"refs": ["cell/x"]}')
    (tmp_path / "secret").write_text(SECRET)
    assert len(told(store)) == 3
    mend(store)
    assert list(folder.iterdir()) == []
    assert (tmp_path / "secret").read_text() == SECRET


def test_a_layout_of_another_version_is_left_alone(store: Store) -> None:
    (store.root / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
    with pytest.raises(BuilderError, match=r"version '2\.0\.0', and this program reads 1\.0\.0"):
        look(store)
    with pytest.raises(BuilderError, match="oci-layout"):
        Store.open(store.root)


@pytest.mark.parametrize("name", ["oci-layout", "ingest"])
def test_what_is_missing_of_the_layout_is_made(store: Store, name: str) -> None:
    path = store.root / name
    path.unlink() if path.is_file() else path.rmdir()
    mend(store)
    assert path.exists()


@pytest.mark.parametrize("name", ["ingest", "blobs", "blobs/sha256", "uses"])
def test_nothing_is_reached_through_a_link(store: Store, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ("a" * 64)).write_text(SECRET)
    (outside / "sha256").mkdir()
    (outside / "sha256" / ("b" * 64)).write_text(SECRET)
    path = store.root / name
    if path.exists():
        path.rename(tmp_path / "former")
    path.symlink_to(outside)
    refused = "is a link, and no link is followed here"
    with pytest.raises(BuilderError, match=refused):
        project_prunes(store)
    if name != "ingest":
        with pytest.raises(BuilderError, match=refused):
            look(store)
    if name == "ingest":
        for work in (store.clear, store.staging):
            with pytest.raises(BuilderError, match=refused):
                work()
    assert sorted(path.name for path in outside.rglob("*")) == ["a" * 64, "b" * 64, "sha256"]


def project_prunes(store: Store) -> None:
    """Do what `prune` does with a store."""
    store.put_bytes(b"x", LAYER_TAR)
    with disk(store.root):
        store.gc(0)
        uses.forget(uses.all_uses(store))
