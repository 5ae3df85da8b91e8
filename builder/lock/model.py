"""The lock: what every cell resolved to, at one moment. Plain values.

`builder.lock.file` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.lock import words

NAME = "catalog.lock"
"""The lock's directory, beside catalog.yaml."""
FORMAT = 2


@dataclass(frozen=True, slots=True, order=True)
class Artifact:
    """One file that some cell installs, wherever it comes from.

    `id` is `<kind>:<name>=<version>` plus what makes it unique (architecture, wheel tag), and is
    stable. `locator` finds the file at its `origin` (a named mirror, see `builder.settings`): a
    pool path for Debian, a file name for Python, a package name for npm. A lock holds no URL of a
    registry, and so no host name.
    """

    id: str
    kind: str
    """A row of `builder.kinds.table`: deb, python, npm, …"""
    name: str
    version: str
    origin: str
    """debian, debian-security, pypi, npm, …"""
    locator: str
    digest: str
    """`sha256:<hex>` or `sha512:<hex>`."""
    size: int
    """Bytes, where the origin's index always states it (Debian's does) or a layer does; 0 where
    nobody does: it is unknown then, and not nothing."""
    extra: Mapping[str, str] = field(default_factory=dict, compare=False)

    def checked(self) -> Artifact:
        """Return the artifact itself, once its words were looked at: whoever reads one of a
        document or a registry does.

        Raises:
            IntegrityError: of one of them no path, address or command may be made.

        """
        words.check_artifact(
            self.id,
            kind=self.kind,
            name=self.name,
            version=self.version,
            origin=self.origin,
            locator=self.locator,
            digest=self.digest,
        )
        return self


@dataclass(frozen=True, slots=True)
class Slice:
    """What the lock says about one cell."""

    asks: str
    """sha256 of what the cell asked for when it was resolved. If it has changed since, the lock is
    stale."""
    artifacts: tuple[str, ...]
    """Ids of the artifacts that the cell adds to those of its ancestors, sorted."""
    auto: tuple[str, ...] = ()
    """Debian packages among them that nobody asked for by name."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Further files for the build, by path under /artifacts: a package-lock.json, for example."""

    def __post_init__(self) -> None:
        """Refuse files elsewhere.

        Raises:
            IntegrityError: a path leads out of /artifacts.

        """
        for path in self.files:
            words.check_file(path)


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole lock. `moment` is the newest Date among the archives' Release files (RFC 3339): no
    clock is read.
    """

    moment: str
    artifacts: Mapping[str, Artifact]
    cells: Mapping[str, Slice]
    archives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Debian suites as they were: suite -> {date, inrelease sha256}."""
    accounts: Mapping[str, int] = field(default_factory=dict)
    """System accounts of the whole catalog: name -> id."""
    chunks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Layer -> origin -> number of its chunk (see `builder.lock.chunks`). A layer without origins
    is not divided; of one that is missing, nobody has decided."""


def layer_of(cell: str) -> str:
    """Return the layer of a cell: `tools` for `tools@trixie-amd64`."""
    return cell.partition("@")[0]
