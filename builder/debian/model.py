"""What is known of a cell without unpacking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.oci.model import Chunk, Entry


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """A regular file that is a shared library, as ldconfig sees it."""

    path: str
    soname: str
    """DT_SONAME; empty if it has none."""
    flags: int
    """Flags of its entry in ld.so.cache."""
    isa: int = 0
    """x86 ISA level it needs, 0 for the baseline."""
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The small part of a cell's facts: enough for lists, plans and image configurations."""

    cell: str
    key: str
    delta: tuple[Chunk, ...]
    """The OCI layers of the delta, bottom first; none if the cell adds nothing."""
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kind (deb, python, npm, r) -> name -> version, of what the cell adds."""

    @property
    def size(self) -> int:
        """Bytes of the delta, compressed."""
        return sum(chunk.blob.size for chunk in self.delta)

    @property
    def unpacked(self) -> int:
        """Bytes of the delta as uncompressed tars."""
        return sum(chunk.unpacked for chunk in self.delta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Summary):
    """What is known of a cell without unpacking it; recorded when it is built."""

    entries: Mapping[str, Entry]
    """Path without leading slash -> entry, sorted: exactly what the delta holds. A whiteout has the
    path that it deletes."""
    bookkeeping: Mapping[str, str] = field(default_factory=dict)
    """What the cell adds to files owned by a merger: path -> contribution. Those files are not part
    of the delta."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Text of the few files of the delta that the seal reads (ld.so.conf)."""
    libraries: tuple[SharedLibrary, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    """Path -> Debian package that owns it, for the files of the delta."""
    on: tuple[str, ...] = ()
    """Ids of the cells that it was built on, all the way down."""
    replaces: Mapping[str, Entry] = field(default_factory=dict)
    """Path -> the entry of a cell in `on` that this cell replaced or deleted on purpose: it wins
    over that entry, but over no other. For a deleted directory, every path in it."""
