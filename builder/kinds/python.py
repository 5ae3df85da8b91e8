"""Python distributions, installed; wheels and sources that are left to a layer's `run`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO

from packaging.markers import Marker
from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.deb822 import field
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Described, Statement, Trace
from builder.lock.model import Artifact
from builder.lock.wheel import MACHINES, requirements
from builder.redact import redact

REQUIREMENTS = "requirements.txt"
METADATA = re.compile(
    r"(?:.*/)?(?:site|dist)-packages/[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)"
)

ANYWHERE = re.compile(r"(?:.*/)?[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)")
VERSION = re.compile(r"(?:.*/)?python(3\.\d+)/.*")
"""A path below the packages of one Python."""
LICENCE = "License :: "
VAGUE = "License :: OSI Approved"
"""A classifier that says nothing of which licence it is."""
MOST = 4 << 20
"""Bytes of metadata that are read."""
SHOWN = 200
"""Characters of a statement on a licence: some have all its text there."""


def distribution(text: str) -> str:
    """Return the distribution that a requirement names; the text itself where it is none."""
    try:
        return Requirement(text).name
    except InvalidRequirement:
        return text


def address(text: str) -> str:
    """Return the address in a requirement; empty where it has none, or is no requirement."""
    try:
        return Requirement(text).url or ""
    except InvalidRequirement:
        return ""


def _check(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    try:
        address = Requirement(package).url or ""
        # What is behind a # is the hash of the file, or its place in an archive.
        if redact(address.partition("#")[0]) != address.partition("#")[0]:
            yield text.problem(
                path,
                f"{quoted(package)} has a URL with a user or a query, which would be in the lock"
                " for all to read",
                "ask for it by its name, and let the index have it",
            )
    except InvalidRequirement as error:
        why = str(error).splitlines()[0].rstrip(":.")
        yield text.problem(
            path,
            f"{quoted(package)} is not a Python requirement (PEP 508): {why}",
            "for example: numpy>=2",
        )


def _requirements(artifacts: Iterable[Artifact]) -> Mapping[str, str]:
    pinned = requirements(artifacts)
    return {REQUIREMENTS: pinned} if pinned else {}


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    """Read name and version of a distribution from its metadata."""
    text = read(0, size).decode("utf-8", "replace")
    yield field(text, "Name") or "", field(text, "Version") or ""


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    raw, _ = parse_email(stream.read(MOST))
    name, version = raw.get("name", ""), raw.get("version", "")
    if name and version:
        yield Described(
            kind="python",
            name=name,
            version=version,
            path=path,
            licences=tuple(_licences(raw)),
            requires=tuple(dict.fromkeys(_needed(path, raw))),
        )


def _licences(raw: RawMetadata) -> Iterator[str]:
    """Yield what metadata says of the licence, the most exact statement first (PEP 639)."""
    if expression := raw.get("license_expression", "").strip():
        yield expression
    text = raw.get("license", "").strip()
    if text and "\n" not in text and len(text) <= SHOWN:
        yield text
    classifiers = [one for one in raw.get("classifiers", []) if one.startswith(LICENCE)]
    exact = [one for one in classifiers if one != VAGUE]
    if exact:
        # Several may mean that one can choose, or that all hold: nothing says which.
        yield "; ".join(exact)


def _needed(path: str, raw: RawMetadata) -> Iterator[str]:
    """Yield the distributions that one needs, as far as that depends on its Python alone."""
    version = VERSION.fullmatch(path)
    for line in raw.get("requires_dist", []):
        try:
            requirement = Requirement(line)
        except (InvalidRequirement, RecursionError):
            continue
        marker = requirement.marker
        if marker is None or (version and _holds(marker, version[1])):
            yield canonicalize_name(requirement.name)


def _holds(marker: Marker, version: str) -> bool:
    """Tell whether a marker holds for a Python in an image, whatever its processor is: what is for
    another one is not there to be needed. One that compares what cannot be compared does not hold.
    """
    try:
        return any(marker.evaluate(_environment(version, machine)) for machine in MACHINES.values())
    except (ValueError, RecursionError):
        return False


def _environment(version: str, machine: str) -> dict[str, str]:
    """Return all that markers may ask for (PEP 508): nothing is taken of this machine."""
    return {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


PYTHON = ArtifactKind(
    name="python",
    key="python",
    wishes=requests.wishes("python"),
    check=requests.check("python", _check),
    place=lambda artifact: PurePosixPath("python", artifact.locator),
    template="python.j2",
    installed=True,
    of_one_release="they are installed into the Python of one release",
    follows=_requirements,
    trace=Trace(ends=("METADATA", "PKG-INFO", "egg-info"), path=METADATA, read=_installed),
    statement=Statement(ends=("METADATA", "PKG-INFO", "egg-info"), path=ANYWHERE, read=_described),
    url="pypi",
)
SHARED = ArtifactKind(
    name="shared",
    key="shared",
    wishes=requests.wishes("shared"),
    check=requests.check("shared", _check),
    place=lambda artifact: PurePosixPath("wheels", artifact.locator),
    installed=True,
    url="pypi",
    unpacked=True,
)
WHEEL = ArtifactKind(
    name="wheel",
    key="wheels",
    wishes=requests.wishes("wheels"),
    check=requests.check("wheels", _check),
    place=lambda artifact: PurePosixPath("wheels", artifact.locator),
    url="pypi",
    unpacked=True,
)
SDIST = ArtifactKind(
    name="sdist",
    key="sdists",
    wishes=requests.wishes("sdists"),
    check=requests.check("sdists", _check),
    place=lambda artifact: PurePosixPath("sdists", artifact.locator),
    url="pypi",
    unpacked=True,
)
