"""Facts that follow from layers: whether those that are recorded do."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builder.cells import derived
from builder.cells.delta import normalise
from builder.debian.model import Facts, SharedLibrary
from builder.errors import IntegrityError
from builder.oci.model import EPOCH, FILE, LAYER_TAR, WHITEOUT, Chunk, Entry
from builder.oci.store import Store
from tests.unit.oci.made import (
    BUILT,
    Content,
    Made,
    built,
    directory,
    file,
    hardlink,
    layer,
    library,
    symlink,
)

BOTTOM: Content = {"etc/motd": "hello", "etc/old/one": "1", "usr/share/doc/x": "text"}
TOP: Content = {
    "opt": directory(0o2775, uid=1000, gid=100),
    "opt/one": file("one", 0o4755),
    "opt/hard": hardlink("opt/one"),
    "opt/soft": symlink("one"),
    "opt/pipe": Made(kind=tarfile.FIFOTYPE),
    "opt/nothing": "",
    "opt/Grüße ☃": "text",
    "etc/ld.so.conf.d/thing.conf": "/opt/lib\n",
    "usr/lib/libthing.so.1": file(library("libthing.so.1", ["libc.so.6"])),
    "usr/share/thing": "thing",
    "var/lib/dpkg/info/thing.list": "/.\n/usr/lib/libthing.so.1\n/usr/share/thing\n",
    "opt/lib/python3/dist-packages/six-1.0.dist-info/METADATA": "Name: six\nVersion: 1.0\n",
    "etc/.wh.old": "",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def cell(store: Store, tmp_path: Path) -> Facts:
    """A cell with all kinds of paths, which deletes one of what it stands on."""
    return normalise(
        [layer(tmp_path / "top.tar", TOP)],
        cell="top",
        key="0" * 64,
        ancestors=[built(store, "bottom", BOTTOM)],
        store=store,
        built_since=BUILT,
        replaces=["/etc/old"],
    )


def check(store: Store, facts: Facts, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    staging.mkdir(exist_ok=True)
    blobs = [store.path(chunk.blob.digest) for chunk in facts.delta]
    try:
        derived.check(facts, blobs, staging)
    finally:
        assert not list(staging.iterdir())


def test_facts_that_a_build_records_are_those_of_its_layers(
    store: Store, cell: Facts, tmp_path: Path
) -> None:
    assert cell.owners["usr/lib/libthing.so.1"] == "thing"
    assert cell.texts
    assert cell.libraries
    assert WHITEOUT in {entry.type for entry in cell.entries.values()}
    check(store, cell, tmp_path)
    bottom = built(store, "bottom", BOTTOM)
    check(store, bottom, tmp_path)
    check(store, built(store, "nothing", {}, [bottom]), tmp_path)


def test_a_delta_of_several_layers_is_checked_as_one(store: Store, tmp_path: Path) -> None:
    one = built(store, "one", {"opt/one": "1", "usr/lib/liba.so.1": file(library("liba.so.1"))})
    two = built(store, "two", {"opt/two": "2", "etc/ld.so.conf.d/two.conf": "/opt\n"})
    entries = dict(sorted({**one.entries, **two.entries}.items()))
    both = replace(one, delta=(*one.delta, *two.delta), entries=entries, texts=two.texts)
    check(store, both, tmp_path)
    with pytest.raises(IntegrityError, match="as to /opt/one"):
        check(store, replace(both, delta=two.delta), tmp_path)


def with_entry(path: str, **fields: object) -> Callable[[Facts], Facts]:
    def change(known: Facts) -> Facts:
        entry = known.entries[path]._replace(**fields)  # type: ignore[arg-type]  # by name
        return replace(known, entries={**known.entries, path: entry})

    return change


def without(path: str) -> Callable[[Facts], Facts]:
    def change(known: Facts) -> Facts:
        kept = {one: entry for one, entry in known.entries.items() if one != path}
        return replace(known, entries=kept)

    return change


LIES: dict[str, tuple[Callable[[Facts], Facts], str]] = {
    "a mode": (with_entry("opt/one", mode=0o755), "/opt/one"),
    "an owner": (with_entry("opt/one", uid=1000), "/opt/one"),
    "a hash": (with_entry("opt/one", digest="1" * 64), "/opt/one"),
    "a size": (with_entry("opt/one", size=4), "/opt/one"),
    "a time": (with_entry("opt/one", mtime=EPOCH), "/opt/one"),
    "a type": (with_entry("opt/pipe", type=FILE), "/opt/pipe"),
    "a link": (with_entry("opt/soft", link="two"), "/opt/soft"),
    "a hard link": (with_entry("opt/one", link="opt/nothing"), "/opt/one"),
    "an attribute": (with_entry("opt/one", xattrs=(("user.x", "eA=="),)), "/opt/one"),
    "a path less": (without("opt/one"), "/opt/one"),
    "a deletion less": (without("etc/old"), "/etc/old"),
    "a path more": (
        lambda known: replace(
            known, entries={**known.entries, "zzz": Entry(FILE, 0o644, 0, 0, EPOCH)}
        ),
        "/zzz",
    ),
    "another order": (
        lambda known: replace(known, entries=dict(reversed(list(known.entries.items())))),
        "the order of paths",
    ),
    "packages": (lambda known: replace(known, packages={"deb": {"openssl": "9"}}), "packages"),
    "texts": (lambda known: replace(known, texts={}), "texts"),
    "libraries": (
        lambda known: replace(known, libraries=(SharedLibrary("opt/one", "libc.so.6", 3),)),
        "libraries",
    ),
    "owners": (lambda known: replace(known, owners={}), "owners"),
}


@pytest.mark.parametrize("lie", LIES)
def test_facts_that_say_otherwise_are_refused_by_what_differs(
    store: Store, cell: Facts, tmp_path: Path, lie: str
) -> None:
    change, where = LIES[lie]
    told = change(cell)
    assert told != cell or lie == "another order"
    with pytest.raises(IntegrityError, match=f"of top do not fit its layers, as to {where}"):
        check(store, told, tmp_path)


def other_layer(store: Store, cell: Facts, data: bytes, media_type: str = LAYER_TAR) -> Facts:
    """Return a cell with another layer, which its facts name."""
    blob = store.put_bytes(data, media_type)
    chunk = Chunk(blob=blob, diff_id=blob.digest, unpacked=blob.size)
    return replace(cell, delta=(chunk,))


def test_a_layer_with_what_no_delta_has_is_refused(
    store: Store, cell: Facts, tmp_path: Path
) -> None:
    status = {**TOP, "var/lib/dpkg/status": "Package: evil\n"}
    data = layer(tmp_path / "odd.tar", status).read_bytes()
    with pytest.raises(IntegrityError, match="holds /var/lib/dpkg/status, which no delta has"):
        check(store, other_layer(store, cell, data), tmp_path)


@pytest.mark.parametrize("data", [b"", b"not a tar" * 200])
def test_a_layer_that_is_none_is_refused(
    store: Store, cell: Facts, tmp_path: Path, data: bytes
) -> None:
    with pytest.raises(IntegrityError):
        check(store, other_layer(store, cell, data), tmp_path)


@pytest.mark.parametrize("more", [-1, 1, 1 << 40])
def test_a_layer_that_unpacks_to_another_size_is_refused(
    store: Store, cell: Facts, tmp_path: Path, more: int
) -> None:
    (chunk,) = cell.delta
    told = replace(cell, delta=(replace(chunk, unpacked=chunk.unpacked + more),))
    with pytest.raises(IntegrityError, match="unpacks to something else"):
        check(store, told, tmp_path)


def test_a_layer_that_does_not_unpack_is_refused(store: Store, cell: Facts, tmp_path: Path) -> None:
    (chunk,) = cell.delta
    blob = store.put_bytes(b"no zstd at all", chunk.blob.media_type)
    with pytest.raises(IntegrityError, match="cannot be unpacked"):
        check(store, replace(cell, delta=(replace(chunk, blob=blob),)), tmp_path)
