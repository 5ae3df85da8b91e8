"""Tar archives: reading the layers an engine wrote, writing deltas that are the same bytes every
time.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import posixpath
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol

import zstandard

from builder.errors import BuilderError, IntegrityError
from builder.oci.model import (
    BLOCK,
    CHAR,
    DIRECTORY,
    FIFO,
    FILE,
    HARDLINK,
    LAYER_GZIP,
    LAYER_TAR,
    LAYER_ZSTD,
    SYMLINK,
    WHITEOUT,
    Descriptor,
    Entry,
)

Compression = Literal["zstd", "gzip", "none"]
MEDIA_TYPES = {"zstd": LAYER_ZSTD, "gzip": LAYER_GZIP, "none": LAYER_TAR}
# A delta is compressed once and pulled many times. Layers hold much that is alike far apart: a
# large window finds it for little time. 2^27 bytes is the largest that decoders take without being
# asked to (zstd's --long), and the memory that they need then.
ZSTD_LEVEL, ZSTD_WINDOW, GZIP_LEVEL = 9, 27, 6
ZSTD_LEAST = 20
CHUNK = 1 << 20
WHITEOUT_PREFIX = ".wh."
"""In front of the name of a file that a layer deletes (OCI image layers, "Whiteouts")."""
OPAQUE = ".wh..wh..opq"
"""Name of the member that empties its directory."""
_XATTR = "SCHILY.xattr."
_TYPES = {
    tarfile.REGTYPE: FILE,
    tarfile.AREGTYPE: FILE,
    tarfile.DIRTYPE: DIRECTORY,
    tarfile.SYMTYPE: SYMLINK,
    tarfile.LNKTYPE: HARDLINK,
    tarfile.CHRTYPE: CHAR,
    tarfile.BLKTYPE: BLOCK,
    tarfile.FIFOTYPE: FIFO,
}
_CODES = {kind: code for code, kind in _TYPES.items() if code != tarfile.AREGTYPE}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a tar as it stands there: an entry without digest, and where its bytes are."""

    path: str
    entry: Entry
    offset: int


def members(stream: IO[bytes], name: str) -> Iterator[Member]:
    """Yield the members of an uncompressed, seekable tar. Paths lose `./` and slashes at both ends;
    the root itself is skipped.

    Raises:
        IntegrityError: it is not a tar, or it ends too early, or a path leaves the root. `name`
        says which in the message.

    """
    try:
        yield from _members(stream)
    except (tarfile.TarError, EOFError, ValueError) as error:
        message = f"{name}: not a readable tar archive: {error}"
        raise IntegrityError(message) from error


def _members(stream: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r:", errorlevel=2) as archive:
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it would grow to every header of the archive
            if path := _clean(info.name):
                yield Member(path, _entry(info), info.offset_data)


def reader(stream: IO[bytes], offset: int = 0) -> Callable[[int, int], bytes]:
    """Return a function that gives `size` bytes at a place of the file, without moving its
    position.
    """
    handle = stream.fileno()
    return lambda at, size: os.pread(handle, size, offset + at)


def header(path: str, entry: Entry) -> bytes:
    """Return the header blocks of an entry: ustar, with PAX records where ustar does not reach; no
    user or group names.
    """
    if entry.type == WHITEOUT:
        directory, name = posixpath.split(path)
        path = posixpath.join(directory, WHITEOUT_PREFIX + name)
        entry = Entry(FILE, 0o644, 0, 0, entry.mtime)
    info = tarfile.TarInfo(path + "/" * (entry.type == DIRECTORY))
    info.type = _CODES[entry.type]
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, entry.mtime
    if entry.type == FILE:
        info.size = entry.size
    elif entry.type in {CHAR, BLOCK}:
        info.devmajor, info.devminor = (int(number) for number in entry.link.split(":"))
    else:
        info.linkname = entry.link
    info.pax_headers = {
        _XATTR + name: base64.b64decode(value).decode("utf-8", "surrogateescape")
        for name, value in entry.xattrs
    }
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...
    def close(self) -> None: ...


class _Hashing:
    """Writes to a file, and knows the hash and the size of what it wrote."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


class Writer:
    """Writes a tar layer; the same entries in the same order give the same bytes."""

    def __init__(self, file: IO[bytes], compression: Compression = "zstd", size: int = 0) -> None:
        """Write to `file`; `size` is about how many bytes will be written: it compresses best when
        that is right.
        """
        self.compression = compression
        self._out = _Hashing(file)
        self._sink = _compressor(self._out, compression, size)
        self._hash, self._size = hashlib.sha256(), 0

    def add(self, path: str, entry: Entry, data: Iterator[bytes] | None = None) -> None:
        """Append an entry; `data` yields exactly `entry.size` bytes of a file.

        Raises:
            BuilderError: `data` has another length.

        """
        self._write(header(path, entry))
        if entry.type != FILE:
            return
        size = 0
        for chunk in data or ():
            self._write(chunk)
            size += len(chunk)
        if size != entry.size:
            message = f"{path}: {size} bytes read, {entry.size} expected"
            raise BuilderError(message)
        self._write(b"\0" * (-size % tarfile.BLOCKSIZE))

    def close(self) -> tuple[Descriptor, str, int]:
        """End the archive; return the blob's descriptor, its diff id and its uncompressed size in
        bytes.
        """
        self._write(b"\0" * (2 * tarfile.BLOCKSIZE))
        if self._sink is not self._out:
            self._sink.close()  # type: ignore[union-attr]  # only a compressor gets here
        digest = "sha256:" + self._out.hash.hexdigest()
        return (
            Descriptor(MEDIA_TYPES[self.compression], digest, self._out.size),
            "sha256:" + self._hash.hexdigest(),
            self._size,
        )

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._sink.write(data)


def decompressed(path: Path, media_type: str) -> IO[bytes]:
    """Open a layer blob for sequential reading of the tar inside.

    Raises:
        BuilderError: its media type is of a compression that is not known.

    """
    if media_type.endswith("zstd"):
        return zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True)
    if media_type.endswith("gzip"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if media_type.endswith("tar"):
        return path.open("rb")
    message = f"layers of type {media_type} cannot be read"
    raise BuilderError(message)


def _compressor(out: _Hashing, compression: Compression, size: int) -> _Hashing | _Sink:
    if compression == "zstd":
        # Not more than the layer itself: unpacking it takes as much memory.
        window = min(max(size.bit_length(), ZSTD_LEAST), ZSTD_WINDOW)
        parameters = zstandard.ZstdCompressionParameters.from_level(
            ZSTD_LEVEL, window_log=window, enable_ldm=True
        )
        compressor = zstandard.ZstdCompressor(compression_params=parameters)
        return compressor.stream_writer(out, closefd=False)  # type: ignore[arg-type]
    if compression == "gzip":
        return gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=out, mtime=0)
    return out


def _clean(name: str) -> str:
    path = name.removeprefix("/")
    while path.startswith("./"):
        path = path[2:]
    path = path.rstrip("/")
    if ".." in path.split("/"):
        message = f"member {name!r} leaves the root"
        raise ValueError(message)
    return "" if path == "." else path


def _entry(info: tarfile.TarInfo) -> Entry:
    kind = _TYPES.get(info.type)
    if kind is None:
        message = f"member {info.name!r} is of an unknown type {info.type!r}"
        raise ValueError(message)
    link = ""
    if kind == SYMLINK:
        link = info.linkname
    elif kind == HARDLINK:
        link = _clean(info.linkname)
    elif kind in {CHAR, BLOCK}:
        link = f"{info.devmajor}:{info.devminor}"
    attributes = (
        (key.removeprefix(_XATTR), value)
        for key, value in info.pax_headers.items()
        if key.startswith(_XATTR)
    )
    xattrs = tuple(
        sorted(
            (key, base64.b64encode(value.encode("utf-8", "surrogateescape")).decode())
            for key, value in attributes
        )
    )
    size = info.size if kind == FILE else 0
    return Entry(
        kind, info.mode & 0o7777, info.uid, info.gid, int(info.mtime), size, "", link, xattrs
    )
