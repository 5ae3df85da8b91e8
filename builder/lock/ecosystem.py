"""What databases of vulnerabilities call the packages of a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from builder.lock.bound import PYTHON
from builder.lock.model import Artifact, Lock
from builder.lock.osv import CRAN, DEBIAN, GO, JULIA, MAVEN, NPM, PYPI, OsvPackage
from builder.lock.version import DEBIAN as OF_DEBIAN
from builder.lock.version import debian_parts

SECURITY = "debian-security"
"""The origin of what comes from Debian's security archive."""
# A package that Debian's archive compiled once more, from the same source.
REBUILT = re.compile(r"\+b\d+$")
R_PACKAGE = "r-cran-"
GO_MOD = "/go.mod"
TOOLCHAIN = re.compile(r"v0\.0\.1-go(?P<version>[^-]+)\.linux-")
# The package whose major version is that of the release (Debian policy, /etc/debian_version).
BASE_FILES = "deb", "base-files"


def osv_packages(artifact: Artifact, release: str) -> Iterator[OsvPackage]:
    """Yield what OSV calls an artifact; nothing where no ecosystem has it. `release` is the number
    of the Debian release that it is installed on, empty if it is not known.
    """
    name, version = artifact.name, artifact.version
    if artifact.kind in OF_DEBIAN:
        ecosystem = f"{DEBIAN}:{release}" if release else DEBIAN
        yield OsvPackage(ecosystem, source(artifact), REBUILT.sub("", version))
        if name.startswith(R_PACKAGE):
            yield OsvPackage(CRAN, name.removeprefix(R_PACKAGE), debian_parts(version)[1])
    elif artifact.kind in PYTHON:
        yield OsvPackage(PYPI, name, version)
    elif artifact.kind == "npm":
        yield OsvPackage(NPM, name, version)
    elif artifact.kind == "maven":
        yield OsvPackage(MAVEN, name, version)
    elif artifact.kind == "julia":
        yield OsvPackage(JULIA, name, version)
    elif toolchain := TOOLCHAIN.match(version):
        yield OsvPackage(GO, "stdlib", toolchain["version"])
    elif artifact.kind == "go":
        yield OsvPackage(GO, name.removesuffix(GO_MOD), version)


def source(artifact: Artifact) -> str:
    """Return the name of a Debian package's source: the directory that it has in the pool."""
    return PurePosixPath(artifact.locator).parent.name or artifact.name


def releases(lock: Lock) -> Mapping[str, str]:
    """Return the numbers of the Debian releases of a lock: `trixie` -> `13`."""
    numbers: dict[str, str] = {}
    for cell, piece in lock.cells.items():
        there = (lock.artifacts[identifier] for identifier in piece.artifacts)
        for version in (one.version for one in there if (one.kind, one.name) == BASE_FILES):
            number = version.partition(".")[0]
            numbers |= dict.fromkeys(codenames(lock, cell), number)
    return numbers


def codenames(lock: Lock, cell: str) -> list[str]:
    """Return the Debian releases that a cell's labels name."""
    return [label for label in cell.partition("@")[2].split("-") if label in lock.archives]


def release_of(lock: Lock, cell: str, numbers: Mapping[str, str]) -> str:
    """Return the number of the Debian release of a cell; empty if it is not known."""
    return next((numbers[name] for name in codenames(lock, cell) if name in numbers), "")
