"""Programs made in memory, with what Go and Rust write into theirs."""

from __future__ import annotations

import json
import struct
import zlib

BASE = 0x400000
"""Where a program would be in memory."""


def elf(section: str, data: bytes) -> bytes:
    """Return an ELF file with one segment, and one section in it."""
    names = b"\0.shstrtab\0" + section.encode() + b"\0"
    names_at = 64 + 56
    data_at = -(-(names_at + len(names)) // 16) * 16
    table = data_at + len(data)

    def header(name: int, kind: int, at: int, size: int) -> bytes:
        return struct.pack("<IIQQQQIIQQ", name, kind, 2, BASE + at, at, size, 0, 0, 16, 0)

    headers = bytes(64) + header(1, 3, names_at, len(names))
    headers += header(11, 1, data_at, len(data))
    size = table + len(headers)
    ident = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head = ident + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, table, 0, 64, 56, 1, 64, 3, 1)
    segment = struct.pack("<IIQQQQQQ", 1, 6, 0, BASE, BASE, size, size, 4096)
    return (head + segment + names).ljust(data_at, b"\0") + data + headers


def of_go(modules: str) -> bytes:
    guarded = b"\1" * 16 + modules.encode() + b"\2" * 16
    length = bytes([len(guarded) & 0x7F | 0x80, len(guarded) >> 7])
    info = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + b"\x08go1.24.3" + length + guarded
    return elf(".go.buildinfo", info)


def of_rust(packages: object) -> bytes:
    return elf(".dep-v0", zlib.compress(json.dumps({"packages": packages}).encode()))
