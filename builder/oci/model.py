"""OCI values and facts about cells. Media types and annotations are those of the OCI image specification 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = LAYER_TAR + "+gzip"
LAYER_ZSTD = LAYER_TAR + "+zstd"
CELL = "application/vnd.catalog.cell.v1"
"""artifactType of a cell's manifest: config = its facts (JSON), one layer = its delta."""
FACTS = "application/vnd.catalog.cell.facts.v1+json"

# Files that a build wrote get this time (1980-01-01, the earliest a zip file can hold); files that came
# with an older time from a package keep it, so that time-stamped .pyc files stay valid.
EPOCH = 315532800


@dataclass(frozen=True, slots=True)
class Descriptor:
    """OCI content descriptor."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a delta. Two entries agree when they are equal, but for `mtime` of directories, which is always EPOCH."""

    type: Literal["file", "directory", "symlink", "hardlink", "char", "block", "fifo", "whiteout"]
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int = 0
    digest: str = ""
    """sha256 hex of a file's bytes."""
    link: str = ""
    """Target of a symlink or hard link; for devices, 'major:minor'."""
    xattrs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library as ldconfig sees it: what /etc/ld.so.cache needs to know."""

    soname: str
    path: str
    flags: int
    hwcap: int = 0
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cell without unpacking it; recorded when it is built."""

    cell: str
    key: str
    diff_id: str
    """sha256 of the uncompressed delta, with its algorithm prefix."""
    entries: Mapping[str, Entry]
    """Absolute path without the leading slash -> entry."""
    bookkeeping: Mapping[str, str]
    """Files owned by a merger, as they were in the cell's root after its build: path -> text. Not part of the delta."""
    libraries: tuple[Library, ...] = ()
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kind (deb, python, npm, r) -> name -> version, of what the cell adds."""
