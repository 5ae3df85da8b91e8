"""Java's list of trusted certificates (a JKS file), without the time of its creation."""

from __future__ import annotations

import hashlib
import struct

from builder.oci.model import EPOCH

PATH = "etc/ssl/certs/java/cacerts"
_MAGIC, _TRUSTED, _SALT = 0xFEEDFEED, 2, b"Mighty Aphrodite"
# Debian protects the file's integrity with this well-known password; the file has no secrets.
_PASSWORD = "changeit"  # noqa: S105


def normalise(data: bytes) -> bytes | None:
    """Return the same store with its entries sorted and dated EPOCH; None if it has other things
    than certificates.
    """
    entries = _entries(data)
    if entries is None or data[-20:] != _seal(data[:-20]):
        return None
    body = data[:8] + struct.pack(">I", len(entries)) + b"".join(sorted(entries))
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return hashlib.sha1(_PASSWORD.encode("utf-16-be") + _SALT + body).digest()  # noqa: S324  the format's own


def _entries(data: bytes) -> list[bytes] | None:
    entries: list[bytes] = []
    try:
        magic, _, count = struct.unpack_from(">III", data)
        position = 12
        for _ in range(count if magic == _MAGIC else 0):
            (tag,) = struct.unpack_from(">I", data, position)
            if tag != _TRUSTED:
                return None
            alias_end = _after_text(data, position + 4)
            kind_end = _after_text(data, alias_end + 8)
            (size,) = struct.unpack_from(">I", data, kind_end)
            end = kind_end + 4 + size
            entries.append(
                data[position:alias_end]
                + struct.pack(">Q", EPOCH * 1000)
                + data[alias_end + 8 : end]
            )
            position = end
    except struct.error:
        return None
    return entries if magic == _MAGIC and position == len(data) - 20 else None


def _after_text(data: bytes, position: int) -> int:
    size: int = struct.unpack_from(">H", data, position)[0]
    return position + 2 + size
