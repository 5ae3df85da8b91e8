"""Layers in the store: entries in, blob out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from builder.oci.blob import disk
from builder.oci.model import FILE, Descriptor, Entry
from builder.oci.store import Store
from builder.oci.tar import Compression, Writer


def write(
    store: Store,
    entries: Mapping[str, Entry],
    content: Callable[[str], Iterator[bytes]],
    compression: Compression,
) -> tuple[Descriptor, str, int]:
    """Write a layer of these entries, in their order; `content` yields the bytes of a file by path.

    Returns:
        The blob's descriptor, its diff id, and its uncompressed size in bytes.

    Raises:
        BuilderError: the disk is full, or a file's bytes are not as many as its entry says. Nothing
        stays behind.

    """
    staging = store.staging()
    try:
        with disk(store.root):
            delta, diff_id, unpacked = _write(staging / "layer", entries, content, compression)
            store.put_file(staging / "layer", delta.media_type, delta.digest)
        return delta, diff_id, unpacked
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(
    file: Path,
    entries: Mapping[str, Entry],
    content: Callable[[str], Iterator[bytes]],
    compression: Compression,
) -> tuple[Descriptor, str, int]:
    with file.open("wb") as stream:
        writer = Writer(
            stream, compression, sum(entry.size for entry in entries.values() if entry.type == FILE)
        )
        for path, entry in entries.items():
            writer.add(path, entry, content(path) if entry.type == FILE else None)
        return writer.close()
