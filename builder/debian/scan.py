"""First pass over the layers of a build: their contents, squashed into one tree, without any file's
bytes in memory.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from builder.debian import elf, keystore
from builder.debian.mergers import merger_of
from builder.debian.model import SharedLibrary
from builder.debian.paths import volatile
from builder.errors import BuilderError
from builder.kinds.table import packages_told_by
from builder.oci.model import DIRECTORY, EPOCH, FILE, HARDLINK, SYMLINK, Entry
from builder.oci.tar import CHUNK, OPAQUE, WHITEOUT_PREFIX, Member, members, reader

_LIBRARY = re.compile(r"(?:lib|ld-)[^/]*\.so(?:\.[^/]*)?")
CONFIGURATION = re.compile(r"etc/ld\.so\.conf(?:\.d/[^/]+\.conf)?")
LIST = re.compile(r"var/lib/dpkg/info/([^/:]+)(?::[^/]+)?\.list")
_PYC_HEAD = 16
_USR = ("bin/", "sbin/", "lib/", "lib64/", "lib32/", "libx32/")


@dataclass(slots=True)
class Item:
    """A path of the build, and where its bytes are."""

    entry: Entry
    layer: int = 0
    offset: int = 0
    head: bytes = b""
    """Bytes that replace the first ones of the file."""
    whole: bytes | None = None
    """Bytes that replace the whole file."""


@dataclass(slots=True)
class Scan:
    """What the layers of a build contain, taken together."""

    items: dict[str, Item] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    """Paths that the build removed."""
    foreign: set[str] = field(default_factory=set)
    """Removed paths that no earlier step of the build wrote: they should exist below."""
    named: set[str] = field(default_factory=set)
    """Paths of files that the build made with the name of a whiteout: `etc/.wh.x`."""
    emptied: set[str] = field(default_factory=set)
    """Directories of which the build removed all earlier contents."""
    bookkeeping: dict[str, str] = field(default_factory=dict)
    """Text of the files that mergers own, as the build left them; empty if it removed them."""
    texts: dict[str, str] = field(default_factory=dict)
    """Text of the packages' lists of files, and of the configuration of ldconfig."""
    packages: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """Path -> the packages that the file describes: (kind, name, version)."""
    libraries: list[SharedLibrary] = field(default_factory=list)


def scan(layers: Sequence[IO[bytes]], *, built_since: int) -> Scan:
    """Squash these uncompressed tars, bottom first, and read what facts need.

    Times at or after `built_since` (seconds since 1970) become EPOCH. Volatile paths are left out.

    Raises:
        IntegrityError: a layer is not a readable tar.
        BuilderError: a hard link leads nowhere.

    """
    scanned = Scan()
    for index, stream in enumerate(layers):
        _stack(scanned, index, list(members(stream, f"layer {index + 1} of the build")))
    _resolve_hardlinks(scanned)
    for path in [
        path
        for path, item in scanned.items.items()
        if volatile(path, directory=item.entry.type == DIRECTORY)
    ]:
        del scanned.items[path]
    readers = [reader(stream) for stream in layers]
    for path, item in list(scanned.items.items()):
        _read(scanned, path, item, readers[item.layer], built_since)
    for path in scanned.removed:
        if path not in scanned.bookkeeping and merger_of(path) is not None:
            scanned.bookkeeping[path] = ""
    return scanned


def content(item: Item, layers: Sequence[IO[bytes]]) -> Iterator[bytes]:
    """Yield a file's bytes as the delta holds them."""
    if item.whole is not None:
        yield item.whole
        return
    at = reader(layers[item.layer], item.offset)
    yield item.head
    yield from _chunks(at, len(item.head), item.entry.size)


def usr(path: str) -> str:
    """Return where a path is on a system whose /bin, /lib and so on are links into /usr."""
    return "usr/" + path if path.startswith(_USR) else path


def _stack(scanned: Scan, index: int, layer: Sequence[Member]) -> None:
    """Put one layer on top of those below it: first what it removes, then what it adds."""
    added: dict[str, Item] = {}
    for member in layer:
        directory, name = posixpath.split(member.path)
        if name == OPAQUE:
            scanned.emptied.add(directory)
            _prune(scanned.items, directory)
        elif name.startswith(WHITEOUT_PREFIX) and _is_whiteout(member):
            path = posixpath.join(directory, name.removeprefix(WHITEOUT_PREFIX))
            scanned.removed.add(path)
            written = scanned.items.pop(path, None) is not None
            if not _prune(scanned.items, path) and not written:
                scanned.foreign.add(path)
        elif name.startswith(WHITEOUT_PREFIX):
            scanned.named.add(member.path)
        else:
            added[member.path] = Item(member.entry, index, member.offset)
    for path, item in added.items():
        below = scanned.items.pop(path, None)
        if below is not None and below.entry.type == DIRECTORY and item.entry.type != DIRECTORY:
            _prune(scanned.items, path)
    scanned.items.update(added)


def _is_whiteout(member: Member) -> bool:
    """Tell whether a member can be a whiteout, which is always an empty file."""
    return member.entry.type == FILE and not member.entry.size


def _prune(items: dict[str, Item], directory: str) -> bool:
    """Remove what is in a directory; tell whether there was anything."""
    inside = [path for path in items if path.startswith(directory + "/")]
    for path in inside:
        del items[path]
    return bool(inside)


def _resolve_hardlinks(scanned: Scan) -> None:
    """Turn every hard link into a file that shares its bytes with the first one; `delta` makes them
    links again.
    """
    for path, item in scanned.items.items():
        if item.entry.type != HARDLINK:
            continue
        target = scanned.items.get(item.entry.link)
        if target is None or target.entry.type != FILE:
            message = f"/{path} is a hard link to /{item.entry.link}, which the build did not write"
            raise BuilderError(message, hint="make a copy or a symbolic link instead")
        item.entry, item.layer, item.offset = target.entry, target.layer, target.offset


def _read(
    scanned: Scan, path: str, item: Item, at_layer: Callable[[int, int], bytes], built_since: int
) -> None:
    """Normalise an entry, hash its file, and collect what facts need of it."""
    entry = item.entry
    merger = merger_of(path)
    mtime = EPOCH if entry.type == DIRECTORY or entry.mtime >= built_since else entry.mtime
    if entry.type != FILE:
        item.entry = entry._replace(
            mtime=mtime, mode=0o777 if entry.type == SYMLINK else entry.mode
        )
        if entry.type == SYMLINK and merger is not None and merger.links:
            scanned.bookkeeping[path] = entry.link
            del scanned.items[path]
        return

    def at(offset: int, size: int) -> bytes:
        return at_layer(item.offset + offset, max(0, min(size, entry.size - offset)))

    if merger is not None and not merger.links:
        scanned.bookkeeping[path] = at(0, entry.size).decode("utf-8", "surrogateescape")
        del scanned.items[path]
        return
    _rewrite(path, item, at, built_since)
    size = entry.size if item.whole is None else len(item.whole)
    digest = hashlib.sha256(item.whole or item.head)
    if item.whole is None:
        for chunk in _chunks(at, len(item.head), entry.size):
            digest.update(chunk)
    item.entry = entry._replace(mtime=mtime, size=size, digest=digest.hexdigest())
    if told := list(packages_told_by(path, entry.mode, entry.size, at)):
        scanned.packages[path] = told
    if CONFIGURATION.fullmatch(path) or LIST.fullmatch(path):
        scanned.texts[path] = at(0, entry.size).decode("utf-8", "replace")
    elif _LIBRARY.fullmatch(posixpath.basename(path)) and (library := elf.read(at)):
        scanned.libraries.append(
            SharedLibrary(path, library.soname, library.flags, library.isa, library.needed)
        )


def _rewrite(path: str, item: Item, at: Callable[[int, int], bytes], built_since: int) -> None:
    """Remove the time of the build from files that are known to contain it."""
    if path.endswith(".pyc"):
        head = at(0, _PYC_HEAD)
        flags, stamp = struct.unpack_from("<II", head, 4) if len(head) == _PYC_HEAD else (1, 0)
        if flags == 0 and stamp >= built_since:
            # The build wrote its source, too, which gets EPOCH; Python compares the two.
            item.head = head[:8] + struct.pack("<I", EPOCH) + head[12:]
    elif path == keystore.PATH:
        item.whole = keystore.normalise(at(0, item.entry.size))


def _chunks(at: Callable[[int, int], bytes], start: int, end: int) -> Iterator[bytes]:
    while start < end:
        chunk = at(start, min(CHUNK, end - start))
        if not chunk:
            return
        yield chunk
        start += len(chunk)
