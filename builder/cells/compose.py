"""Images from cells: a manifest and a configuration over the cells' deltas, and the seal. Nothing
is executed, no delta is copied.

    key = image_key([manifest of each cell, …], config)
    manifest = compose(store, [facts of each cell, bottom first, …], config,
    ref="image/jupyter-python:py3.13", key=key)

The order of cells matters to how well images share layers, and to nothing else: the tree and the
seal are the same in any order.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from builder.cells.tree import merged
from builder.debian import alternatives, environment, ldcache, mergers
from builder.debian.merger import Disagreement
from builder.debian.model import Facts
from builder.errors import ConflictError
from builder.oci import layer, tar
from builder.oci.blob import descriptor_json
from builder.oci.model import (
    CONFIG,
    DIRECTORY,
    EPOCH,
    FILE,
    MANIFEST,
    SYMLINK,
    Descriptor,
    Entry,
    ImageConfig,
)
from builder.oci.store import Store

FORMAT = 3
KEY = "org.catalog.image.key"
"""Annotation of an image's ref."""
CREATED = "1980-01-01T00:00:00Z"
SEAL = "seal"


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
    """Return the image of this ref if it is whole and was made with this key; None when it has to
    be composed.
    """
    found = store.find(ref)
    return found if found is not None and found.annotations.get(KEY) == key else None


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
    files = _seal(layers, below, config)
    entries = _with_directories({path: entry for path, (entry, _) in files.items()}, below)
    delta, diff_id, _ = layer.write(
        store, entries, lambda path: iter([files[path][1]]), compression
    )
    rows = [(facts.delta, facts.diff_id, facts.cell) for facts in layers if facts.entries] + [
        (delta, diff_id, SEAL)
    ]
    document = _configuration(config, rows)
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor_json(store.put_bytes(_json(document), CONFIG)),
        "layers": [descriptor_json(blob) for blob, _, _ in rows],
    }
    if config.annotations:
        manifest["annotations"] = dict(sorted(config.annotations.items()))
    descriptor = store.put_bytes(_json(manifest), MANIFEST)
    if ref:
        annotations = {KEY: key} if key else {}
        store.tag(
            {
                ref: Descriptor(
                    descriptor.media_type, descriptor.digest, descriptor.size, annotations
                )
            }
        )
    return descriptor


def seal(layers: Sequence[Facts], config: ImageConfig) -> dict[str, tuple[Entry, bytes]]:
    """Return what the seal holds: path -> entry and bytes, sorted. See DESIGN.md section 2.

    Raises:
        ConflictError: two layers disagree on a file that a merger owns, or on a path.

    """
    return _seal(layers, merged(layers), config)


def tree(layers: Sequence[Facts], config: ImageConfig) -> dict[str, Entry]:
    """Return the whole filesystem of the image that these cells make, seal included. Raises as
    `seal` does.
    """
    below = merged(layers)
    return below | {path: entry for path, (entry, _) in _seal(layers, below, config).items()}


def _seal(
    layers: Sequence[Facts], below: Mapping[str, Entry], config: ImageConfig
) -> dict[str, tuple[Entry, bytes]]:
    texts = mergers.files(layers)
    sealed: dict[str, tuple[Entry, bytes]] = {}
    for path, text in texts.items():
        merger = mergers.merger_of(path)
        if merger is not None and not merger.links:
            sealed[path] = _file(text.encode("utf-8", "surrogateescape"), merger.mode, merger.gid)
    for path, target in _links(texts, below):
        sealed[path] = (Entry(SYMLINK, 0o777, 0, 0, EPOCH, link=target), b"")
    cache = ldcache.cache(
        {**below, **{path: entry for path, (entry, _) in sealed.items()}},
        [library for facts in layers for library in facts.libraries],
        {path: text for facts in layers for path, text in facts.texts.items()},
        config.architecture,
        _generator(texts),
    )
    sealed[ldcache.PATH] = _file(cache)
    if mergers.STATUS in texts:
        sealed[environment.DEFERRED] = _file(b"")
    sealed[environment.PROFILE] = _file(environment.profile(config).encode())
    sealed[environment.ENVIRONMENT] = _file(environment.environment(config).encode())
    return dict(sorted(sealed.items()))


def _file(data: bytes, mode: int = 0o644, gid: int = 0) -> tuple[Entry, bytes]:
    return Entry(FILE, mode, 0, gid, EPOCH, len(data), hashlib.sha256(data).hexdigest()), data


def _links(texts: Mapping[str, str], tree: Mapping[str, Entry]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path, text in texts.items():
        if not path.startswith(alternatives.DATABASE):
            continue
        name = path.removeprefix(alternatives.DATABASE)
        chosen = texts.get(alternatives.LINKS + name, "") if alternatives.is_manual(text) else ""
        try:
            found += alternatives.links(
                name, text, chosen, lambda file: ldcache.resolve(tree, file) is not None
            )
        except Disagreement as error:
            raise ConflictError(f"/{path}: {error.text}") from error
    return [(_real(tree, path), target) for path, target in found]


def _real(tree: Mapping[str, Entry], path: str) -> str:
    """Return a path with the links among its directories followed: an alternative may be recorded
    below /bin or /lib.
    """
    directory, name = posixpath.split(path)
    real = ldcache.resolve(tree, directory)
    return posixpath.join(real, name) if real is not None else path


def _generator(texts: Mapping[str, str]) -> str:
    """Return how the C library's ldconfig names itself in the cache."""
    found = re.search(
        r"^Package: libc6\n(?:.+\n)*?Version: (\S+)$", texts.get(mergers.STATUS, ""), re.MULTILINE
    )
    version = found[1] if found else ""
    release = version.partition("-")[0]
    return (
        f"ldconfig (Debian GLIBC {version}) stable release version {release}"
        if version
        else "ldconfig"
    )


def _with_directories(files: Mapping[str, Entry], tree: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of the seal, sorted, with the directories on the way to them as they are
    below.
    """
    entries = dict(files)
    for name in files:
        path = name
        while (path := posixpath.dirname(path)) and path not in entries:
            entries[path] = tree.get(path, Entry(DIRECTORY, 0o755, 0, 0, EPOCH))
    return dict(sorted(entries.items()))


def _configuration(
    config: ImageConfig, rows: Sequence[tuple[Descriptor, str, str]]
) -> dict[str, Any]:
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
        "created": CREATED,
        "architecture": config.architecture,
        "os": "linux",
        "config": {name: value for name, value in process.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id, _ in rows]},
        "history": [{"created": CREATED, "created_by": f"catalog: {name}"} for _, _, name in rows],
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
