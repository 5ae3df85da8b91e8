"""What `show` tells of cells comes from the lock, and from the store where they are built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.catalog.load import Loaded, load
from builder.cells import records
from builder.commands.show import describe
from builder.console.text import readable
from builder.debian.model import Facts as CellFacts
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.lock.file import write
from builder.lock.model import NAME, Artifact, Lock, Slice
from builder.oci.model import LAYER_ZSTD, Chunk
from builder.oci.store import Store
from builder.plan.key import inputs_of
from builder.record.facts import Fact, facts

SOUND = Path(__file__).parents[2] / "catalogs/sound.txtar"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    parts = re.split(r"^-- (.+) --\n", SOUND.read_text(), flags=re.MULTILINE)
    for path, text in zip(parts[1::2], parts[2::2], strict=True):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return load(tmp_path / "catalog.yaml")


def locked(made: Graph) -> Lock:
    digest = "sha256:" + "0" * 64
    package = Artifact(
        id="deb:apt=3.0.3:amd64",
        kind="deb",
        name="apt",
        version="3.0.3",
        origin="debian",
        locator="a.deb",
        digest=digest,
        size=7,
    )
    slices = {
        name: Slice(asks=asks(cell, made), artifacts=(package.id,) if cell.name == "base" else ())
        for name, cell in made.cells.items()
    }
    return Lock(moment="2026-01-01T00:00:00Z", artifacts={package.id: package}, cells=slices)


def test_nothing_is_known_without_a_lock(loaded: Loaded) -> None:
    made = graph(loaded)
    assert facts(loaded, made) == {}
    found = describe(made.images["base:trixie"], made)
    assert found["size"] is None
    assert [layer["packages"] for layer in found["layers"]] == [{}]


def test_packages_come_from_the_lock(loaded: Loaded) -> None:
    made = graph(loaded)
    write(locked(made), loaded.root / NAME)
    assert facts(loaded, made)["base@trixie"] == Fact(packages={"deb": {"apt": "3.0.3"}})


def test_a_stale_slice_tells_nothing(loaded: Loaded) -> None:
    made = graph(loaded)
    lock = locked(made)
    cells_ = {**lock.cells, "base@trixie": Slice(asks="other", artifacts=())}
    write(
        Lock(moment=lock.moment, artifacts=lock.artifacts, cells=cells_),
        loaded.root / NAME,
    )
    assert "base@trixie" not in facts(loaded, made)
    assert "base@bookworm" in facts(loaded, made)


def test_sizes_come_from_the_store(loaded: Loaded, tmp_path: Path) -> None:
    made = graph(loaded)
    lock = locked(made)
    write(lock, loaded.root / NAME)
    cell = made.cells["base@trixie"]
    key = inputs_of(made, lock, loaded.layer_dirs, {cell.id, *cell.ancestors})[cell.id].key
    store = Store.open(tmp_path / "store")
    delta = store.put_bytes(b"x" * 1234, LAYER_ZSTD)
    built = CellFacts(
        cell=cell.id,
        key=key,
        delta=(Chunk(blob=delta, diff_id=delta.digest, unpacked=9999),),
        packages={"deb": {"apt": "3.0.3"}},
        entries={},
    )
    records.record(store, built, {})
    found = describe(made.images["base:trixie"], made, facts(loaded, made))
    assert found["size"] == 1234
    assert found["layers"][0]["packages"] == {"deb": {"apt": "3.0.3"}}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (27_400_000, "27 MB"),
        (3_100_000_000_000, "3100 GB"),
    ],
)
def test_readable_sizes(size: int, text: str) -> None:
    assert readable(size) == text
