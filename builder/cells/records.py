"""Cells in the store: a manifest whose config is the summary, and whose layers are the delta and
the rest of the facts.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import zstandard

from builder.debian.model import Facts, Library, Summary
from builder.errors import IntegrityError
from builder.oci.blob import descriptor_from, descriptor_json
from builder.oci.model import CELL, FACTS, MANIFEST, SUMMARY, Descriptor, Entry
from builder.oci.store import Store

PREFIX = "cell/"


def ref(key: str) -> str:
    """Return the ref under which a cell of this key is stored."""
    return PREFIX + key


def record(store: Store, facts: Facts) -> Descriptor:
    """Store a cell's facts beside its delta and tag it `cell/<key>`; return its manifest."""
    summary = store.put_bytes(_json(_summary(facts)), SUMMARY)
    rest = store.put_bytes(zstandard.ZstdCompressor(level=6).compress(_json(_facts(facts))), FACTS)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": CELL,
        "config": descriptor_json(summary),
        "layers": [descriptor_json(facts.delta), descriptor_json(rest)],
        "annotations": {"org.opencontainers.image.title": facts.cell},
    }
    descriptor = store.put_bytes(_json(manifest), MANIFEST)
    store.tag({ref(facts.key): descriptor})
    return descriptor


def find(store: Store, key: str) -> Descriptor | None:
    """Return the manifest of the cell of this key; None when it has to be built."""
    return store.find(ref(key))


def summary(store: Store, manifest: Descriptor) -> Summary:
    """Return the small part of a cell's facts. Raises IntegrityError as `Store.read` does."""
    document = store.read_json(manifest)
    return Summary(**_summary_from(store.read_json(descriptor_from(document["config"]))))


def facts(store: Store, manifest: Descriptor) -> Facts:
    """Return all that is known of a cell.

    Raises:
        IntegrityError: a blob is missing, damaged, or written by another version of this program.

    """
    document = store.read_json(manifest)
    small = _summary_from(store.read_json(descriptor_from(document["config"])))
    packed = store.read(descriptor_from(document["layers"][1]))
    value = json.loads(zstandard.ZstdDecompressor().decompress(packed))
    try:
        return Facts(**small, **_facts_from(value))
    except (KeyError, TypeError, ValueError) as error:
        message = f"the facts of cell {small['cell']} cannot be read ({error})"
        raise IntegrityError(
            message, hint="build it again: remove its ref with `catalog prune`"
        ) from error


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _summary(found: Summary) -> dict[str, Any]:
    return {
        "cell": found.cell,
        "key": found.key,
        "delta": descriptor_json(found.delta),
        "diffId": found.diff_id,
        "unpacked": found.unpacked,
        "packages": {kind: dict(names) for kind, names in found.packages.items()},
    }


def _summary_from(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell": value["cell"],
        "key": value["key"],
        "delta": descriptor_from(value["delta"]),
        "diff_id": value["diffId"],
        "unpacked": value["unpacked"],
        "packages": value["packages"],
    }


def _facts(found: Facts) -> dict[str, Any]:
    packages = sorted(set(found.owners.values()))
    number = {name: index for index, name in enumerate(packages)}
    return {
        "packages": packages,
        "entries": [
            [path, number.get(found.owners.get(path, ""), -1), *entry]
            for path, entry in found.entries.items()
        ],
        "bookkeeping": dict(found.bookkeeping),
        "texts": dict(found.texts),
        "libraries": [list(asdict(library).values()) for library in found.libraries],
        "replaces": {path: list(entry) for path, entry in found.replaces.items()},
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
        Library(path, soname, flags, isa, tuple(needed))
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
        "replaces": replaces,
    }
