"""Images from cells: a manifest and a configuration over the cells' deltas, and the seal. Nothing
is executed, no delta is copied.

    key = image_key([manifest of each cell, …], config)
    manifest = compose(store, [facts of each cell, bottom first, …], config,
    ref="image/jupyter-python:py3.13", key=key)

The order of cells only decides how well images share layers: the tree and the seal are the same in
any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from builder.cells.seal import entries_of, sealing, with_directories
from builder.cells.tree import merged
from builder.debian import environment
from builder.debian.model import Facts
from builder.oci import layer, tar
from builder.oci.blob import descriptor_json
from builder.oci.model import CONFIG, EPOCH, MANIFEST, Chunk, Descriptor, ImageConfig
from builder.oci.store import Store

FORMAT = 5
KEY = "org.catalog.image.key"
"""Annotation of an image's ref."""
SEAL = "seal"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One layer of an image."""

    chunk: Chunk
    name: str
    date: int


def ref(name: str, tag: str) -> str:
    """Return the ref under which an image is stored."""
    return f"image/{name}:{tag}"


def image_key(cells: Sequence[Descriptor], config: ImageConfig) -> str:
    """Return the key of an image (sha256 hex): its cells' manifests, in order, and its metadata."""
    document = {
        "format": FORMAT,
        "cells": [cell.digest for cell in cells],
        "config": asdict(config),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def find(store: Store, ref: str, key: str) -> Descriptor | None:
    """Return the image of this ref if it is whole and was made with this key; None if it has to
    be composed.
    """
    image = store.find(ref)
    return image if image is not None and image.annotations.get(KEY) == key else None


def compose(
    store: Store,
    layers: Sequence[Facts],
    config: ImageConfig,
    *,
    ref: str = "",
    key: str = "",
    compression: tar.Compression = "zstd",
) -> Descriptor:
    """Write an image's manifest, configuration and seal into the store, and tag it `ref` when one
    is given.

    Raises:
        ConflictError: two layers disagree on a path, or on a file that a merger owns.
        BuilderError: the disk is full.

    """
    below = merged(layers)
    sealed = sealing(layers, below, config)
    entries = with_directories(entries_of(sealed), below)
    seal = layer.write(store, entries, lambda path: iter([sealed[path][1]]), compression)
    rows: list[_Row] = []
    for facts in layers:
        date = newest(facts)
        rows += [_Row(chunk=chunk, name=facts.cell, date=date) for chunk in facts.delta]
    rows.append(_Row(chunk=seal, name=SEAL, date=EPOCH))
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor_json(store.put_bytes(_json(_configuration(config, rows)), CONFIG)),
        "layers": [descriptor_json(row.chunk.blob) for row in rows],
    }
    if config.annotations:
        manifest["annotations"] = dict(sorted(config.annotations.items()))
    descriptor = store.put_bytes(_json(manifest), MANIFEST)
    if ref:
        store.tag({ref: replace(descriptor, annotations={KEY: key} if key else {})})
    return descriptor


def newest(facts: Facts) -> int:
    """Return the time of the newest file of a cell that came from a package with a time of its own
    (seconds since 1970), EPOCH at least: that is the time of all that the build itself wrote.
    """
    return max((entry.mtime for entry in facts.entries.values()), default=EPOCH)


def _configuration(config: ImageConfig, rows: Sequence[_Row]) -> dict[str, Any]:
    # No layer is older than one below it: a history goes forward.
    latest = accumulate((row.date for row in rows), max, initial=EPOCH)
    dates = [_written(date) for date in latest][1:]
    process = {
        "User": config.user,
        "ExposedPorts": {f"{port}/tcp": {} for port in sorted(config.expose)},
        "Env": [f"{name}={value}" for name, value in environment.variables(config).items()],
        "Entrypoint": list(config.entrypoint),
        "Cmd": list(config.cmd),
        "WorkingDir": config.workdir,
        "Labels": dict(sorted(config.labels.items())),
        "StopSignal": config.stop_signal,
    }
    return {
        "created": dates[-1],
        "architecture": config.architecture,
        "os": "linux",
        "config": {name: value for name, value in process.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [row.chunk.diff_id for row in rows]},
        "history": [
            {"created": date, "created_by": f"catalog: {row.name}"}
            for row, date in zip(rows, dates, strict=True)
        ],
    }


def _written(date: int) -> str:
    return datetime.fromtimestamp(date, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
