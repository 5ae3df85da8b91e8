"""Layers, libraries and cells made in memory, for the tests of builder.oci."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.cells.delta import normalise
from builder.debian.model import Facts
from builder.oci.model import DIRECTORY, EPOCH, FILE, SYMLINK, Chunk, Descriptor, Entry
from builder.oci.store import Store

BUILT = 1_700_000_000
"""When the builds of these tests start."""
DELTA = Descriptor("application/vnd.oci.image.layer.v1.tar", "sha256:" + "0" * 64, 0)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A member of a layer."""

    kind: bytes = tarfile.REGTYPE
    data: bytes = b""
    mode: int = 0o644
    mtime: int = BUILT + 5
    uid: int = 0
    gid: int = 0
    link: str = ""


Content = dict[str, Made | str]


def file(
    text: str | bytes = "",
    mode: int = 0o644,
    *,
    mtime: int = 1_600_000_000,
    uid: int = 0,
    gid: int = 0,
) -> Made:
    return Made(
        data=text.encode() if isinstance(text, str) else text,
        mode=mode,
        mtime=mtime,
        uid=uid,
        gid=gid,
    )


def directory(mode: int = 0o755, *, mtime: int = BUILT + 5, uid: int = 0, gid: int = 0) -> Made:
    return Made(kind=tarfile.DIRTYPE, mode=mode, mtime=mtime, uid=uid, gid=gid)


def symlink(target: str) -> Made:
    return Made(kind=tarfile.SYMTYPE, link=target, mode=0o777)


def hardlink(target: str) -> Made:
    return Made(kind=tarfile.LNKTYPE, link=target)


def layer(path: Path, content: Mapping[str, Made | str]) -> Path:
    """Write a layer tar as an engine does; a text is a file's."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, value in content.items():
            made = file(value) if isinstance(value, str) else value
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime, info.uid, info.gid = (
                made.kind,
                made.mode,
                made.mtime,
                made.uid,
                made.gid,
            )
            info.linkname, info.size = made.link, len(made.data)
            info.uname = info.gname = "someone"
            archive.addfile(info, io.BytesIO(made.data))
    return path


def built(
    store: Store,
    cell: str,
    content: Mapping[str, Made | str],
    ancestors: Sequence[Facts] = (),
    grouping: Mapping[str, int] | None = None,
) -> Facts:
    """Normalise a build of one layer."""
    source = layer(store.root / "ingest" / f"{cell}.tar", content)
    try:
        return normalise(
            [source],
            cell=cell,
            key=hashlib.sha256(cell.encode()).hexdigest(),
            ancestors=ancestors,
            store=store,
            built_since=BUILT,
            grouping=grouping,
        )
    finally:
        source.unlink()


def facts(
    cell: str,
    entries: Mapping[str, Entry] | None = None,
    bookkeeping: Mapping[str, str] | None = None,
) -> Facts:
    """Facts of a cell that nobody built."""
    return Facts(
        cell=cell,
        key=cell,
        delta=(Chunk(blob=DELTA, diff_id=DELTA.digest, unpacked=0),) if entries else (),
        entries=dict(sorted((entries or {}).items())),
        bookkeeping=bookkeeping or {},
    )


def file_entry(text: str = "", mode: int = 0o644) -> Entry:
    data = text.encode()
    return Entry(FILE, mode, 0, 0, EPOCH, len(data), hashlib.sha256(data).hexdigest())


def directory_entry(mode: int = 0o755) -> Entry:
    return Entry(DIRECTORY, mode, 0, 0, EPOCH)


def symlink_entry(target: str) -> Entry:
    return Entry(SYMLINK, 0o777, 0, 0, EPOCH, link=target)


def library(soname: str = "", needed: Sequence[str] = (), *, isa: int = 0) -> bytes:
    """A minimal x86-64 shared object: a header, three segments, a dynamic section, and an ISA
    property when `isa` is given."""
    strings = bytearray(b"\0")
    offsets = {}
    for text in (soname, *needed):
        offsets[text] = len(strings)
        strings += text.encode() + b"\0"
    tags = [(1, offsets[name]) for name in needed] + ([(14, offsets[soname])] if soname else [])
    header, table = 64, 56 * (3 if isa else 2)
    note = (
        struct.pack("<III4s", 4, 16, 5, b"GNU\0")
        + struct.pack("<III4x", 0xC0008002, 4, (1 << (isa + 1)) - 1)
        if isa
        else b""
    )
    note_at = header + table
    dynamic_at = -(-(note_at + len(note)) // 8) * 8
    dynamic_size = 16 * (len(tags) + 3)
    strings_at = dynamic_at + dynamic_size
    tags += [(5, strings_at), (10, len(strings)), (0, 0)]
    size = strings_at + len(strings)
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, header, 0, 0, 64, 56, table // 56, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096)
    segments += struct.pack(
        "<IIQQQQQQ", 2, 6, dynamic_at, dynamic_at, dynamic_at, dynamic_size, dynamic_size, 8
    )
    if isa:
        segments += struct.pack(
            "<IIQQQQQQ", 0x6474E553, 4, note_at, note_at, note_at, len(note), len(note), 8
        )
    body = head + segments + note
    body += bytes(dynamic_at - len(body)) + b"".join(struct.pack("<QQ", *pair) for pair in tags)
    return body + bytes(strings)
