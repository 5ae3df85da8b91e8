"""A lock as a tree of JSON files.

    lock.json              the format, the moment, Debian's archives, system accounts
    layers/<layer>.json    the cells of one layer, the artifacts that they hold, and which packages
                           share a chunk of the cells' deltas, once that is decided

A file has one artifact per line and one block per cell, in a stable order, so that diffs are
readable and git can merge them. Branches that change different layers change different files. An
artifact of several layers is in the file of each, so that every file can be read by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from builder.digest import canonical, sha256
from builder.kinds.table import following
from builder.lock.model import FORMAT, Artifact, Lock, Slice, layer_of

HEAD = "lock.json"
LAYERS = "layers"


def encode(lock: Lock) -> dict[str, str]:
    """Return the text of each file of a lock by its path: the same lock gives the same bytes."""
    layers: dict[str, list[str]] = {}
    for cell in sorted(lock.cells):
        layers.setdefault(layer_of(cell), []).append(cell)
    files = {HEAD: _text(_head(lock))}
    for layer, cells in layers.items():
        files[layer_path(layer)] = _text(_layer(lock, cells))
    return files


def digest(lock: Lock) -> str:
    """Return the digest of a lock: of its files, by their names."""
    files = {path: sha256(text.encode()) for path, text in encode(lock).items()}
    return f"sha256:{sha256(canonical(files))}"


def layer_path(layer: str) -> str:
    """Return the path of a layer's file in the lock."""
    return f"{LAYERS}/{layer}.json"


def as_json(value: object) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _head(lock: Lock) -> Iterator[str]:
    yield "{"
    yield f'"format": {FORMAT},'
    yield f'"moment": {as_json(lock.moment)},'
    archives = {name: _ordered(suite) for name, suite in lock.archives.items()}
    yield from _object("archives", archives, end="},")
    yield from _object("accounts", lock.accounts, end="}")
    yield "}"


def _layer(lock: Lock, cells: Sequence[str]) -> Iterator[str]:
    """Yield the lines of one layer's file."""
    held: set[str] = set()
    for cell in cells:
        held.update(lock.cells[cell].artifacts)
    yield "{"
    artifacts = {name: _artifact(lock.artifacts[name]) for name in held}
    yield from _object("artifacts", artifacts, end="},")
    if (grouping := lock.chunks.get(layer_of(cells[0]))) is not None:
        yield from _object("chunks", grouping, end="},")
    yield '"cells": {'
    yield from _separated(
        [f"{as_json(cell)}: {_cell(lock.cells[cell], lock.artifacts)}" for cell in cells]
    )
    yield "}"
    yield "}"


def _object(name: str, values: Mapping[str, object], *, end: str) -> Iterator[str]:
    """Yield a JSON object with one value per line, sorted by name, and its last line, `end`."""
    yield f"{as_json(name)}: {{"
    yield from _separated([f"{as_json(key)}: {as_json(values[key])}" for key in sorted(values)])
    yield end


def _separated(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with a comma after each but the last."""
    for line in lines[:-1]:
        yield line + ","
    yield from lines[-1:]


def _ordered(values: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(values.items()))


def _artifact(artifact: Artifact) -> dict[str, object]:
    """Return an artifact's fields. Its kind and its name are in its id."""
    fields: dict[str, object] = {
        "version": artifact.version,
        "origin": artifact.origin,
        "locator": artifact.locator,
        "digest": artifact.digest,
    }
    if artifact.size:
        fields["size"] = artifact.size
    if artifact.extra:
        fields["extra"] = _ordered(artifact.extra)
    return fields


def _cell(piece: Slice, artifacts: Mapping[str, Artifact]) -> str:
    """Return one cell's block. It names the Debian packages that were asked for, because these are
    fewer than those installed automatically.
    """
    packages = {artifacts[name].name for name in piece.artifacts if artifacts[name].kind == "deb"}
    left_out = following(artifacts[name] for name in piece.artifacts)
    files = {}
    for path, text in sorted(piece.files.items()):
        if path not in left_out:
            files[path] = text.split("\n")
    body = {
        "asks": piece.asks,
        "asked": sorted(packages - set(piece.auto)),
        "artifacts": list(piece.artifacts),
        "files": files,
    }
    fields = [f" {as_json(name)}: {_block(value)}" for name, value in body.items()]
    return "{\n" + ",\n".join(fields) + "\n}"


def _block(value: object) -> str:
    """Return a list, or a mapping of lists, with one item per line."""
    match value:
        case list() if value:
            return "[\n" + ",\n".join(f"  {as_json(item)}" for item in value) + "\n ]"
        case dict() if value:
            entries = [f"  {as_json(name)}: {_block(item)}" for name, item in value.items()]
            return "{\n" + ",\n".join(entries) + "\n }"
        case _:
            return as_json(value)
