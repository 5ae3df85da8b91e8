"""Layers in the store: entries in, blob out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from builder.oci.blob import disk
from builder.oci.model import FILE, Chunk, Entry
from builder.oci.store import Store
from builder.oci.tar import Compression, Writer


def write(
    store: Store,
    entries: Mapping[str, Entry],
    content: Callable[[str], Iterator[bytes]],
    compression: Compression,
) -> Chunk:
    """Write a layer of these entries, in their order, and return it.

    `content` yields the bytes of a file by path.

    Raises:
        BuilderError: the disk is full, or a file's bytes are not as many as its entry says. Nothing
        stays behind.

    """
    staging = store.staging()
    try:
        with disk(store.root):
            chunk = _write(staging / "layer", entries, content, compression)
            store.put_file(staging / "layer", chunk.blob.media_type, chunk.blob.digest)
        return chunk
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(
    file: Path,
    entries: Mapping[str, Entry],
    content: Callable[[str], Iterator[bytes]],
    compression: Compression,
) -> Chunk:
    size = sum(entry.size for entry in entries.values() if entry.type == FILE)
    with file.open("wb") as stream:
        writer = Writer(stream, compression, size)
        for path, entry in entries.items():
            writer.add(path, entry, content(path) if entry.type == FILE else None)
        blob, diff_id, unpacked = writer.close()
    return Chunk(blob=blob, diff_id=diff_id, unpacked=unpacked)
