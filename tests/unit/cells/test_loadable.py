"""What is recorded of a cell's objects, and read from its layers where it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from builder.cells import loadable
from builder.cells.loadable import Loadable
from builder.debian.frameworks import Built, Distribution
from builder.debian.model import Facts
from builder.debian.objects import Object
from builder.errors import IntegrityError
from builder.oci.store import Store
from tests.unit.oci.made import Content, built, file, hardlink, library, symlink

SITE = "opt/python/lib/python3.13/site-packages"
CONTENT: Content = {
    "usr/lib/libx.so.1": file(library("libx.so.1", ["libc.so.6"])),
    "usr/lib/liby.so.1": hardlink("usr/lib/libx.so.1"),
    "usr/lib/libx.so": symlink("libx.so.1"),
    "usr/na\udcffme": file(library("libodd.so")),
    "usr/share/text": "no object",
    f"{SITE}/torch/version.py": "cuda = '13.2'\n",
    f"{SITE}/torch-2.dist-info/METADATA": "Name: torch\nVersion: 2\nRequires-Dist: nvidia-x>=1\n",
}
EXPECTED = Loadable(
    objects=(
        Object(
            path="usr/lib/libx.so.1",
            machine="EM_X86_64/64",
            soname="libx.so.1",
            needed=("libc.so.6",),
        ),
        Object(path="usr/na\udcffme", machine="EM_X86_64/64", soname="libodd.so"),
    ),
    distributions=(
        Distribution(
            path=f"{SITE}/torch-2.dist-info/METADATA",
            name="torch",
            version="2",
            requires=("nvidia-x>=1",),
        ),
    ),
    built=(Built(path=f"{SITE}/torch/version.py", cuda="13.2"),),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def facts(store: Store) -> Facts:
    return built(store, "top@trixie", CONTENT)


def test_it_is_read_from_the_layers_and_recorded(store: Store, facts: Facts) -> None:
    assert loadable.recall(store, facts) is None, "as in a store of a former version"
    assert loadable.known(store, facts) == EXPECTED
    (layer,) = facts.delta
    store.path(layer.blob.digest).unlink()
    assert loadable.known(Store(store.root), facts) == EXPECTED, "without the layers"


def test_the_same_layers_give_the_same_record(store: Store, facts: Facts, tmp_path: Path) -> None:
    loadable.known(store, facts)
    other = Store.open(tmp_path / "other")
    loadable.known(other, built(other, "top@trixie", dict(reversed(CONTENT.items()))))
    ref = loadable.ref(facts.key)
    assert store.refs()[ref] == other.refs()[ref]


def test_what_is_recorded_of_other_layers_is_read_again(store: Store, facts: Facts) -> None:
    loadable.known(store, facts)
    again = replace(built(store, "top@trixie", {"usr/share/text": "new"}), key=facts.key)
    assert loadable.known(store, again) == Loadable()
    assert loadable.recall(store, again) == Loadable()


def test_what_another_version_recorded_is_read_again(
    store: Store, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loadable, "FORMAT", 0)
    loadable.known(store, facts)
    monkeypatch.undo()
    assert loadable.recall(store, facts) is None
    assert loadable.known(store, facts) == EXPECTED


@pytest.mark.parametrize(
    "change",
    [
        {"objects": [{"path": "../etc/passwd"}]},
        {"objects": [{"path": "usr/x", "machine": "x", "needed": "libc.so.6"}]},
        {"objects": None},
        {"distributions": [{"name": "x"}]},
        {"built": [{"path": "x", "cuda": "13", "more": 1}]},
    ],
)
def test_a_record_that_somebody_else_wrote_is_not_trusted(
    store: Store, facts: Facts, change: dict[str, object]
) -> None:
    loadable.known(store, facts)
    document = {
        "format": loadable.FORMAT,
        "layers": [chunk.diff_id for chunk in facts.delta],
        "objects": [],
        "distributions": [],
        "built": [],
    }
    packed = zstandard.compress(json.dumps({**document, **change}).encode())
    blob = store.put_bytes(packed, loadable.LOADABLE)
    config = {"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}
    manifest = store.put_bytes(
        json.dumps({"config": config, "layers": []}).encode(),
        "application/vnd.oci.image.manifest.v1+json",
    )
    store.tag({loadable.ref(facts.key): manifest})
    with pytest.raises(IntegrityError):
        loadable.understood(store, manifest)
    assert loadable.known(store, facts) == EXPECTED


def test_a_damaged_layer_is_told(store: Store, facts: Facts) -> None:
    (layer,) = facts.delta
    path = store.path(layer.blob.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match="sha256"):
        loadable.known(store, facts)
