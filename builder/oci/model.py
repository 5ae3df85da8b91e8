"""OCI values. Media types and annotations are those of the OCI image specification 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = LAYER_TAR + "+gzip"
LAYER_ZSTD = LAYER_TAR + "+zstd"
CELL = "application/vnd.catalog.cell.v1"
"""artifactType of a cell's manifest: config = its summary, layers = its delta, then the rest of its
facts."""
SUMMARY = "application/vnd.catalog.cell.summary.v2+json"
FACTS = "application/vnd.catalog.cell.facts.v2+json+zstd"
REF_NAME = "org.opencontainers.image.ref.name"

# Files that a build wrote get this time (1980-01-01, the earliest a zip file can hold); files that
# came with an older time from a package keep it, so that time-stamped .pyc files stay valid.
EPOCH = 315532800

FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR, BLOCK, FIFO = (
    "file",
    "directory",
    "symlink",
    "hardlink",
    "char",
    "block",
    "fifo",
)
WHITEOUT = "whiteout"
"""The type of an entry that deletes what a layer below holds at its path, with all below it."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """OCI content descriptor."""

    media_type: str
    digest: str
    """`sha256:<hex>`."""
    size: int
    """Bytes."""
    annotations: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One OCI layer of a delta."""

    blob: Descriptor
    diff_id: str
    """sha256 of the uncompressed tar, with its algorithm prefix."""
    unpacked: int
    """Bytes of the uncompressed tar."""


class Entry(NamedTuple):
    """One path of a filesystem. A tuple, because there are a hundred thousand of them in an
    image.
    """

    type: str
    """file, directory, symlink, hardlink, char, block, fifo or whiteout."""
    mode: int
    """Permission bits, set-id and sticky bits included."""
    uid: int
    gid: int
    mtime: int
    """Whole seconds; EPOCH for directories and for what the build wrote."""
    size: int = 0
    digest: str = ""
    """sha256 hex of a file's bytes; of its target's for a hard link."""
    link: str = ""
    """Target of a symlink as written; of a hard link as a path of the delta; for devices
    'major:minor'."""
    xattrs: tuple[tuple[str, str], ...] = ()
    """Name and base64 of the value, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image runs, and how it looks from outside. Its date comes from its files."""

    architecture: str = "amd64"
    env: Mapping[str, str] = field(default_factory=dict)
    """Without PATH, see `path`."""
    path: tuple[str, ...] = ()
    """Directories in front of the default PATH."""
    user: str = ""
    workdir: str = ""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    expose: tuple[int, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the manifest."""
    stop_signal: str = ""
