"""Debian packages, installed or only unpacked by a layer's `run`, and source packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builder.catalog.origins import parted
from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.catalog.words import ORIGIN
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind
from builder.lock.deb import file_name
from builder.lock.model import Artifact

# Debian policy 5.6.1.
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
RELEASE = re.compile(r"[a-z][a-z0-9-]*")


def _check(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    name, repository = parted(package)
    is_elsewhere = bool(repository) and re.fullmatch(ORIGIN, repository) is not None
    if PACKAGE.fullmatch(package) or (PACKAGE.fullmatch(name) and is_elsewhere):
        return
    bare = re.split(r"[=:/ (]", package)[0]
    hint = ""
    if PACKAGE.fullmatch(package.lower()):
        hint = f"write {quoted(package.lower())}"
    elif bare != package and PACKAGE.fullmatch(bare):
        hint = f"write {bare!r}; versions come from the lock"
    yield text.problem(path, f"{quoted(package)} is not the name of a Debian package", hint)


def _package(request: str) -> str:
    return parted(request)[0]


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath(artifact.kind, file_name(artifact))


DEB = ArtifactKind(
    name="deb",
    key="apt",
    wishes=requests.wishes("apt"),
    check=requests.check("apt", _check),
    package=_package,
    place=_place,
    template="apt.j2",
    early=True,
    installed=True,
    of_one_release="Debian packages belong to one release",
    url="deb",
)


def _source_check(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    name, _, release = package.partition("/")
    if not PACKAGE.fullmatch(name) or not RELEASE.fullmatch(release):
        message = f"{quoted(package)} is no source package and its release"
        yield text.problem(
            path, message, f"write it as {name.lower() or 'package'}/sid, for example"
        )


def _source_place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath("sources", artifact.name, artifact.locator.rpartition("/")[2])


BUILD = ArtifactKind(
    name="build",
    key="build",
    wishes=requests.wishes("build"),
    check=requests.check("build", _check),
    package=_package,
    place=_place,
)
SOURCE = ArtifactKind(
    name="source",
    key="sources",
    wishes=requests.wishes("sources"),
    check=requests.check("sources", _source_check),
    package=_package,
    place=_source_place,
    url="deb",
    unpacked=True,
)
