"""Blobs: hashing, reading with a check at the end, and descriptors as JSON."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from builder.errors import BuilderError, IntegrityError
from builder.oci.model import Descriptor

CHUNK = 1 << 20


def digest_of(file: Path) -> str:
    """Return `sha256:<hex>` of a file's bytes."""
    with file.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def descriptor_json(descriptor: Descriptor) -> dict[str, Any]:
    """Return the descriptor as the specification writes it, annotations sorted."""
    value: dict[str, Any] = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
    }
    if descriptor.annotations:
        value["annotations"] = dict(sorted(descriptor.annotations.items()))
    return value


def descriptor_from(value: Mapping[str, Any]) -> Descriptor:
    """Return the descriptor that a JSON object is, without the annotation of its ref."""
    annotations = {
        key: text
        for key, text in value.get("annotations", {}).items()
        if key != "org.opencontainers.image.ref.name"
    }
    return Descriptor(value["mediaType"], value["digest"], value["size"], annotations)


def blobs_of(manifest: Mapping[str, Any]) -> list[Descriptor]:
    """Return every blob that a manifest, or an index, leads to directly."""
    values = [*manifest.get("layers", ()), *manifest.get("manifests", ())]
    if "config" in manifest:
        values.insert(0, manifest["config"])
    return [descriptor_from(value) for value in values]


class VerifyingReader:
    """Reads a blob, and complains at its end when it was not what its descriptor says."""

    def __init__(self, raw: IO[bytes], descriptor: Descriptor) -> None:
        self._raw, self._descriptor = raw, descriptor
        self._hash, self._size, self._done = hashlib.sha256(), 0, False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            IntegrityError: these are the last ones, and the whole is not what its digest says.

        """
        data = self._raw.read(size)
        self._hash.update(data)
        self._size += len(data)
        if not self._done and (size < 0 or len(data) < size):
            self._done = True
            self._check()
        return data

    def _check(self) -> None:
        expected, actual = self._descriptor, "sha256:" + self._hash.hexdigest()
        if actual != expected.digest:
            how = (
                f"{self._size} bytes instead of {expected.size}"
                if self._size != expected.size
                else f"its bytes hash to {actual}"
            )
            message = f"blob {expected.digest} is damaged ({how}); it has been removed"
            raise IntegrityError(
                message, hint="run the build again: it makes again what is missing"
            )


@contextlib.contextmanager
def disk(root: Path) -> Iterator[None]:
    """Say what a failing disk means to the user.

    Raises:
        BuilderError: no space left, no permission, or another failure of the file system.

    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = (
            "free some space, for example with `catalog prune`"
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else ""
        )
        message = f"{os.fspath(error.filename or root)}: {reason.lower()}"
        raise BuilderError(message, hint=hint) from error
