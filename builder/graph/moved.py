"""What moved between two states of a catalog, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Literal

from builder.graph.model import Graph
from builder.lock.ecosystem import releases
from builder.lock.model import Lock

Blobs = Mapping[str, int]
"""Digest -> size in bytes, of each blob that an engine pulls."""
Fate = Literal["added", "removed", "changed", "same"]
DOWN = "down"
"""The step of a package to an older version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageState:
    """An image of a state."""

    cells: tuple[str, ...]
    about: str
    """A digest of its metadata."""
    blobs: Blobs | None
    """None where it is not built."""


@dataclass(frozen=True, kw_only=True)
class State:
    """A lock, and what is known of the catalog that it is of."""

    name: str
    lock: Lock
    graph: Graph | None = None
    """None where there is only the lock."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Cell -> what it is built from, as a key."""
    blobs: Mapping[str, Blobs] = field(default_factory=dict)
    """Of each cell that is built, its delta."""
    images: Mapping[str, ImageState] = field(default_factory=dict)

    @cached_property
    def releases(self) -> Mapping[str, str]:
        """The numbers of its Debian releases."""
        return releases(self.lock)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageNote:
    """A package that came, went or moved in cells of one layer."""

    change: str
    """added, removed, moved, or replaced: the same version in another file."""
    kind: str
    name: str
    old: str
    new: str
    cells: tuple[str, ...]
    direct: bool | None
    """Whether the layer asks for it; None where nobody knows."""
    step: str = ""
    """Of a move: patch, minor, major, or down."""
    old_size: int | None = None
    """Bytes of its files; None where that is not known."""
    new_size: int | None = None
    archive: bool = False
    """Whether it moved to a version of Debian's security archive."""
    only: bool = False
    """Whether that is of the same upstream version: it does nothing but close vulnerabilities."""
    closes: tuple[str, ...] = ()
    """Vulnerabilities that affect the old version and not the new one."""
    opens: tuple[str, ...] = ()
    """Vulnerabilities that affect the new version and not the old one."""

    @property
    def is_security(self) -> bool:
        """Whether it closes vulnerabilities."""
        return self.archive or bool(self.closes)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellNote:
    """A cell that is another than before."""

    cell: str
    change: Fate
    pull: int | None
    """Bytes that a node pulls that has the old one; None where one of them is not built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerNote:
    """What changed in the cells of one layer."""

    name: str
    cells: tuple[CellNote, ...]
    packages: tuple[PackageNote, ...]
    count: int
    """How many cells it has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNote:
    """What becomes of an image."""

    image: str
    change: Fate
    layers: tuple[str, ...]
    """Those of its layers that change, bottom first; none if only what it says of itself does."""
    pull: int | None
    """Bytes that a node pulls that has the old one; None where one of them is not built."""
    size: int | None
    """Bytes of all its layers; None where it is not built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """What moved between two states."""

    old: str
    new: str
    old_moment: str
    new_moment: str
    layers: tuple[LayerNote, ...]
    images: tuple[ImageNote, ...] | None
    """None where a catalog is not known."""
    checked: bool
    """Whether a database of vulnerabilities was asked."""

    @property
    def packages(self) -> list[PackageNote]:
        """All packages, each once for each layer."""
        return list(chain.from_iterable(layer.packages for layer in self.layers))
