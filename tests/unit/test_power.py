"""A power cut loses nothing that was reported done, whenever it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from builder.errors import InputError
from builder.fetch.transfer import place, sound, transfer
from builder.lock.file import read, recover, write
from builder.lock.model import NAME, Artifact, Lock
from builder.oci.layer import write as write_layer
from builder.oci.model import EPOCH, FILE, LAYER_TAR, MANIFEST, Descriptor, Entry
from builder.oci.store import Store
from builder.settle import sync_tree
from builder.tree import File, Tree, replace
from tests.power import Disk, recorded


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    return tmp_path / "cuts"


def each(disk: Disk, cuts: Path) -> Iterator[tuple[Path, int]]:
    assert len(disk.moments) > 2, "something was synced"
    yield from disk.after_cuts(cuts)


def test_a_file_is_the_old_one_or_the_new_one(here: Path, cuts: Path) -> None:
    replace(here / "a/file", File(b"old"))
    with recorded(here) as disk:
        replace(here / "a/file", File(b"new"))
        disk.report()
        replace(here / "b/c/file", File(b"further"))
        disk.report()
    for left, reported in each(disk, cuts):
        known = (left / "a/file").read_bytes()
        assert known == b"new" if reported else known in {b"old", b"new"}
        if reported == 2:
            assert (left / "b/c/file").read_bytes() == b"further"


def test_a_tree_is_there_once_it_was_written(here: Path, cuts: Path) -> None:
    tree = Tree({"a/b/one": File(b"1"), "a/two": File(b"2"), "three": File(b"3", 0o755)})
    with recorded(here) as disk:
        tree.write(here / "new")
        disk.report()
    for left, reported in each(disk, cuts):
        for path, file in tree.items():
            there = left / "new" / path
            if reported or there.exists():
                assert there.read_bytes() == file.data


def test_what_refs_lead_to_is_there(here: Path, cuts: Path) -> None:
    refs: list[str] = []
    with recorded(here) as disk:
        store = Store.open(here / "store")
        for number in range(3):
            # Some blobs are there already: a run that was killed left them.
            store.put_bytes(b"all", LAYER_TAR)
            manifest = _manifest(store, number)
            refs.append(f"cell/{number}")
            store.tag({refs[-1]: manifest})
            disk.report()
    for left, reported in each(disk, cuts):
        after = Store.open(left / "store")
        for ref in refs[:reported]:
            assert after.find(ref) is not None, f"{ref} was reported"
        for manifest in after.refs().values():
            document = after.read_json(manifest)
            assert after.read(Descriptor(LAYER_TAR, document["layers"][0]["digest"], 3)) == b"all"
            assert after.intact(manifest)


def _manifest(store: Store, number: int) -> Descriptor:
    entries = {"x": Entry(FILE, 0o644, 0, 0, EPOCH, 1, hashlib.sha256(b"x").hexdigest())}
    chunk = write_layer(store, entries, lambda _: iter([b"x"]), "none")
    small = store.put_bytes(b"all", LAYER_TAR)
    layers = ", ".join(
        f'{{"mediaType": "{LAYER_TAR}", "digest": "{blob.digest}", "size": {blob.size}}}'
        for blob in (small, chunk.blob)
    )
    return store.put_bytes(f'{{"number": {number}, "layers": [{layers}]}}'.encode(), MANIFEST)


def test_a_blob_that_another_run_left_is_synced_by_who_refers_to_it(here: Path, cuts: Path) -> None:
    with recorded(here) as disk:
        Store.open(here / "store").put_bytes(b"all", LAYER_TAR)
        store = Store.open(here / "store")
        store.tag({"cell/x": _manifest(store, 0)})
        disk.report()
    for left, reported in each(disk, cuts):
        after = Store.open(left / "store")
        assert not reported or after.find("cell/x") is not None
        assert not reported or after.read(Descriptor(LAYER_TAR, _sha(b"all"), 3)) == b"all"


def _sha(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_lock_is_the_old_one_or_the_new_one(here: Path, cuts: Path) -> None:
    old, new = (Lock(moment=f"200{year}-01-01T00:00:00Z", artifacts={}, cells={}) for year in "12")
    write(old, here / NAME)
    with recorded(here) as disk:
        write(new, here / NAME)
        disk.report()
    for left, reported in each(disk, cuts):
        if not (left / NAME).exists():
            with pytest.raises(InputError, match="was interrupted"):
                read(left / NAME)
            assert recover(left / NAME)
        after = read(left / NAME)
        assert after == new if reported else after in (old, new)


def test_a_file_that_was_fetched_is_there(here: Path, cuts: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror").write_bytes(b"a package")
    artifact = Artifact("deb:a=1", "deb", "a", "1", "debian", "a.deb", _sha(b"a package"), 9)
    with recorded(here) as disk:
        target = place(artifact, here / "cache")
        transfer(
            requests.Session(), artifact, [(tmp_path / "mirror").as_uri()], target, lambda _: None
        )
        disk.report()
    for left, reported in each(disk, cuts):
        assert not reported or sound(artifact, place(artifact, left / "cache"))


def test_a_directory_that_gets_its_name_last_is_whole(here: Path, cuts: Path) -> None:
    with recorded(here) as disk:
        (here / "beside/bin").mkdir(parents=True)
        (here / "beside/bin/go").write_bytes(b"program")
        sync_tree(here / "beside")
        (here / "beside").rename(here / "go")
        disk.report()
    for left, _ in each(disk, cuts):
        assert not (left / "go").exists() or (left / "go/bin/go").read_bytes() == b"program"


def test_the_shim_loses_what_is_not_synced(here: Path, cuts: Path) -> None:
    with recorded(here) as disk:
        (here / "new").write_bytes(b"x")
        (here / "new").rename(here / "file")
        disk.report()
        disk.report()
    left = [path for path, reported in disk.after_cuts(cuts) if reported == 2]
    assert [sorted(path.name for path in one.iterdir()) for one in left] == [[], ["file"]]
    assert (left[1] / "file").read_bytes() == b""
