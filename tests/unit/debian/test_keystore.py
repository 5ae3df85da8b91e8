"""Java's trusted certificates without the time of the build."""

from __future__ import annotations

import hashlib
import struct

import pytest

from builder.debian.keystore import normalise
from builder.oci.model import EPOCH


def text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()


def store(entries: dict[str, bytes], millis: int, *, tag: int = 2) -> bytes:
    body = struct.pack(">III", 0xFEEDFEED, 2, len(entries))
    for alias, certificate in entries.items():
        body += (
            struct.pack(">I", tag)
            + text(alias)
            + struct.pack(">Q", millis)
            + text("X.509")
            + struct.pack(">I", len(certificate))
            + certificate
        )
    return body + hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()  # noqa: S324  # the format's own


def test_order_and_time_are_forgotten() -> None:
    one, other = (
        {"debian:a": b"A" * 10, "debian:b": b"B" * 12},
        {"debian:b": b"B" * 12, "debian:a": b"A" * 10},
    )
    assert normalise(store(one, 1234)) == normalise(store(other, 5678)) == store(one, EPOCH * 1000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        store({"a": b"x"}, 1)[:-1],
        store({"a": b"x"}, 1, tag=1),
        store({"a": b"x"}, 1)[:-20] + bytes(20),
    ],
)
def test_what_is_something_else_is_left_alone(data: bytes) -> None:
    assert normalise(data) is None
