"""What describes a kind of artifact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from builder.catalog.model import Layer
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.lock.model import Artifact

Point = Mapping[str, str]
Bytes = Callable[[int, int], bytes]
"""`read(offset, size)` returns bytes of a file, fewer at its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """A kind of file by which installed packages are recognized after a build."""

    ends: tuple[str, ...]
    """Possible ends of its path."""
    path: re.Pattern[str]
    """Matches its whole path, without the leading slash."""
    read: Callable[[str, int, Bytes], Iterable[tuple[str, str]]]
    """From path, size and bytes of a file to the packages that it describes: (name, version)."""
    mode: int = 0
    """Bits of its mode, one of which is set; 0: any mode."""
    tree: bool = False
    """Whether all that is in its directory belongs to the package; else the file alone does."""

    def fits(self, path: str, mode: int) -> bool:
        """Tell whether a file is one of these."""
        if self.mode and not mode & self.mode:
            return False
        return path.endswith(self.ends) and self.path.fullmatch(path) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A package, as a file in an image describes it: for bills of materials."""

    kind: str
    """A row of `builder.kinds.table`."""
    name: str
    version: str
    """Empty where it says none."""
    path: str = ""
    """Of the file, without the leading slash."""
    licences: tuple[str, ...] = ()
    """What it says of its licence, as it is written: the most exact statement first."""
    requires: tuple[str, ...] = ()
    """The packages of its kind that it needs, by name; `a|b`: one of them."""
    provides: tuple[str, ...] = ()
    """Names beside its own by which others may need it."""
    uuid: str = ""
    """What tells it from others of its name, for a package of Julia."""
    source: str = ""
    """Name and version of the source package that it was built from."""
    architecture: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A kind of file in which packages describe themselves. It tells more than a `Trace`, which is
    part of cells' facts: also of packages inside of others, wherever they lie.
    """

    path: re.Pattern[str]
    """Matches its whole path, without the leading slash."""
    read: Callable[[str, IO[bytes]], Iterable[Described]]
    """From the path and the bytes of a file, in which one can move, to what it describes."""
    ends: tuple[str, ...] = ("",)
    """Possible ends of its path."""
    magic: bytes = b""
    """Its first bytes."""
    mode: int = 0
    """Bits of its mode, one of which is set; 0: any mode."""

    def fits(self, path: str, mode: int, head: bytes) -> bool:
        """Tell whether a file is one of these."""
        if self.mode and not mode & self.mode:
            return False
        is_right = head.startswith(self.magic) and path.endswith(self.ends)
        return is_right and self.path.fullmatch(path) is not None


def _nothing(_layer: Layer, _point: Point) -> object:
    return None


def _fine(_text: YamlFile, _layer: Layer) -> Iterator[Problem]:
    yield from ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactKind:
    """A kind of artifact: its key in layer.yaml, and all that is computed from values alone."""

    name: str
    """Names artifacts in the lock, packages in facts, and the row of `builder.resolve.kinds`."""
    key: str = ""
    """The key of layer.yaml. Empty for packages that only come inside packages of other kinds."""
    wishes: Callable[[Layer, Point], object] = _nothing
    """What a layer asks for at a point, as JSON data that does not depend on how it is written. A
    lock is stale once this changes; if it is empty, the layer asks for nothing."""
    check: Callable[[YamlFile, Layer], Iterator[Problem]] = _fine
    """What is wrong with the key's value, beyond its type."""
    package: Callable[[str], str] = str
    """The package that a request names, without the repository or the release that it names."""
    place: Callable[[Artifact], PurePosixPath] | None = None
    """An artifact's path under /artifacts."""
    template: str = ""
    """Instructions of the Dockerfile that install the artifacts. Empty if they are left to a
    layer's `run`."""
    early: bool = False
    """Whether these come before the layer's `prepare`."""
    apart: bool = False
    """Whether its artifacts are for a build of their own, before that of the cell, which does not
    see them."""
    installed: bool = False
    """Whether an image has one version of each package, under the name that layers ask for."""
    of_one_release: str = ""
    """Why a layer that is built once for all releases cannot have the key; empty if it can."""
    follows: Callable[[Iterable[Artifact]], Mapping[str, str]] | None = None
    """Files for the build that follow from the artifacts, and therefore are not in the lock."""
    trace: Trace | None = None
    """How installed packages are recognized; None if bookkeeping records them, or nothing does."""
    statement: Statement | None = None
    """Where installed packages describe themselves; None if bookkeeping does, or nothing."""
    url: str = ""
    """The type of its packages' URLs (purl); empty if none of its artifacts stays in an image."""
    unpacked: bool = False
    """Whether a layer's `run` unpacks its artifacts, which then describe themselves nowhere."""
