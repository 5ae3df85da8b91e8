"""Python distributions, installed; wheels and sources that are left to a layer's `run`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.deb822 import field
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Trace
from builder.lock.model import Artifact
from builder.lock.wheel import requirements
from builder.redact import redact

REQUIREMENTS = "requirements.txt"
METADATA = re.compile(
    r"(?:.*/)?(?:site|dist)-packages/[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)"
)


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
)
SHARED = ArtifactKind(
    name="shared",
    key="shared",
    wishes=requests.wishes("shared"),
    check=requests.check("shared", _check),
    place=lambda artifact: PurePosixPath("wheels", artifact.locator),
    installed=True,
)
WHEEL = ArtifactKind(
    name="wheel",
    key="wheels",
    wishes=requests.wishes("wheels"),
    check=requests.check("wheels", _check),
    place=lambda artifact: PurePosixPath("wheels", artifact.locator),
)
SDIST = ArtifactKind(
    name="sdist",
    key="sdists",
    wishes=requests.wishes("sdists"),
    check=requests.check("sdists", _check),
    place=lambda artifact: PurePosixPath("sdists", artifact.locator),
)
