"""Cells in the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.cells import records
from builder.debian.model import Facts, SharedLibrary, Summary
from builder.errors import IntegrityError
from builder.oci.store import Store
from tests.unit.oci.made import Content, built, file, hardlink, library, symlink

CONTENT: Content = {
    "usr/lib/libx.so.1": file(library("libx.so.1", ["libc.so.6"])),
    "usr/lib/libx.so": symlink("libx.so.1"),
    "usr/z": "bytes",
    "usr/a": hardlink("usr/z"),
    "usr/na\udcffme": "not UTF-8",
    "etc/ld.so.conf": "/opt\n",
    "etc/shells": "/bin/sh\n",
    "var/lib/dpkg/info/x.list": "/usr/a\n",
    "opt/lib/python3/site-packages/x-1.dist-info/METADATA": "Name: x\nVersion: 1\n",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def facts(store: Store) -> Facts:
    return built(store, "top@trixie", CONTENT)


def test_facts_come_back_as_they_were(store: Store, facts: Facts) -> None:
    manifest = records.record(store, facts, {})
    assert records.find(store, facts.key) == manifest
    assert records.facts(store, manifest) == facts
    assert facts.libraries == (
        SharedLibrary("usr/lib/libx.so.1", "libx.so.1", 0x303, 0, ("libc.so.6",)),
    )
    assert facts.packages == {"python": {"x": "1"}}
    assert facts.bookkeeping == {"etc/shells": "/bin/sh\n"}


def test_the_summary_is_read_without_the_rest(store: Store, facts: Facts) -> None:
    manifest = records.record(store, facts, {})
    packed = store.read_json(manifest)["layers"][-1]["digest"]
    store.path(packed).unlink()
    found = records.summary(store, manifest)
    assert type(found) is Summary
    assert (found.cell, found.delta, found.packages) == (facts.cell, facts.delta, facts.packages)
    assert found.size == facts.delta[0].blob.size
    assert records.find(store, facts.key) is None, "but the cell is not whole"


def test_the_same_facts_are_the_same_bytes(store: Store, facts: Facts) -> None:
    assert records.record(store, facts, {}) == records.record(
        store, built(store, "top@trixie", dict(reversed(CONTENT.items()))), {}
    )


def test_on_what_a_cell_was_built_is_kept_beside_it(store: Store, facts: Facts) -> None:
    one, other = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    manifest = records.record(store, facts, {"base": one, "tools": one})
    kept = records.find(store, facts.key)
    assert kept is not None
    assert kept.digest == manifest.digest
    assert records.moved(kept, {"base": one, "tools": one}) == []
    assert records.moved(kept, {"base": one, "tools": other}) == ["tools"]
    assert records.moved(kept, {"base": one, "new": one}) == ["new"]
    again = records.record(store, facts, {"base": other})
    assert again.digest == manifest.digest, "the manifest is a function of what was built"


def test_what_was_checked_is_told_from_what_was_built(store: Store, facts: Facts) -> None:
    one, other = {"base": "sha256:" + "1" * 64}, {"base": "sha256:" + "2" * 64}
    records.record(store, facts, one)
    kept = records.find(store, facts.key)
    assert kept is not None
    records.checked_on(store, facts.key, kept, other)
    kept = records.find(store, facts.key)
    assert kept is not None
    assert records.moved(kept, other, records.CHECKED) == []
    assert records.moved(kept, other) == ["base"]


def test_an_odd_annotation_counts_as_none(store: Store, facts: Facts) -> None:
    manifest = records.record(store, facts, {})
    for text in ("", "[", "[]", "7"):
        odd = replace(manifest, annotations={records.BELOW: text})
        assert records.moved(odd, {"base": "sha256:1"}) == ["base"]


def test_a_delta_that_is_gone_or_truncated_hides_the_cell(store: Store, facts: Facts) -> None:
    manifest = records.record(store, facts, {})
    path = store.path(facts.delta[0].blob.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    assert records.find(store, facts.key) is None
    assert records.record(store, built(store, "top@trixie", CONTENT), {}) == manifest, (
        "building again mends it"
    )
    assert records.find(store, facts.key) == manifest


def test_facts_of_another_shape_say_what_to_do(
    store: Store, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_facts", lambda _: {"entries": "other"})
    manifest = records.record(store, facts, {})
    with pytest.raises(IntegrityError, match="facts of cell top@trixie cannot be read"):
        records.facts(store, manifest)
