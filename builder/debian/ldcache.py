"""/etc/ld.so.cache as glibc's ldconfig writes it (format glibc-ld.so.cache1.1), from recorded facts
instead of a running system.
"""

from __future__ import annotations

import fnmatch
import functools
import posixpath
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.debian.model import SharedLibrary
from builder.oci.model import DIRECTORY, SYMLINK, Entry

PATH = "etc/ld.so.cache"
CONF = "etc/ld.so.conf"
_MAGIC = b"glibc-ld.so.cache1.1"
_LITTLE_ENDIAN = 2
_EXTENSION_MAGIC = 0xEAA42174
_HWCAP_EXTENSION = 1 << 62
_HEADER, _ENTRY = 48, 24
_DSO = re.compile(r"(?:lib|ld-).*\.so.*", re.DOTALL)
_LINKS = 40
"""Symlinks followed before giving up, as Linux does."""
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


@dataclass(frozen=True, slots=True)
class Cached:
    """One line of `ldconfig -p`."""

    soname: str
    path: str
    flags: int
    isa: int = 0
    hwcaps: str = ""
    """Name of the glibc-hwcaps directory it is in."""


def cache(
    tree: Mapping[str, Entry],
    libraries: Sequence[SharedLibrary],
    texts: Mapping[str, str],
    architecture: str,
    generator: str,
) -> bytes:
    """Return the cache of a filesystem.

    `libraries` are its shared libraries, `texts` holds its ld.so.conf files by path. `generator` is
    how ldconfig names itself in the cache.
    """
    return encode(entries(tree, libraries, texts, architecture), generator)


def entries(
    tree: Mapping[str, Entry],
    libraries: Sequence[SharedLibrary],
    texts: Mapping[str, str],
    architecture: str,
) -> list[Cached]:
    """Return what ldconfig would put into the cache, in its order."""
    known = {library.path: library for library in libraries}
    contents: dict[str, list[str]] = {}
    for path in tree:
        if ".so" not in path:
            continue
        directory, _, name = path.rpartition("/")
        if _DSO.fullmatch(name):
            contents.setdefault(directory, []).append(name)
    cached: list[Cached] = []
    for directory in _directories(tree, contents, texts, architecture):
        real = resolve(tree, directory) or ""
        cached += _search(
            tree,
            known,
            directory,
            [posixpath.join(real, name) for name in sorted(contents.get(real, ()))],
        )
    return sorted(cached, key=functools.cmp_to_key(_compare))


def encode(cached: Sequence[Cached], generator: str) -> bytes:
    """Return the bytes of the cache: header, entries, strings, extensions."""
    hwcaps = sorted({entry.hwcaps for entry in cached} - {""})
    offsets, strings = _strings({*hwcaps, *(e.soname for e in cached), *(e.path for e in cached)})
    base = _HEADER + _ENTRY * len(cached)
    extension_at = -(-(base + len(strings)) // 4) * 4
    head = _MAGIC + struct.pack(
        "<IIB3xI12x", len(cached), len(strings), _LITTLE_ENDIAN, extension_at
    )
    rows = [
        struct.pack(
            "<iIIIQ",
            entry.flags,
            base + offsets[entry.soname],
            base + offsets[entry.path],
            0,
            _HWCAP_EXTENSION | entry.isa << 32 | hwcaps.index(entry.hwcaps) if entry.hwcaps else 0,
        )
        for entry in cached
    ]
    body = head + b"".join(rows) + strings
    body += b"\0" * (extension_at - len(body))
    return body + _extensions(extension_at, [base + offsets[name] for name in hwcaps], generator)


def resolve(tree: Mapping[str, Entry], path: str) -> str | None:
    """Return where an absolute path leads, with all symlinks followed, without leading slash; None
    if it leads nowhere.
    """
    todo, done, links = [part for part in path.split("/") if part][::-1], "", 0
    while todo:
        part = todo.pop()
        if part in {".", ""}:
            continue
        if part == "..":
            done = posixpath.dirname(done)
            continue
        here = posixpath.join(done, part)
        entry = tree.get(here)
        if entry is None:
            return None
        if entry.type != SYMLINK:
            done = here
            continue
        links += 1
        if links > _LINKS:
            return None
        done = "" if entry.link.startswith("/") else done
        todo += entry.link.split("/")[::-1]
    return done


def compare_names(one: str, other: str) -> int:
    """Compare as glibc's _dl_cache_libcmp does: numbers by value, and digits after everything
    else.
    """
    i = j = 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        if a.isdigit() and b.isdigit():
            end_a, end_b = _digits(one, i), _digits(other, j)
            difference = int(one[i:end_a]) - int(other[j:end_b])
            if difference:
                return difference
            i, j = end_a, end_b
        elif a.isdigit() or b.isdigit():
            return 1 if a.isdigit() else -1
        elif a != b:
            return ord(a) - ord(b)
        else:
            i, j = i + 1, j + 1
    return (ord(one[i]) if i < len(one) else 0) - (ord(other[j]) if j < len(other) else 0)


def _directories(
    tree: Mapping[str, Entry],
    contents: Mapping[str, object],
    texts: Mapping[str, str],
    architecture: str,
) -> list[str]:
    """Return the directories that ldconfig searches, in its order, each once: first those from its
    configuration, then its own.
    """
    triplet = TRIPLETS.get(architecture, architecture)
    seen: set[str] = set()
    directories: list[str] = []
    for directory in (
        *_configured(texts, CONF),
        f"/lib/{triplet}",
        f"/usr/lib/{triplet}",
        "/lib",
        "/usr/lib",
    ):
        real = resolve(tree, directory)
        if real is None or real in seen or tree[real].type != DIRECTORY:
            continue
        seen.add(real)
        prefix = real + "/glibc-hwcaps/"
        directories += sorted(
            f"{directory}/glibc-hwcaps/{path.removeprefix(prefix)}"
            for path in contents
            if path.startswith(prefix)
        )
        directories.append(directory)
    return directories


def _included(texts: Mapping[str, str], conf: str, patterns: Sequence[str]) -> Iterator[str]:
    """Yield the files that match the patterns of an `include` line, relative to its directory."""
    for pattern in patterns:
        glob = posixpath.join(posixpath.dirname(conf), pattern).removeprefix("/")
        yield from sorted(fnmatch.filter(texts, glob))


def _configured(texts: Mapping[str, str], conf: str) -> Iterator[str]:
    for raw in texts.get(conf, "").splitlines():
        line = raw.partition("#")[0].strip()
        word, _, rest = line.partition(" ")
        if word == "include":
            for name in _included(texts, conf, rest.split()):
                yield from _configured(texts, name)
        elif line and word != "hwcap":
            yield line.rstrip("/") or "/"


def _search(
    tree: Mapping[str, Entry],
    known: Mapping[str, SharedLibrary],
    directory: str,
    paths: Sequence[str],
) -> Iterator[Cached]:
    """Yield the libraries of one directory: for each soname the best one, files before links, then
    the newest name.
    """
    chosen: dict[str, tuple[bool, str, SharedLibrary]] = {}
    for path in paths:
        library = known.get(resolve(tree, path) or "")
        if library is None:
            continue
        name = posixpath.basename(path)
        soname = library.soname or name
        link = tree[path].type == SYMLINK
        if link and name != soname:
            # The linker's `.so` is listed under its own name; another link counts as a file.
            link = name.endswith(".so") and soname.startswith(name)
            soname = name if link else soname
        best = chosen.get(soname)
        if (
            best is None
            or (best[0] and not link)
            or (best[0] == link and compare_names(best[1], name) < 0)
        ):
            chosen[soname] = (link, name, library)
    hwcaps = posixpath.basename(directory) if "/glibc-hwcaps/" in directory else ""
    for soname, (_, name, library) in chosen.items():
        yield Cached(
            soname,
            f"{directory}/{name if hwcaps else soname}",
            library.flags,
            library.isa if hwcaps else 0,
            hwcaps,
        )


def _compare(one: Cached, other: Cached) -> int:
    """Order as ldconfig does: names descending, then flags descending, glibc-hwcaps before the
    rest.
    """
    names = compare_names(other.soname, one.soname)
    if names:
        return names
    left, right = (
        (-one.flags, not one.hwcaps, one.hwcaps),
        (-other.flags, not other.hwcaps, other.hwcaps),
    )
    return (left > right) - (left < right)


def _strings(texts: set[str]) -> tuple[dict[str, int], bytes]:
    """Return offsets and bytes of a string table in which a string may be the end of another, as
    glibc lays it out.
    """
    # Sorted from the right, greater bytes first, so that a suffix directly follows its string.
    encoded = sorted(
        (text.encode("utf-8", "surrogateescape") for text in texts),
        key=lambda data: (*(255 - byte for byte in data[::-1]), 256),
    )
    offsets: dict[str, int] = {}
    table, previous, at = bytearray(), b"", 0
    for data in encoded:
        if previous.endswith(data):
            offset = at + len(previous) - len(data)
        else:
            offset = at = len(table)
            table += data + b"\0"
            previous = data
        offsets[data.decode("utf-8", "surrogateescape")] = offset
    return offsets, bytes(table)


def _extensions(at: int, hwcaps: Sequence[int], generator: str) -> bytes:
    """Return the extension block: who wrote the cache, and the names of the glibc-hwcaps
    directories.
    """
    names = struct.pack(f"<{len(hwcaps)}I", *hwcaps)
    start = at + 8 + 16 * (1 + bool(hwcaps))
    sections = struct.pack("<IIII", 0, 0, start + len(names), len(generator.encode()))
    if hwcaps:
        sections += struct.pack("<IIII", 1, 0, start, len(names))
    return (
        struct.pack("<II", _EXTENSION_MAGIC, 1 + bool(hwcaps))
        + sections
        + names
        + generator.encode()
    )


def _digits(text: str, start: int) -> int:
    while start < len(text) and text[start].isdigit():
        start += 1
    return start
