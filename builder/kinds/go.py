"""Programs in Go, built from modules by a Go toolchain, which is a module itself."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import PurePosixPath

from builder.catalog.model import Layer
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds.model import ArtifactKind, Bytes, Point, Trace

# What Go allows in the path of a package that starts with a host (golang.org/x/mod/module).
PACKAGE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
# A program contains this, followed by the size of pointers, flags, and texts (debug/buildinfo).
MAGIC = b"\xff Go buildinf:"
HEAD, ALIGNED, TEXTS_INSIDE = 32, 16, 2
GUARD = 16
"""Bytes before and after the list of modules in a program."""
SECTION = b".go.buildinfo\0"
ELF = b"\x7fELF\x02\x01"
"""The head of a program of 64 bits, little-endian: what is built here."""
MAX_TEXT = 4 << 20


def _wishes(layer: Layer, _point: Point) -> object:
    return {path: program.version for path, program in sorted(layer.go.items())}


def _check(text: YamlFile, layer: Layer) -> Iterator[Problem]:
    for path in layer.go:
        if not PACKAGE.fullmatch(path):
            yield text.problem(
                ("go", path),
                f"{quoted(path)} is not the path of a Go package",
                "write it as `go install` takes it, without the version: example.org/tool/cmd/tool",
                key=True,
            )


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    """Yield the modules of a program, except those without a version: built from a directory."""
    del size
    for line in _modules(read).splitlines():
        kind, *words = line.split("\t")
        if kind in {"mod", "dep", "=>"} and len(words) >= 2 and words[1].startswith("v"):
            yield words[0], words[1]


def _modules(read: Bytes) -> str:
    """Return what Go wrote into a program about its modules; empty if it is not a Go program."""
    try:
        place = _section(read)
        head = read(place, HEAD) if place else b""
        if head[: len(MAGIC)] != MAGIC or not head[len(MAGIC) + 1] & TEXTS_INSIDE:
            return ""
        version_at, version_size = _text(read, place + HEAD)
        start, length = _text(read, version_at + version_size)
        if not 2 * GUARD <= length <= MAX_TEXT:
            return ""
        return read(start + GUARD, length - 2 * GUARD).decode("utf-8", "replace")
    except (struct.error, IndexError):
        return ""


def _text(read: Bytes, at: int) -> tuple[int, int]:
    """Return the start and the length of a text that follows its length (a varint)."""
    length = shift = 0
    for byte in read(at, 10):
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return at, length
    raise IndexError


def _section(read: Bytes) -> int:
    """Return the offset of Go's section in an ELF file; 0 if it has none."""
    head = read(0, 64)
    if not head.startswith(ELF):
        return 0
    (table,) = struct.unpack_from("<Q", head, 40)
    entry_size, count, names = struct.unpack_from("<HHH", head, 58)
    headers = read(table, entry_size * count)
    (names_at,) = struct.unpack_from("<Q", headers, names * entry_size + 24)
    for number in range(count):
        at = number * entry_size
        (name,) = struct.unpack_from("<I", headers, at)
        if read(names_at + name, len(SECTION)) == SECTION:
            (offset,) = struct.unpack_from("<Q", headers, at + 24)
            return int(offset)
    return 0


GO = ArtifactKind(
    name="go",
    key="go",
    wishes=_wishes,
    check=_check,
    # The layout of a module proxy: the build uses it as one.
    place=lambda artifact: PurePosixPath("go", artifact.locator),
    template="go.j2",
    trace=Trace(ends=("",), path=re.compile(r"(?:.*/)?s?bin/[^/]+"), read=_installed, mode=0o111),
)
