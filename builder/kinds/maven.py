"""Java archives and other files from a Maven repository."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import IO, Any

from builder.catalog.conditions import wanted
from builder.catalog.model import Layer
from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.deb822 import fields
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Described, Point, Statement, Trace
from builder.lock import pom
from builder.lock.maven import coordinates
from builder.lock.pom import WORD

PATTERN = re.compile(r"(\*|[A-Za-z0-9_][A-Za-z0-9_.-]*):(\*|[A-Za-z0-9_][A-Za-z0-9_.-]*)")
# Where an archive describes its Maven project.
PROPERTIES = re.compile(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties")
POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.(?:xml|properties)")
Project = tuple[str, str, str]
"""Group, artifact and version."""
KIND = "maven"
CHOICE = " | "
"""Between the licences of which a user takes one."""
MANIFEST = "META-INF/MANIFEST.MF"
SCOPES = {"", "compile", "runtime"}
"""Of dependencies that are there when a program runs."""
NAMED = re.compile(r"(?:.*/)?(?P<artifact>[^/]+?)-(?P<version>\d[^/]*)\.jar")
MAX_PROPERTIES = 1 << 16
MAX_POM = 1 << 20
BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    EOFError,
    zlib.error,
)
"""What is raised for an archive that cannot be read."""


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
    if (told := _installed_of(path, _described(size, read))) is not None:
        group, artifact, version = told
        yield f"{group}:{artifact}" if group else artifact, version


def _installed_of(path: str, described: Sequence[Project]) -> Project | None:
    """Return which of the projects that an archive describes is its own; if none is, the one that
    its file name tells, without a group.
    """
    own = [one for one in described if _names(path, one)]
    chosen = own or (described if len(described) == 1 else [])
    if chosen:
        return chosen[0]
    named = NAMED.fullmatch(path)
    return ("", named["artifact"], named["version"]) if named else None


def _names(path: str, project: Project) -> bool:
    """Tell whether an archive has the name of a project."""
    group, artifact, version = project
    return bool(group) and path.rpartition("/")[2].startswith(f"{artifact}-{version}")


def _described(size: int, read: Bytes) -> list[Project]:
    """Return the projects that an archive describes."""
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
    except BROKEN:
        return []
    projects = (_project(path, text) for path, text in texts.items())
    return [project for project in projects if project is not None]


def _project(path: str, text: str) -> Project | None:
    """Return what a file of properties that Maven wrote into an archive says."""
    place = PROPERTIES.fullmatch(path)
    version = re.search(r"^version=(.+)$", text, re.MULTILINE)
    return (place[1], place[2], version[1].strip()) if place and version else None


def _stated(path: str, stream: IO[bytes]) -> Iterator[Described]:
    """Yield the project of an archive, and those that were packed into it."""
    texts = _texts(stream)
    projects = {
        name: project for name in texts if (project := _project(name, texts[name])) is not None
    }
    told = _installed_of(path, list(projects.values()))
    manifest = _manifest(texts.get(MANIFEST, ""))
    named = NAMED.fullmatch(path)
    if named is not None and told is not None and not _names(path, told):
        # The only project may be one that was packed into it. Maven itself writes the group of
        # an archive as this, if it is asked to.
        group = manifest.get("Implementation-Vendor-Id", "")
        name = f"{group}:{named['artifact']}" if WORD.fullmatch(group) else named["artifact"]
        version, licences = named["version"], _of_bundle(manifest)
        yield Described(kind=KIND, name=name, version=version, path=path, licences=licences)
    for place, (group, artifact, version) in projects.items():
        xml = texts.get(place.replace("pom.properties", "pom.xml"), "")
        is_own = (group, artifact, version) == told and _names(path, told)
        yield Described(
            kind=KIND,
            name=f"{group}:{artifact}",
            version=version,
            path=path,
            licences=(*_of_pom(xml), *(_of_bundle(manifest) if is_own else ())),
            requires=tuple(_needed(xml, group)),
        )


def _texts(stream: IO[bytes]) -> dict[str, str]:
    """Return the texts of an archive that tell of projects; none if it is damaged."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = [entry for entry in archive.infolist() if _is_told(entry)]
            return {
                entry.filename: archive.read(entry).decode("utf-8", "replace") for entry in entries
            }
    except BROKEN:
        return {}


def _is_told(entry: zipfile.ZipInfo) -> bool:
    tells = entry.filename == MANIFEST or POM.fullmatch(entry.filename) is not None
    return tells and entry.file_size <= MAX_POM


def _manifest(text: str) -> dict[str, str]:
    """Return the main attributes of an archive; a line of theirs goes on behind a space."""
    lines = "\n".join(text.splitlines()).replace("\n ", "").partition("\n\n")[0]
    return fields(lines)


def _of_bundle(manifest: Mapping[str, str]) -> tuple[str, ...]:
    """Return the licence that a bundle states (OSGi, 3.2.1.8), without where its text is."""
    licence = manifest.get("Bundle-License", "").partition(";")[0].strip().strip('"')
    return (licence,) if licence and "," not in licence else ()


def _of_pom(text: str) -> tuple[str, ...]:
    """Return the licences that a POM states, of which a user takes one (Maven's POM reference)."""
    try:
        licences = list(pom.document(text).iterfind("licenses/license"))
    except pom.PomError:
        return ()
    statements = []
    for tag in ("name", "url"):
        words = [" ".join((licence.findtext(tag) or "").split()) for licence in licences]
        if words and all(words):
            statements.append(CHOICE.join(words))
    return tuple(statements)


def _needed(text: str, group: str) -> Iterator[str]:
    try:
        dependencies = pom.parse(text).dependencies
    except pom.PomError:
        return
    for one in dependencies:
        is_own = one.group in {"${project.groupId}", "${pom.groupId}"}
        name = f"{group if is_own else one.group}:{one.artifact}"
        if one.scope in SCOPES and not one.optional and "$" not in name:
            yield name


MAVEN = ArtifactKind(
    name=KIND,
    key="maven",
    wishes=_wishes,
    check=_check,
    # The layout of a repository, so that files of two projects with the same name stay apart.
    place=lambda artifact: PurePosixPath("maven", artifact.locator),
    template="maven.j2",
    trace=Trace(ends=(".jar",), path=re.compile(r".*\.jar"), read=_installed),
    statement=Statement(ends=(".jar",), path=re.compile(r".*\.jar"), read=_stated, magic=b"PK"),
    url="maven",
)
