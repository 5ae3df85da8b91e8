"""What databases of vulnerabilities call the packages of an image."""

from __future__ import annotations

from collections.abc import Mapping

from builder.kinds.go import LIBRARY
from builder.kinds.model import Described
from builder.kinds.table import BY_NAME
from builder.lock.ecosystem import REBUILT
from builder.lock.osv import CRAN, CRATES, DEBIAN, GO, JULIA, MAVEN, NPM, PYPI, OsvPackage
from builder.sbom.bill import url_of
from builder.vulnerabilities.model import Held

ECOSYSTEMS: Mapping[str, str] = {
    "pypi": PYPI,
    "npm": NPM,
    "maven": MAVEN,
    "golang": GO,
    "cran": CRAN,
    "cargo": CRATES,
    "julia": JULIA,
}
"""Type of package URL -> ecosystem, where both have the same names and versions."""
OF_DEBIAN = "deb"
VERSION = "VERSION_ID"
"""The field of os-release with the number of the Debian release."""


def held(package: Described, cell: str, release: Mapping[str, str]) -> Held:
    """Return a package that a cell describes; `release` are the fields of os-release."""
    return Held(
        kind=package.kind,
        name=package.name,
        version=package.version,
        url=url_of(package, release),
        cell=cell,
        osv=named(package, release.get(VERSION, "")),
    )


def named(package: Described, release: str) -> OsvPackage | None:
    """Return what databases call a package; None where no ecosystem has it, or it has no version.
    `release` is the number of the Debian release, empty if it is not known.
    """
    kind = BY_NAME[package.kind].url
    if kind == OF_DEBIAN:
        source, _, version = package.source.partition(" ")
        ecosystem = f"{DEBIAN}:{release}" if release else DEBIAN
        known = version or REBUILT.sub("", package.version)
        return OsvPackage(ecosystem, source or package.name, known)
    if kind not in ECOSYSTEMS or not package.version:
        return None
    is_library = package.name == LIBRARY and ECOSYSTEMS[kind] == GO
    version = package.version.removeprefix("go") if is_library else package.version
    return OsvPackage(ECOSYSTEMS[kind], package.name, version)
