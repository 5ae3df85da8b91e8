"""Which artifacts a layer's coordinates resolve to, by Maven's rules: the nearest wins."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from univers.maven import Version as MavenVersion

from builder.lock.pom import WORD, Dependency, Module, Poms, effective

RANGE = re.compile(r"[\[(][^\[\]()]*[\])](?:,[\[(][^\[\]()]*[\])])*")
BOUNDS = re.compile(r"([\[(])([^\[\]()]*)([\])])")
# What a program needs at run time: not what only its tests need or its container provides.
COMES_ALONG = frozenset({"", "compile", "runtime"})
PARTS = range(3, 6)
MOST_VERSION = 255

Versions = Callable[[str, str], Sequence[str]]
"""Gives all versions of (group, artifact) that a repository has."""


class ResolutionError(ValueError):
    """There is no such artifact, or no version in a range."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Jar:
    """One file of a project: what a dependency resolves to."""

    module: Module
    extension: str = "jar"
    classifier: str = ""

    @property
    def file(self) -> str:
        """The name of the file."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.module.artifact}-{self.module.version}{classifier}.{self.extension}"

    @property
    def path(self) -> str:
        """Where a repository has the file."""
        return f"{self.module.path}/{self.file}"

    def sound(self) -> bool:
        """Tell whether the words may be part of a path."""
        words = [self.extension, *([self.classifier] if self.classifier else [])]
        return self.module.sound() and all(WORD.fullmatch(word) for word in words)


def coordinates(text: str) -> Dependency | None:
    """Return what `group:artifact[:packaging[:classifier]]:version` asks for; None if the text
    has another form. The version may be a range, such as `[3.4,3.5)`.
    """
    parts = text.split(":")
    if len(parts) not in PARTS:
        return None
    group, artifact, *more, version = parts
    words = [*group.split("."), artifact, *more]
    if not all(WORD.fullmatch(word) for word in words):
        return None
    if not (WORD.fullmatch(version) or RANGE.fullmatch(version)) or not is_version(version):
        return None
    extension, classifier = (*more, "jar", "")[:2] if len(more) == 0 else (*more, "")[:2]
    return Dependency(
        group=group,
        artifact=artifact,
        version=version,
        extension=extension,
        classifier=classifier,
    )


def closure(
    asked: Sequence[Dependency],
    poms: Poms,
    versions: Versions,
    *,
    transitive: bool = True,
    exclude: Iterable[tuple[str, str]] = (),
) -> list[Jar]:
    """Return the files that these resolve to: of each project the version nearest to what is asked
    for, the first one among equals.

    Raises:
        ResolutionError: something asked for does not exist.
        PomError: a POM cannot be read.

    """
    everywhere = frozenset(exclude)
    queue = deque((replace(one, exclusions=one.exclusions | everywhere), True) for one in asked)
    chosen: dict[tuple[str, str, str, str], Jar] = {}
    while queue:
        wanted, by_name = queue.popleft()
        if wanted.key in chosen:
            continue
        jar, deeper = _one(wanted, poms, versions, by_name=by_name)
        chosen[wanted.key] = jar
        if transitive:
            queue.extend((entry, False) for entry in deeper)
    return [jar for jar in chosen.values() if jar.extension != "pom"]


def _one(
    wanted: Dependency, poms: Poms, versions: Versions, *, by_name: bool
) -> tuple[Jar, list[Dependency]]:
    """Return the file that a dependency resolves to, and its own dependencies."""
    module = _at_version(wanted, versions)
    pom = poms(module) if module.sound() else None
    if pom is not None and pom.relocation is not None:
        to = pom.relocation
        module = Module(
            to.group or module.group, to.artifact or module.artifact, to.version or module.version
        )
        pom = poms(module) if module.sound() else None
    jar = Jar(module=module, extension=wanted.extension, classifier=wanted.classifier)
    if not jar.sound():
        raise ResolutionError(f"{module.name}:{module.version} is not a valid name of an artifact")
    if pom is None:
        if by_name:
            raise ResolutionError(f"there is no {module.name}:{module.version}")
        return jar, []
    along = [
        replace(entry, exclusions=entry.exclusions | wanted.exclusions)
        for entry in effective(pom, poms).dependencies
        if entry.scope in COMES_ALONG
        and not entry.optional
        and not _excluded(entry, wanted.exclusions)
    ]
    return jar, along


def _excluded(entry: Dependency, exclusions: Iterable[tuple[str, str]]) -> bool:
    return any(
        group in {"*", entry.group} and artifact in {"*", entry.artifact}
        for group, artifact in exclusions
    )


def _at_version(wanted: Dependency, versions: Versions) -> Module:
    """Return the project at the version asked for; for a range, at the newest version in it."""
    if not RANGE.fullmatch(wanted.version):
        return wanted.module
    return replace(wanted, version=fitting(wanted, versions)[0]).module


def fitting(wanted: Dependency, versions: Versions) -> list[str]:
    """Return the released versions in the range that is asked for, the newest first.

    Raises:
        ResolutionError: there are none.

    """
    released = [
        version
        for version in versions(wanted.group, wanted.artifact)
        if is_version(version)
        and within(version, wanted.version)
        and not version.endswith("-SNAPSHOT")
    ]
    if not released:
        raise ResolutionError(
            f"{wanted.group}:{wanted.artifact} has no version in {wanted.version}"
        )
    return sorted(released, key=order, reverse=True)


def within(version: str, ranges: str) -> bool:
    """Tell whether a version is in a range such as `[1.0,2.0)` or `(,1.0],[1.2,)`."""
    return any(_in_bounds(version, *bounds.groups()) for bounds in BOUNDS.finditer(ranges))


def _in_bounds(version: str, opening: str, inside: str, closing: str) -> bool:
    low, comma, high = (part.strip() for part in inside.partition(","))
    if not comma:
        return bool(order(version) == order(low))
    here = order(version)
    above = not low or here > order(low) or (opening == "[" and here == order(low))
    below = not high or here < order(high) or (closing == "]" and here == order(high))
    return bool(above and below)


def order(version: str) -> MavenVersion:
    """Return the sort key of a version, in Maven's order (ComparableVersion).

    Raises:
        ValueError: no repository has such a version.

    """
    if not is_version(version):
        raise ValueError(f"{version[:MOST_VERSION]!r} is not a version of Maven's")
    return MavenVersion(version)  # type: ignore[no-untyped-call]  # univers states none


def is_version(text: str) -> bool:
    """Tell whether a text has the form of a version: what is compared calls itself for each part
    of it.
    """
    return text.isascii() and len(text) <= MOST_VERSION
