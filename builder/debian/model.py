"""What is known of a cell without unpacking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.oci.model import Descriptor, Entry


@dataclass(frozen=True, slots=True)
class Library:
    """A regular file that is a shared library, as ldconfig sees it."""

    path: str
    soname: str
    """DT_SONAME; empty when it has none."""
    flags: int
    """The flags of its entry in ld.so.cache."""
    isa: int = 0
    """x86 ISA level it needs, 0 for the baseline."""
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The small part of a cell's facts: enough for lists, plans and image configurations."""

    cell: str
    key: str
    delta: Descriptor
    """The blob of the delta, compressed."""
    diff_id: str
    """sha256 of the uncompressed delta, with its algorithm prefix."""
    unpacked: int
    """Bytes of the uncompressed delta."""
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kind (deb, python, npm, r) -> name -> version, of what the cell adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Summary):
    """What is known of a cell without unpacking it; recorded when it is built."""

    entries: Mapping[str, Entry]
    """Path without leading slash -> entry, sorted: exactly what the delta's tar holds."""
    bookkeeping: Mapping[str, str] = field(default_factory=dict)
    """What the cell adds to files owned by a merger: path -> contribution. Those files are not part
    of the delta."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Text of the few files of the delta that the seal reads (ld.so.conf)."""
    libraries: tuple[Library, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    """Path -> Debian package that owns it, for the files of the delta."""
    replaces: Mapping[str, Entry] = field(default_factory=dict)
    """Path -> the entry of a layer below that this cell replaced on purpose: it wins over that
    entry, and over no other."""
