from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.cells import records
from builder.debian.model import Facts
from builder.digest import sha256
from builder.execute.replaced import changed, manifests, outdated
from builder.graph.model import Cell
from builder.oci.model import EPOCH, FILE, LAYER_ZSTD, Chunk, Descriptor, Entry
from builder.oci.store import Store
from builder.plan.key import Inputs

BLANK = {
    "format": 1,
    "context": {},
    "artifacts": {},
    "auto": [],
    "files": {},
    "replaces": [],
}
KNOWN = {name: Inputs(document={**BLANK, "auto": [name]}) for name in ("bottom", "middle", "edits")}
CELL = Cell(
    "edits",
    "edits",
    {},
    Layer(description="edits", replaces=("/etc/motd",)),
    ("middle",),
    ("bottom", "middle"),
)


def entry(text: str, mode: int = 0o644) -> Entry:
    return Entry(FILE, mode, 0, 0, EPOCH, len(text), sha256(text.encode()))


def facts(
    store: Store, name: str, entries: dict[str, Entry], replaces: dict[str, Entry] | None = None
) -> Facts:
    delta = store.put_bytes(f"{name} {sorted(entries.items())}".encode(), LAYER_ZSTD)
    return Facts(
        cell=name,
        key=KNOWN[name].key,
        delta=(Chunk(blob=delta, diff_id=delta.digest, unpacked=0),),
        entries=entries,
        replaces=replaces or {},
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_it_is_right_on_the_files_that_it_replaced(store: Store) -> None:
    bottom, middle = (
        facts(store, "bottom", {"etc/motd": entry("hello")}),
        facts(store, "middle", {}),
    )
    edits = facts(store, "edits", {"etc/motd": entry("hello, world")}, {"etc/motd": entry("hello")})
    assert changed(edits, [bottom, middle]) == []
    assert (
        changed(
            edits, [facts(store, "bottom", {"etc/motd": entry("hello")._replace(mtime=7)}), middle]
        )
        == []
    ), "a time alone does not count"


def test_it_is_not_when_one_of_them_is_another_or_gone(store: Store) -> None:
    edits = facts(store, "edits", {"etc/motd": entry("hello, world")}, {"etc/motd": entry("hello")})
    assert changed(edits, [facts(store, "bottom", {"etc/motd": entry("good day")})]) == [
        "/etc/motd of bottom, which it replaces, changed"
    ]
    assert changed(edits, [facts(store, "bottom", {"etc/motd": entry("hello", 0o600)})]) == [
        "/etc/motd of bottom, which it replaces, changed"
    ]
    assert changed(edits, [facts(store, "bottom", {})]) == [
        "/etc/motd, which it replaces, is no longer there"
    ]


def test_of_two_layers_below_the_one_that_replaced_the_file_counts(store: Store) -> None:
    bottom = facts(store, "bottom", {"etc/motd": entry("one")})
    middle = facts(store, "middle", {"etc/motd": entry("two")}, {"etc/motd": entry("one")})
    assert (
        changed(
            facts(store, "edits", {"etc/motd": entry("three")}, {"etc/motd": entry("two")}),
            [bottom, middle],
        )
        == []
    )
    assert changed(
        facts(store, "edits", {"etc/motd": entry("three")}, {"etc/motd": entry("one")}),
        [bottom, middle],
    )


def test_what_was_found_right_is_not_looked_at_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (
        facts(store, "bottom", {"etc/motd": entry("hello")}),
        facts(store, "middle", {}),
        facts(store, "edits", {"etc/motd": entry("hello, world")}, {"etc/motd": entry("hello")}),
    ):
        records.record(store, one, manifests(store, CELL, KNOWN) if one.replaces else {})
    read: list[str] = []
    whole = records.facts

    def counted(store: Store, manifest: Descriptor) -> Facts:
        read.append(manifest.digest)
        return whole(store, manifest)

    monkeypatch.setattr(records, "facts", counted)
    assert outdated(store, CELL, KNOWN) == ()
    assert not read, "facts are large, and are read only when something below is another"
    records.record(store, facts(store, "bottom", {"etc/motd": entry("good day")}), {})
    assert outdated(store, CELL, KNOWN) == ("/etc/motd of bottom, which it replaces, changed",)
    assert read


def test_damage_is_a_reason_to_build_it_again(store: Store) -> None:
    recorded = {
        name: records.record(store, facts(store, name, {}), {})
        for name in ("bottom", "middle", "edits")
    }
    document = store.read_json(recorded["edits"])
    blob = store.path(document["layers"][1]["digest"])
    blob.chmod(0o644)
    blob.write_bytes(bytes(len(blob.read_bytes())))
    (why,) = outdated(store, CELL, KNOWN)
    assert "damaged" in why
    assert records.find(store, KNOWN["edits"].key) is None, "what is damaged has been removed"
