"""Canonical bytes and their SHA-256: the only place that hashes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

CHUNK = 1 << 20


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 hex digits, without an algorithm prefix."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """Return a JSON value as UTF-8 bytes that depend on nothing but the value: keys sorted, no
    white space.

    Tuples are written as lists. Numbers that JSON does not have (NaN, infinity) are refused.

    Raises:
        TypeError: the value, or something in it, is not a JSON value.
        ValueError: it holds NaN or an infinity.

    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file as hex digits, read in chunks; `algorithm` is one of hashlib's
    names.

    Raises:
        OSError: the file cannot be read.

    """
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
