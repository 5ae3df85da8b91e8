"""OCI values and facts about cells. Media types and annotations are those of the OCI image specification 1.1."""

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
"""artifactType of a cell's manifest: config = its summary, layers = its delta, then the rest of its facts."""
SUMMARY = "application/vnd.catalog.cell.summary.v1+json"
FACTS = "application/vnd.catalog.cell.facts.v1+json+zstd"
REF_NAME = "org.opencontainers.image.ref.name"

# Files that a build wrote get this time (1980-01-01, the earliest a zip file can hold); files that came
# with an older time from a package keep it, so that time-stamped .pyc files stay valid.
EPOCH = 315532800

FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR, BLOCK, FIFO = "file", "directory", "symlink", "hardlink", "char", "block", "fifo"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """OCI content descriptor."""

    media_type: str
    digest: str
    """`sha256:<hex>`."""
    size: int
    """Bytes."""
    annotations: Mapping[str, str] = field(default_factory=dict, compare=False)


class Entry(NamedTuple):
    """One path of a filesystem. A tuple, because there are a hundred thousand of them in an image."""

    type: str
    """file, directory, symlink, hardlink, char, block or fifo."""
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
    """Target of a symlink as written; of a hard link as a path of the delta; for devices 'major:minor'."""
    xattrs: tuple[tuple[str, str], ...] = ()
    """Name and base64 of the value, sorted."""


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
    """What the cell adds to files owned by a merger: path -> contribution. Those files are not part of the delta."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Text of the few files of the delta that the seal reads (ld.so.conf)."""
    libraries: tuple[Library, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    """Path -> Debian package that owns it, for the files of the delta."""
    replaces: Mapping[str, Entry] = field(default_factory=dict)
    """Path -> the entry of a layer below that this cell replaced on purpose: it wins over that entry, and over no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image runs, and how it looks from outside. Times are never part of it."""

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
