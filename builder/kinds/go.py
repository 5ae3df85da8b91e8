"""Programs in Go, built from modules by a Go toolchain, which is a module itself."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from builder.catalog.model import Layer
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds.model import ArtifactKind, Bytes, Described, Point, Statement, Trace

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
LIBRARY = "stdlib"
"""The name of Go's own library in bills of materials and databases of vulnerabilities."""


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
    for _, name, version in _modules(_written(read)[1]):
        if version:
            yield name, version


def _modules(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what Go writes of modules: (word, name, version). The words are `mod` for a program's
    own, `dep`, and `=>` for what replaces the one before. What is built from a directory has no
    version.
    """
    for line in text.splitlines():
        kind, *words = line.split("\t")
        if kind in {"mod", "dep", "=>"} and len(words) >= 2:
            yield kind, words[0], words[1] if words[1].startswith("v") else ""


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    """Yield the modules of a program: its own one needs all others. What is replaced is not in it.
    Go's own library is one of them, without which no weakness of it would be seen.
    """
    whole = stream.seek(0, os.SEEK_END)

    def read(offset: int, size: int) -> bytes:
        # A damaged program may name a place beyond all files.
        stream.seek(min(offset, whole))
        return stream.read(min(size, whole))

    toolchain, text = _written(read)
    own: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for kind, name, version in _modules(text):
        if kind == "mod":
            own.append((name, version))
        elif kind == "=>" and others:
            # A directory of whoever built it has no name that means anything elsewhere.
            others[-1] = (name, version) if version else (others[-1][0], "")
        elif kind == "dep":
            others.append((name, version))
    if toolchain.startswith("go"):
        others.append((LIBRARY, toolchain.split()[0]))
    needed = tuple(name for name, _ in others)
    for name, version in own:
        yield Described(kind="go", name=name, version=version, path=path, requires=needed)
    for name, version in others:
        yield Described(kind="go", name=name, version=version, path=path)


def _written(read: Bytes) -> tuple[str, str]:
    """Return what Go wrote into a program: its own version, and lines about modules. Both are empty
    if it is not a Go program.
    """
    try:
        place = _section(read)
        head = read(place, HEAD) if place else b""
        if head[: len(MAGIC)] != MAGIC or not head[len(MAGIC) + 1] & TEXTS_INSIDE:
            return "", ""
        version_at, version_size = _text(read, place + HEAD)
        start, length = _text(read, version_at + version_size)
        if not 2 * GUARD <= length <= MAX_TEXT:
            return "", ""
        version = read(version_at, version_size).decode("utf-8", "replace")
        return version, read(start + GUARD, length - 2 * GUARD).decode("utf-8", "replace")
    except (struct.error, IndexError, OverflowError):
        return "", ""


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
    statement=Statement(path=re.compile(r".*"), read=_described, magic=ELF, mode=0o111),
    url="golang",
)
