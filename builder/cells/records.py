"""Cells in the store: a manifest whose config is the summary, and whose layers are the delta and
the rest of the facts.

A cell's manifest is a function of what was built, whatever was built before it. What it was built
*on* is not part of it, but recorded in annotations of its ref: a parent that declares an ABI may
change without changing its children's keys, so only these annotations tell on which cells the bytes
are known to be right (see `builder.execute.promises`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import zstandard

from builder.debian.model import Facts, SharedLibrary, Summary
from builder.errors import IntegrityError
from builder.oci.blob import descriptor_from, descriptor_json
from builder.oci.model import CELL, FACTS, MANIFEST, SUMMARY, Chunk, Descriptor, Entry
from builder.oci.store import Store

PREFIX = "cell/"
BELOW = "org.catalog.cell.below"
"""Annotation of a cell's ref: the cells on which these bytes were built, or verified."""
CHECKED = "org.catalog.cell.checked"
"""Annotation of the ref of a cell that replaces files: the cells below that have exactly the files
that it replaced."""
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
        "annotations": {"org.opencontainers.image.title": facts.cell},
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
        stated = json.loads(manifest.annotations.get(what, "{}"))
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
    document = store.read_json(manifest)
    return Summary(**_summary_from(store.read_json(descriptor_from(document["config"]))))


def facts(store: Store, manifest: Descriptor) -> Facts:
    """Return all facts of a cell.

    Raises:
        IntegrityError: a blob is missing, damaged, or written by another version of this program.

    """
    document = store.read_json(manifest)
    small = _summary_from(store.read_json(descriptor_from(document["config"])))
    packed = store.read(descriptor_from(document["layers"][-1]))
    value = json.loads(zstandard.ZstdDecompressor().decompress(packed))
    try:
        return Facts(**small, **_facts_from(value))
    except (KeyError, TypeError, ValueError) as error:
        message = f"the facts of cell {small['cell']} cannot be read ({error})"
        raise IntegrityError(
            message, hint=f"run `catalog build --force {small['cell']}`"
        ) from error


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
        "cell": value["cell"],
        "key": value["key"],
        "delta": tuple(_chunk_from(item) for item in value["delta"]),
        "packages": value["packages"],
    }


def _chunk(chunk: Chunk) -> dict[str, Any]:
    return {
        "blob": descriptor_json(chunk.blob),
        "diffId": chunk.diff_id,
        "unpacked": chunk.unpacked,
    }


def _chunk_from(value: dict[str, Any]) -> Chunk:
    blob = descriptor_from(value["blob"])
    return Chunk(blob=blob, diff_id=value["diffId"], unpacked=value["unpacked"])


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
    for path, package, *row in value["entries"]:
        row[8] = tuple((name, text) for name, text in row[8])
        entries[path] = Entry._make(row)
        if package >= 0:
            owners[path] = packages[package]
    libraries = tuple(
        SharedLibrary(path, soname, flags, isa, tuple(needed))
        for path, soname, flags, isa, needed in value["libraries"]
    )
    replaces = {
        path: Entry._make([*row[:8], tuple((name, text) for name, text in row[8])])
        for path, row in value.get("replaces", {}).items()
    }
    return {
        "entries": entries,
        "owners": owners,
        "libraries": libraries,
        "bookkeeping": value["bookkeeping"],
        "texts": value["texts"],
        "on": tuple(value["on"]),
        "replaces": replaces,
    }
