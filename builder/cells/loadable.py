"""What a cell has for the loader and for graphics processors, noted beside its facts: programs and
shared objects, and what frameworks say of CUDA.

    loadable = known(store, summary)
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from builder.cells import checked, notes
from builder.cells.notes import words
from builder.debian import frameworks, objects
from builder.debian.frameworks import Built, Distribution
from builder.debian.model import Summary
from builder.debian.objects import Object
from builder.kinds.elf import MAGIC
from builder.oci.model import Descriptor
from builder.oci.store import Store

PREFIX = "loadable/"
LOADABLE = "application/vnd.catalog.cell.loadable.v1+json+zstd"
FORMAT = 1
"""To be raised when more is read from layers: what was recorded before is read again."""
LONGEST = 8 << 20
"""Bytes of a text that is looked at."""
READ_FOR = (".dist-info/METADATA", "/version.py", "/build_info.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loadable:
    """What is loaded at run time from a cell."""

    objects: tuple[Object, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    built: tuple[Built, ...] = ()


def ref(key: str) -> str:
    """Return the ref under which that of a cell is recorded."""
    return _kind().ref(key)


def known(store: Store, summary: Summary) -> Loadable:
    """Return what is recorded of a cell, or else read its layers and record it. A store that cannot
    be written is read each time.

    Raises:
        IntegrityError: a layer is missing or damaged.

    """
    recorded = recall(store, summary)
    if recorded is None:
        reader = Reader()
        notes.read(store, summary, [reader])
        recorded = reader.record(store, summary)
    return recorded


def recall(store: Store, summary: Summary) -> Loadable | None:
    """Return what is recorded of a cell; None if that is nothing, of another format, of other
    layers, or cannot be understood.
    """
    return notes.recall(store, _kind(), summary, _from)


def understood(store: Store, manifest: Descriptor) -> Loadable:
    """Return what a manifest records.

    Raises:
        IntegrityError: it cannot be read, or is of another format.

    """
    return notes.understood(store, _kind(), manifest, _from)


@dataclass(slots=True)
class Reader:
    """What was seen in layers, by path: a later layer replaces what an earlier one has."""

    objects: dict[str, Object] = field(default_factory=dict)
    distributions: dict[str, Distribution] = field(default_factory=dict)
    built: dict[str, Built] = field(default_factory=dict)

    def wants(self, path: str, member: tarfile.TarInfo, head: bytes) -> bool:
        """Tell whether a member is an object, or a text that tells of CUDA."""
        return head.startswith(MAGIC) or (member.isreg() and path.endswith(READ_FOR))

    def see(self, path: str, member: tarfile.TarInfo, stream: IO[bytes]) -> None:
        """Read one of these."""
        del member
        head = stream.read(len(MAGIC))
        stream.seek(0)
        if head == MAGIC:
            if (one := objects.read(stream, path)) is not None:
                self.objects[path] = one
            return
        text = stream.read(LONGEST).decode("utf-8", "replace")
        if (told := frameworks.distribution(path, text)) is not None:
            self.distributions[path] = told
        if (said := frameworks.built(path, text)) is not None:
            self.built[path] = said

    def record(self, store: Store, summary: Summary) -> Loadable:
        """Record what was seen of a cell, and return it."""
        loadable = Loadable(
            objects=tuple(self.objects[path] for path in sorted(self.objects)),
            distributions=tuple(self.distributions[path] for path in sorted(self.distributions)),
            built=tuple(self.built[path] for path in sorted(self.built)),
        )
        notes.record(store, _kind(), summary, asdict(loadable))
        return loadable


def _kind() -> notes.Kind:
    return notes.Kind(prefix=PREFIX, media_type=LOADABLE, format=FORMAT)


def _from(value: Mapping[str, Any]) -> Loadable:
    return Loadable(
        objects=tuple(_object(one) for one in value["objects"]),
        distributions=tuple(
            Distribution(**{**one, "requires": words(one["requires"])})
            for one in value["distributions"]
        ),
        built=tuple(Built(**one) for one in value["built"]),
    )


def _object(value: Mapping[str, Any]) -> Object:
    lists = {name: words(value[name]) for name in ("needed", "search", "provides", "gpu")}
    requires = {str(name): words(versions) for name, versions in value["requires"].items()}
    path = checked.path(value["path"])
    return Object(**{**value, **lists, "path": path, "requires": requires})
