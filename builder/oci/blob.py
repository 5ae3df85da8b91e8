"""Blobs: hashing, reading with a check at the end, and descriptors as JSON."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from builder.errors import BuilderError, IntegrityError
from builder.oci.model import REF_NAME, Descriptor

CHUNK = 1 << 20
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# RFC 6838, section 4.2.
MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
)
MOST = 1 << 50
"""Bytes of a blob."""
SHOWN = 80


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


def descriptor_from(value: object) -> Descriptor:
    """Return the descriptor that a JSON object is, without the annotation of its ref.

    Raises:
        IntegrityError: it is none; whoever wrote it may have wanted to lead its reader elsewhere.

    """
    if not isinstance(value, Mapping):
        raise IntegrityError(f"{_shown(value)} is not a descriptor of a blob")
    media_type, digest, size = (value.get(name) for name in ("mediaType", "digest", "size"))
    if not isinstance(media_type, str) or not MEDIA_TYPE.fullmatch(media_type):
        raise IntegrityError(f"{_shown(media_type)} is not a media type")
    if type(size) is not int or not 0 <= size <= MOST:
        raise IntegrityError(f"{_shown(size)} is not a size of a blob")
    annotations = value.get("annotations") or {}
    if not isinstance(annotations, Mapping):
        raise IntegrityError(f"{_shown(annotations)} is not an object of annotations")
    kept = {}
    for name, text in annotations.items():
        if not isinstance(text, str):
            raise IntegrityError(f"the annotation {_shown(name)} is {_shown(text)}, not a text")
        if name != REF_NAME:
            kept[name] = text
    return Descriptor(media_type, checked_digest(digest), size, kept)


def checked_digest(value: object) -> str:
    """Return a digest of a document.

    Raises:
        IntegrityError: it is not `sha256:` and 64 hexadecimal digits.

    """
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise IntegrityError(f"{_shown(value)} is not a digest: sha256:<64 hexadecimal digits>")
    return value


def blobs_of(manifest: object) -> list[Descriptor]:
    """Return every blob that a manifest, or an index, leads to directly.

    Raises:
        IntegrityError: it is not a manifest.

    """
    if not isinstance(manifest, Mapping):
        raise IntegrityError(f"{_shown(manifest)} is not a manifest")
    values: list[object] = []
    for name in ("layers", "manifests"):
        named = manifest.get(name, ())
        if not isinstance(named, list | tuple):
            raise IntegrityError(f"{_shown(named)} is not a list of {name}")
        values += named
    if "config" in manifest:
        values.insert(0, manifest["config"])
    return [descriptor_from(value) for value in values]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


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
def disk(root: Path, *, but: tuple[type[OSError], ...] = ()) -> Iterator[None]:
    """Say what a failing disk means to the user; `but` is what the caller knows how to take.

    Raises:
        BuilderError: no space left, no permission, a link where none is followed, or another
        failure of the file system.

    """
    try:
        yield
    except OSError as error:
        if isinstance(error, but):
            raise
        reason = error.strerror or str(error)
        hint = (
            "free some space, for example with `catalog prune`"
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else ""
        )
        message = f"{os.fspath(error.filename or root)}: {reason.lower()}"
        raise BuilderError(message, hint=hint) from error
