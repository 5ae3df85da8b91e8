"""The store on good days and bad ones."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from builder.errors import BuilderError, IntegrityError
from builder.oci.blob import descriptor_json
from builder.oci.model import INDEX, MANIFEST, REF_NAME, Descriptor
from builder.oci.store import Store

OLD = 10.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def manifest(store: Store, text: str = "one") -> tuple[Descriptor, Descriptor]:
    """A manifest with one blob."""
    blob = store.put_bytes(text.encode(), "text/plain")
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor_json(blob),
        "layers": [],
    }
    return store.put_bytes(json.dumps(document).encode(), MANIFEST), blob


def damage(store: Store, blob: Descriptor, data: bytes) -> None:
    path = store.path(blob.digest)
    path.chmod(0o644)
    path.write_bytes(data)


def leftovers(store: Store) -> list[str]:
    return [item.name for item in (store.root / "ingest").iterdir()]


def test_it_is_an_oci_image_layout(store: Store) -> None:
    found, blob = manifest(store)
    store.tag({"cell/k": found})
    assert json.loads((store.root / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads((store.root / "index.json").read_text())
    assert index["mediaType"] == INDEX
    assert index["manifests"] == [
        {
            "mediaType": MANIFEST,
            "digest": found.digest,
            "size": found.size,
            "annotations": {REF_NAME: "cell/k"},
        }
    ]
    assert (
        store.root / "blobs" / "sha256" / blob.digest.removeprefix("sha256:")
    ).read_bytes() == b"one"


def test_refs_are_found_by_other_openers_and_keep_annotations(store: Store) -> None:
    found, _ = manifest(store)
    store.tag(
        {
            "image/a:1": Descriptor(found.media_type, found.digest, found.size, {"why": "so"}),
            "cell/k": found,
        }
    )
    other = Store.open(store.root)
    assert list(other.refs("image/")) == ["image/a:1"]
    again = other.find("image/a:1")
    assert again == found
    assert again is not None
    assert again.annotations == {"why": "so"}
    store.tag({"image/a:1": found})
    assert other.refs()["image/a:1"].annotations == {}
    store.untag(["image/a:1", "never/there"])
    assert list(other.refs()) == ["cell/k"]


def test_the_same_bytes_are_kept_once(store: Store, tmp_path: Path) -> None:
    first = store.put_bytes(b"text", "text/plain")
    file = tmp_path / "file"
    file.write_bytes(b"text")
    assert store.put_file(file, "text/plain") == first
    assert not file.exists()


def test_a_file_of_another_digest_is_refused_and_left_alone(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"text")
    with pytest.raises(IntegrityError, match="expected sha256:0000"):
        store.put_file(file, "text/plain", "sha256:" + "0" * 64)
    assert file.read_bytes() == b"text"
    assert not list((store.root / "blobs" / "sha256").iterdir())


def test_a_truncated_blob_hides_its_refs(store: Store) -> None:
    found, blob = manifest(store)
    store.tag({"cell/k": found})
    damage(store, blob, b"on")
    assert store.find("cell/k") is None
    assert store.put_bytes(b"one", "text/plain") == blob, "and is made again"
    assert store.find("cell/k") == found


@pytest.mark.parametrize("data", [b"two", b"on", b"onee", b""])
def test_a_damaged_blob_is_named_and_removed_when_it_is_read(store: Store, data: bytes) -> None:
    _, blob = manifest(store)
    damage(store, blob, data)
    with pytest.raises(IntegrityError, match=rf"blob {blob.digest} is damaged .*removed"):
        store.read(blob)
    assert not store.has(blob)


def test_a_damaged_manifest_hides_its_refs(store: Store) -> None:
    found, _ = manifest(store)
    store.tag({"cell/k": found})
    damage(store, found, b"x" * found.size)
    assert store.find("cell/k") is None
    assert not store.has(found)


def test_damage_is_noticed_at_the_end_of_a_stream(store: Store) -> None:
    blob = store.put_bytes(b"abc" * 1000, "text/plain")
    damage(store, blob, b"abc" * 999 + b"abd")
    with pytest.raises(IntegrityError):
        store.verify(blob)
    assert not store.has(blob)


def test_a_missing_blob_is_named(store: Store) -> None:
    with pytest.raises(IntegrityError, match=r"sha256:0+ is missing"):
        store.read(Descriptor("text/plain", "sha256:" + "0" * 64, 3))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"manifests": [{}]}', '{"manifests": [{"annotations": {}}]}']
)
def test_a_damaged_index_says_what_to_do(store: Store, text: str) -> None:
    (store.root / "index.json").write_text(text)
    with pytest.raises(IntegrityError, match=r"index\.json is damaged") as caught:
        store.refs()
    assert caught.value.hint == "run `catalog verify --store --repair`"


def test_gc_keeps_what_refs_lead_to_and_what_is_young(store: Store) -> None:
    kept, blob = manifest(store, "kept")
    gone, _ = manifest(store, "gone")
    store.tag({"cell/kept": kept, "cell/gone": gone})
    store.untag(["cell/gone"])
    assert store.gc(grace=OLD) == 0, "it is young"
    assert store.gc(grace=-OLD) == gone.size + len("gone")
    assert store.has(kept)
    assert store.has(blob)
    assert not store.has(gone)


def test_gc_removes_what_dead_processes_left(store: Store) -> None:
    (store.staging() / "half").write_text("x")
    (store.root / "ingest" / "file").write_text("x")
    store.gc(grace=OLD)
    assert len(leftovers(store)) == 2
    store.gc(grace=-OLD)
    assert not leftovers(store)


def test_gc_keeps_a_blob_that_was_put_again(store: Store) -> None:
    blob = store.put_bytes(b"text", "text/plain")
    os.utime(store.path(blob.digest), (0, 0))
    store.put_bytes(b"text", "text/plain")
    assert store.gc(grace=3600) == 0, "whoever put it again is about to tag it"
    assert store.has(blob)


def test_no_space_says_so_and_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    found, _ = manifest(store)
    store.tag({"cell/k": found})
    before = (store.root / "index.json").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BuilderError, match="no space left on device") as caught:
        store.tag({"cell/other": found})
    assert "prune" in caught.value.hint
    assert (store.root / "index.json").read_bytes() == before
    assert not leftovers(store)


def test_a_directory_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(BuilderError, match="store"):
        Store.open(tmp_path / "store")


def test_many_threads_tag_at_once(store: Store) -> None:
    def work(number: int) -> None:
        mine = Store.open(store.root)
        for step in range(5):
            found, _ = manifest(mine, f"{number}-{step}")
            mine.tag({f"cell/{number}-{step}": found})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.refs("cell/")) == 40
    assert all(store.find(ref) for ref in store.refs())
    assert not leftovers(store)


WORKER = """
import json, sys
from pathlib import Path
from builder.oci.store import Store
store = Store.open(Path(sys.argv[1]))
for step in range(int(sys.argv[3])):
    blob = store.put_bytes(json.dumps({"name": sys.argv[2], "text": [step] * 1000}).encode(), "application/json")
    store.tag({f"cell/{sys.argv[2]}-{step}": blob})
    print(step, flush=True)
"""


@pytest.mark.process
def test_processes_that_write_at_once_or_are_killed_leave_a_good_store(store: Store) -> None:
    commands = [
        [
            sys.executable,
            "-c",
            WORKER,
            str(store.root),
            name,
            "1000000" if name == "killed" else "20",
        ]
        for name in ("a", "b", "killed")
    ]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    for worker in workers[:2]:
        worker.communicate()
    assert workers[2].stdout is not None
    workers[2].stdout.readline()
    workers[2].kill()
    workers[2].communicate()
    refs = Store.open(store.root).refs("cell/")
    assert {f"cell/{name}-{step}" for name in "ab" for step in range(20)} <= refs.keys()
    for descriptor in refs.values():
        store.verify(descriptor)
    store.gc(grace=-OLD)
    assert not leftovers(store)


def test_twenty_thousand_refs_are_listed(store: Store) -> None:
    found, _ = manifest(store)
    store.tag({f"cell/{number:064x}": found for number in range(20_000)})
    assert len(Store.open(store.root).refs("cell/")) == 20_000
