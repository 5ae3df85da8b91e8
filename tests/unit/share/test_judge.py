"""Manifests of cells that somebody offers, as distrusted input."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from builder.cells import records
from builder.errors import IntegrityError
from builder.execute.project import Project
from builder.oci.model import MANIFEST, Descriptor
from builder.share.judge import bring
from tests.unit.execute.stock import fill, make

CELL = "left@trixie"
Document = dict[str, Any]


@dataclass
class Shelf:
    """A source of blobs in memory, which gives what it has under a digest."""

    blobs: dict[str, bytes]
    name: str = "the shelf"
    poured: list[str] = field(default_factory=list)

    def manifest(self, build: Descriptor) -> bytes:
        return self.blobs[build.digest]

    def pour(self, blob: Descriptor, file: Path) -> None:
        self.poured.append(blob.digest)
        file.write_bytes(self.blobs[blob.digest])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a catalog with an empty store."""
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    return make(tmp_path / "lab").project()


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Descriptor, Shelf]:
    """Return the manifest of a cell of the same catalog elsewhere, and all blobs of its store."""
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "elsewhere"))
    there = make(tmp_path / "there").project()
    fill(there)
    manifest = records.find(there.store, there.inputs[CELL].key)
    assert manifest is not None
    files = (tmp_path / "elsewhere" / "blobs" / "sha256").iterdir()
    return manifest, Shelf({f"sha256:{file.name}": file.read_bytes() for file in files})


def take(project: Project, build: Descriptor, shelf: Shelf) -> None:
    bring(project, project.graph.cells[CELL], build, shelf, None)


def rewritten(
    offered: tuple[Descriptor, Shelf], change: Callable[[Document], object]
) -> tuple[Descriptor, Shelf]:
    """Return the offer with another manifest, whose digest is right."""
    build, shelf = offered
    document = json.loads(shelf.blobs[build.digest])
    change(document)
    data = json.dumps(document).encode()
    digest = f"sha256:{sha256(data).hexdigest()}"
    shelf.blobs[digest] = data
    return Descriptor(MANIFEST, digest, len(data)), shelf


def test_a_cell_is_brought_once(offered: tuple[Descriptor, Shelf], project: Project) -> None:
    build, shelf = offered
    take(project, build, shelf)
    assert project.store.intact(build)
    assert len(shelf.poured) == 3
    take(project, build, shelf)
    assert len(shelf.poured) == 3, "what is there is not asked for again"


def test_a_damaged_blob_of_the_store_is_brought_again(
    offered: tuple[Descriptor, Shelf], project: Project
) -> None:
    build, shelf = offered
    take(project, build, shelf)
    layer = records.summary(project.store, build).delta[0].blob
    path = project.store.path(layer.digest)
    path.chmod(0o644)
    path.write_bytes(b"x" * layer.size)
    take(project, build, shelf)
    assert project.store.verify(layer) == path


CHANGES: dict[str, tuple[Callable[[Document], object], str]] = {
    "of an image": (lambda document: document.pop("artifactType"), "is not of a cell"),
    "of another artifact": (
        lambda document: document.update(artifactType="other"),
        "is not of a cell",
    ),
    "an index": (lambda document: document.update(manifests=[]), "is not of a cell"),
    "no configuration": (lambda document: document.pop("config"), "lacks the facts of a cell"),
    "no facts": (lambda document: document["layers"].pop(), "lacks the facts of a cell"),
    "nothing": (lambda document: document.update(layers=[]), "lacks the facts of a cell"),
    "a layer of a foreign type": (
        lambda document: document["layers"][0].update(mediaType="text/html"),
        "has a layer of the type 'text/html'",
    ),
    "no layer": (lambda document: document["layers"].pop(0), "of other layers than its manifest"),
    "a layer twice": (
        lambda document: document["layers"].insert(0, document["layers"][0]),
        "of other layers than its manifest",
    ),
    "huge facts": (
        lambda document: document["layers"][-1].update(size=1 << 40),
        "have more than 256 MiB",
    ),
    "a size that is not so": (
        lambda document: document["layers"][-1].update(size=3),
        "has another size than 3 bytes",
    ),
    "a digest that leads elsewhere": (
        lambda document: document["layers"][0].update(digest="sha256:../../../etc/passwd"),
        "is not a digest",
    ),
    "layers that are no list": (lambda document: document.update(layers={}), "is not a list"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_manifest_that_is_something_else_is_refused(
    offered: tuple[Descriptor, Shelf], project: Project, what: str
) -> None:
    change, why = CHANGES[what]
    build, shelf = rewritten(offered, change)
    with pytest.raises(IntegrityError, match=why):
        take(project, build, shelf)
    assert records.find(project.store, project.inputs[CELL].key) is None
    assert not list((project.store.root / "ingest").iterdir())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff\xfe", b'{"a":' * 200])
def test_what_is_no_manifest_is_refused(
    offered: tuple[Descriptor, Shelf], project: Project, data: bytes
) -> None:
    _, shelf = offered
    digest = f"sha256:{sha256(data).hexdigest()}"
    shelf.blobs[digest] = data
    with pytest.raises(IntegrityError):
        take(project, Descriptor(MANIFEST, digest, len(data)), shelf)


def test_bytes_of_another_digest_are_refused(
    offered: tuple[Descriptor, Shelf], project: Project
) -> None:
    build, shelf = offered
    layer = records_layer(shelf, build)
    shelf.blobs[layer] = b"x" * len(shelf.blobs[layer])
    with pytest.raises(IntegrityError, match=f"expected {layer}"):
        take(project, build, shelf)


def records_layer(shelf: Shelf, build: Descriptor) -> str:
    return str(json.loads(shelf.blobs[build.digest])["layers"][0]["digest"])
