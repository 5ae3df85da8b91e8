"""Debian source packages of another release, built for the image's own, and what they are built
with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from builder.catalog.model import Layer
from builder.catalog.packages import Backport
from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds.debian import PACKAGE
from builder.kinds.model import ArtifactKind, Point
from builder.lock.deb import file_name
from builder.lock.model import Artifact

KIND, KEY, WITH = "backport", "backports", "builddep"
PROFILES = "nocheck", "nodoc"
LISTS = ("packages", "needs", "build", "without")
NOT_ASKED = {"axis", "when", "instead", "heavy", "adapt"}
"""Keys that decide on nothing that is asked of the archive."""


def _wishes(layer: Layer, _point: Point) -> object:
    """Return what is built at a point: there, a layer has these alone, with their releases."""
    return {
        name: entry.model_dump(mode="json", exclude_defaults=True, exclude=NOT_ASKED)
        for name, entry in sorted(layer.backports.items())
        if entry.source
    }


def _check(text: YamlFile, layer: Layer) -> Iterator[Problem]:
    for name, entry in layer.backports.items():
        for path, word in _words(name, entry):
            if not PACKAGE.fullmatch(_plain(word)):
                message = f"{quoted(word)} is not the name of a Debian package"
                yield text.problem(path, message, key=len(path) == len((KEY, name)))


def _words(name: str, entry: Backport) -> Iterator[tuple[tuple[Key, ...], str]]:
    yield (KEY, name), name
    for key in LISTS:
        for index, word in enumerate(getattr(entry, key)):
            yield (KEY, name, key, index), word


def _plain(word: str) -> str:
    """Return a name with something in place of each value of an axis; what is wrong with braces is
    told elsewhere.
    """
    return word.replace("{", "").replace("}", "")


def profiles(entry: Backport) -> tuple[str, ...]:
    """Return the build profiles of a source package: neither tests nor documentation, and its
    own.
    """
    return tuple(dict.fromkeys((*PROFILES, *entry.profiles)))


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath(KEY, artifact.name, artifact.locator.rpartition("/")[2])


def _with_place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath(WITH, file_name(artifact))


BACKPORT = ArtifactKind(
    name=KIND,
    key=KEY,
    wishes=_wishes,
    check=_check,
    place=_place,
    template="apt.j2",
    early=True,
    apart=True,
    of_one_release="what is built for one release does not fit another",
    url="deb",
)
BUILD_DEPENDENCY = ArtifactKind(name=WITH, place=_with_place, apart=True)
