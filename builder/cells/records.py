"""Cells in the store: a manifest whose config is the summary, and whose layers are the delta and
the rest of the facts.

A cell's manifest is a function of what was built, whatever was built before it. What it was built
*on* is not part of it, but recorded in annotations of its ref: a parent that declares an ABI may
change without changing its children's keys, so only these annotations tell on which cells the bytes
are known to be right (see `builder.execute.promises`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import zstandard

from builder import documents
from builder.cells import checked
from builder.debian.model import Facts, SharedLibrary, Summary
from builder.documents import from_json
from builder.errors import IntegrityError
from builder.oci.blob import blobs_of, checked_digest, descriptor_from, descriptor_json
from builder.oci.model import CELL, FACTS, MANIFEST, SUMMARY, Chunk, Descriptor, Entry
from builder.oci.store import Store

PREFIX = "cell/"
TITLE = "org.opencontainers.image.title"
"""Annotation of a cell's manifest: its id."""
BELOW = "org.catalog.cell.below"
"""Annotation of a cell's ref: the cells on which these bytes were built, or verified."""
CHECKED = "org.catalog.cell.checked"
"""Annotation of the ref of a cell that replaces files: the cells below that have exactly the files
that it replaced."""
MOST = 1 << 30
"""Bytes of a cell's facts."""
SHORT = 16
"""Hex digits of a manifest's digest in these annotations."""


def ref(key: str) -> str:
    """Return the ref under which a cell of this key is stored."""
    return PREFIX + key


def record(store: Store, facts: Facts, below: Mapping[str, str]) -> Descriptor:
    """Store a cell's facts beside its delta and tag it `cell/<key>`; return its manifest.

    `below` are the digests of the manifests of the cells that it was built on, by cell id.
    """
    summary = store.put_bytes(_json(_summary(facts)), SUMMARY)
    rest = store.put_bytes(zstandard.ZstdCompressor(level=6).compress(_json(_facts(facts))), FACTS)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": CELL,
        "config": descriptor_json(summary),
        "layers": [*(descriptor_json(chunk.blob) for chunk in facts.delta), descriptor_json(rest)],
        "annotations": {TITLE: facts.cell},
    }
    descriptor = store.put_bytes(_json(manifest), MANIFEST)
    built_on(store, facts.key, descriptor, below)
    return descriptor


def built_on(store: Store, key: str, manifest: Descriptor, below: Mapping[str, str]) -> None:
    """Tag a cell, and record the cells on which these bytes were built or verified."""
    stated = _below(below)
    _tag(store, key, manifest, {BELOW: stated, CHECKED: stated})


def checked_on(store: Store, key: str, manifest: Descriptor, below: Mapping[str, str]) -> None:
    """Record that the files that a cell replaced are unchanged in these cells."""
    _tag(store, key, manifest, {**manifest.annotations, CHECKED: _below(below)})


def moved(manifest: Descriptor, below: Mapping[str, str], what: str = BELOW) -> list[str]:
    """Return the cells of `below` that differ from those in the annotation `what`, or are new."""
    try:
        stated = from_json(manifest.annotations.get(what, "{}"))
    except ValueError:
        stated = {}
    known: Mapping[str, object] = stated if isinstance(stated, dict) else {}
    return [cell for cell, digest in below.items() if known.get(cell) != _short(digest)]


def _below(below: Mapping[str, str]) -> str:
    return json.dumps({cell: _short(digest) for cell, digest in sorted(below.items())})


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:SHORT]


def _tag(store: Store, key: str, manifest: Descriptor, annotations: Mapping[str, str]) -> None:
    tagged = Descriptor(manifest.media_type, manifest.digest, manifest.size, annotations)
    store.tag({ref(key): tagged})


def find(store: Store, key: str) -> Descriptor | None:
    """Return the manifest of the cell of this key; None when it has to be built."""
    return store.find(ref(key))


def summary(store: Store, manifest: Descriptor) -> Summary:
    """Return the small part of a cell's facts. Raises IntegrityError as `Store.read` does."""
    with _telling(manifest):
        return Summary(**_summary_from(store.read_json(_config(store, manifest))))


def facts(store: Store, manifest: Descriptor) -> Facts:
    """Return all facts of a cell.

    Raises:
        IntegrityError: a blob is missing, damaged, or written by another version of this program.

    """
    small = summary(store, manifest)
    with _telling(manifest, small.cell):
        *_, rest = blobs_of(store.read_json(manifest))
        packed = store.read(rest)
        value = documents.with_any_bytes(documents.unpacked(packed, MOST), most=MOST)
        return Facts(
            cell=small.cell,
            key=small.key,
            delta=small.delta,
            packages=small.packages,
            **_facts_from(value),
        )


@contextmanager
def _telling(manifest: Descriptor, cell: str = "") -> Iterator[None]:
    """Say of which cell something is that cannot be read.

    Raises:
        IntegrityError: it is not what this version of the program writes.

    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        of = f"cell {cell}" if cell else f"the cell with the manifest {manifest.digest}"
        message = f"the facts of {of} cannot be read ({error})"
        raise IntegrityError(
            message, hint=f"run `catalog build --force {cell}`".rstrip()
        ) from error


def _config(store: Store, manifest: Descriptor) -> Descriptor:
    return descriptor_from(store.read_json(manifest)["config"])


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _summary(known: Summary) -> dict[str, Any]:
    return {
        "cell": known.cell,
        "key": known.key,
        "delta": [_chunk(chunk) for chunk in known.delta],
        "packages": {kind: dict(names) for kind, names in known.packages.items()},
    }


def _summary_from(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell": checked.cells([value["cell"]])[0],
        "key": checked.key(value["key"]),
        "delta": tuple(_chunk_from(item) for item in value["delta"]),
        "packages": checked.packages(value["packages"]),
    }


def _chunk(chunk: Chunk) -> dict[str, Any]:
    return {
        "blob": descriptor_json(chunk.blob),
        "diffId": chunk.diff_id,
        "unpacked": chunk.unpacked,
    }


def _chunk_from(value: dict[str, Any]) -> Chunk:
    blob = descriptor_from(value["blob"])
    return Chunk(
        blob=blob, diff_id=checked_digest(value["diffId"]), unpacked=int(value["unpacked"])
    )


def _facts(known: Facts) -> dict[str, Any]:
    packages = sorted(set(known.owners.values()))
    number = {name: index for index, name in enumerate(packages)}
    return {
        "packages": packages,
        "entries": [
            [path, number.get(known.owners.get(path, ""), -1), *entry]
            for path, entry in known.entries.items()
        ],
        "bookkeeping": dict(known.bookkeeping),
        "texts": dict(known.texts),
        "libraries": [list(asdict(library).values()) for library in known.libraries],
        "on": list(known.on),
        "replaces": {path: list(entry) for path, entry in known.replaces.items()},
    }


def _facts_from(value: dict[str, Any]) -> dict[str, Any]:
    packages = value["packages"]
    entries: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    for place, package, *row in value["entries"]:
        path = checked.path(place)
        entries[path] = checked.entry(row, path)
        if package >= 0:
            owners[path] = packages[package]
    libraries = tuple(
        SharedLibrary(checked.path(path), soname, flags, isa, tuple(needed))
        for path, soname, flags, isa, needed in value["libraries"]
    )
    replaces = {
        checked.path(path): checked.entry(row, path)
        for path, row in value.get("replaces", {}).items()
    }
    return {
        "entries": entries,
        "owners": owners,
        "libraries": libraries,
        "bookkeeping": checked.texts(value["bookkeeping"], "the bookkeeping"),
        "texts": checked.texts(value["texts"], "the texts"),
        "on": checked.cells(value["on"]),
        "replaces": replaces,
    }
