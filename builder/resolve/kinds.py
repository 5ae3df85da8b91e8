"""The effects of each kind of artifact: how it is resolved, and where its files are. The rows have
the names of those in `builder.kinds.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.fetch import cran as cran_files
from builder.fetch import debian as debian_files
from builder.fetch import julia as julia_files
from builder.fetch import npm as npm_files
from builder.fetch import pypi as python_files
from builder.fetch.locate import Locator
from builder.lock.model import Artifact
from builder.resolve import (
    archive,
    backport,
    cran,
    debian,
    go,
    julia,
    maven,
    npm,
    python,
    source,
    unpacked,
)
from builder.resolve.task import Resolver
from builder.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplier:
    """What asks registries for one kind of artifact."""

    locate: Locator
    resolve: Resolver | None
    """None if the resolver of another kind resolves this one, too."""
    ready: Callable[[Sequence[Path], Settings], None] | None = None
    """Called before files are located, once the files of all other kinds are fetched; it gets their
    paths in the cache."""
    lay: Callable[[Artifact, Path, Path], bool] | None = None
    """Puts an artifact from the cache into the directory that a build sees, if a link to the file
    is not enough; tells whether it did."""


# In the order in which they are resolved: a later kind may use the artifacts of an earlier one (npm
# runs on a wheel's Node.js).
SUPPLIERS: Mapping[str, Supplier] = {
    "backport": Supplier(resolve=backport.resolve, locate=debian_files.locate),
    "deb": Supplier(resolve=debian.resolve, locate=debian_files.locate),
    "build": Supplier(resolve=None, locate=debian_files.locate),
    "builddep": Supplier(resolve=None, locate=debian_files.locate),
    "python": Supplier(resolve=python.resolve, locate=python_files.locate),
    "shared": Supplier(resolve=None, locate=python_files.locate),
    "wheel": Supplier(resolve=unpacked.wheels, locate=python_files.locate),
    "sdist": Supplier(resolve=unpacked.sources, locate=python_files.locate),
    "npm": Supplier(resolve=npm.resolve, locate=npm_files.locate, ready=npm_files.ready),
    "source": Supplier(resolve=source.resolve, locate=debian_files.locate),
    "r": Supplier(resolve=cran.resolve, locate=cran_files.locate),
    "archive": Supplier(resolve=archive.resolve, locate=archive.locate),
    # Julia itself may be an archive.
    "julia": Supplier(resolve=julia.resolve, locate=julia_files.locate),
    "julia-artifact": Supplier(resolve=None, locate=julia_files.locate),
    "maven": Supplier(resolve=maven.resolve, locate=maven.locate),
    "go": Supplier(resolve=go.resolve, locate=go.locate, lay=go.lay),
}
