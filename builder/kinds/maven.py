"""Java archives and other files from a Maven repository."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from builder.catalog.conditions import wanted
from builder.catalog.model import Layer
from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Point, Trace
from builder.lock.maven import coordinates

PATTERN = re.compile(r"(\*|[A-Za-z0-9_][A-Za-z0-9_.-]*):(\*|[A-Za-z0-9_][A-Za-z0-9_.-]*)")
# Where an archive describes its Maven project.
PROPERTIES = re.compile(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties")
NAMED = re.compile(r"(?:.*/)?(?P<artifact>[^/]+?)-(?P<version>\d[^/]*)\.jar")
MAX_PROPERTIES = 1 << 16


def _wishes(layer: Layer, point: Point) -> object:
    maven = layer.maven
    if maven is None:
        return None
    return {
        "artifacts": sorted(wanted(maven.artifacts, point)),
        "transitive": maven.transitive,
        "exclude": sorted(maven.exclude),
    }


def _check(text: YamlFile, layer: Layer) -> Iterator[Problem]:
    maven = layer.maven
    if maven is None:
        return
    for (_, *rest), package in requests.places("artifacts", maven.artifacts):
        yield from _check_coordinates(text, ("maven", "artifacts", *rest), package)
    for index, pattern in enumerate(maven.exclude):
        if not PATTERN.fullmatch(pattern):
            yield text.problem(
                ("maven", "exclude", index),
                f"{quoted(pattern)} is not group:artifact",
                "for example: org.slf4j:*",
            )


def _check_coordinates(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    if coordinates(package) is None:
        yield text.problem(
            path,
            f"{quoted(package)} is not group:artifact[:packaging[:classifier]]:version",
            "for example: org.postgresql:postgresql:42.7.4",
        )


class _Window(io.RawIOBase):
    """A file of a build as a stream that can be read from any place."""

    def __init__(self, size: int, read: Bytes) -> None:
        self._size, self._read, self._at = size, read, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  io's own signature
        into = memoryview(buffer).cast("B")
        data = self._read(self._at, max(0, min(len(into), self._size - self._at)))
        into[: len(data)] = data
        self._at += len(data)
        return len(data)


def _installed(path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    """Yield the project of an archive: from what Maven wrote into it, else from its file name.

    An archive may contain descriptions of several projects; its own one matches its file name.
    """
    file = path.rpartition("/")[2]
    described = _described(size, read)
    own = [
        (group, artifact, version)
        for group, artifact, version in described
        if file.startswith(f"{artifact}-{version}")
    ]
    chosen = own or (described if len(described) == 1 else [])
    if chosen:
        group, artifact, version = chosen[0]
        yield f"{group}:{artifact}", version
    elif named := NAMED.fullmatch(path):
        yield named["artifact"], named["version"]


def _described(size: int, read: Bytes) -> list[tuple[str, str, str]]:
    """Return the projects that an archive describes: (group, artifact, version)."""
    try:
        with zipfile.ZipFile(io.BufferedReader(_Window(size, read))) as archive:
            entries = [
                entry for entry in archive.infolist() if PROPERTIES.fullmatch(entry.filename)
            ]
            texts = {
                entry.filename: archive.read(entry).decode("utf-8", "replace")
                for entry in entries
                if entry.file_size <= MAX_PROPERTIES
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        return []
    projects = []
    for path, text in texts.items():
        place = PROPERTIES.fullmatch(path)
        version = re.search(r"^version=(.+)$", text, re.MULTILINE)
        if place and version:
            projects.append((place[1], place[2], version[1].strip()))
    return projects


MAVEN = ArtifactKind(
    name="maven",
    key="maven",
    wishes=_wishes,
    check=_check,
    # The layout of a repository, so that files of two projects with the same name stay apart.
    place=lambda artifact: PurePosixPath("maven", artifact.locator),
    template="maven.j2",
    trace=Trace(ends=(".jar",), path=re.compile(r".*\.jar"), read=_installed),
)
