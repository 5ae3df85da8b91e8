"""The catalogs that one extends, from the first one to the catalog itself: its levels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder import confined
from builder.catalog import document, source
from builder.catalog.document import Reading
from builder.catalog.fork import KEYS, Fetched, Fork, GitUpstream, OciUpstream
from builder.catalog.overlay import node, picked
from builder.catalog.source import YamlFile
from builder.catalog.suggest import nearest
from builder.errors import Problem

NAME = "catalog.yaml"
CHECKOUTS = ".catalog/upstream"
"""Directory beside catalog.yaml of what was fetched: one directory for each commit or release."""
FORMAT = 1
"""The format of a catalog.yaml that is known."""
MOST = source.MAX_BYTES
"""Bytes of a catalog.yaml."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One of the catalogs that are looked at as one."""

    path: Path
    """Its catalog.yaml."""
    document: YamlFile
    """The same as it is written."""
    fork: Reading[Fork]
    """What it says of the catalog below it."""
    within: Path | None = None
    """The directory that none of its paths leads out of, where somebody else wrote them."""

    @property
    def root(self) -> Path:
        """The directory that holds it."""
        return self.path.parent

    @property
    def is_fork(self) -> bool:
        """Whether it extends another one."""
        return isinstance(self.document.data, dict) and "extends" in self.document.data

    @property
    def says(self) -> Fork:
        """What it says of the catalog below it, as far as that is right."""
        return self.fork.value or Fork()


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """A catalog that has to be fetched, and the level that extends it."""

    level: Level
    upstream: Fetched


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """A catalog and those below it."""

    levels: tuple[Level, ...] = ()
    """The first has no upstream, each other one extends the one before it."""
    problems: tuple[Problem, ...] = ()
    whole: bool = True
    """Whether none is missing."""
    absent: Absent | None = None
    """The one that has to be fetched first."""

    @property
    def own(self) -> Level:
        """The catalog itself."""
        return self.levels[-1]

    def of_file(self, file: str) -> Level:
        """Return the level that has a file, as problems name it: the one with the nearest directory
        around it. What no other level has is of the catalog itself.
        """
        path = Path(file)
        around = [one for one in self.levels if path.is_relative_to(one.root)]
        return max(around, key=lambda one: len(one.root.parts), default=self.own)

    @property
    def registries(self) -> tuple[str, ...]:
        """The registries that have what upstreams built, the nearest first: of a release, the one
        that it is in; of a commit, the one that its catalog names.
        """
        found: list[str] = []
        for below, above in zip(self.levels[-2::-1], self.levels[:0:-1], strict=True):
            extends, data = above.says.extends, below.document.data
            if isinstance(extends, OciUpstream):
                found.append(extends.registry)
            elif isinstance(extends, GitUpstream) and isinstance(data, dict):
                named = data.get("registry")
                found += [named] if isinstance(named, str) else []
        return tuple(dict.fromkeys(found))


def read(path: Path) -> Levels:
    """Read a catalog.yaml, and those that it extends."""
    above: list[Level] = []
    problems: list[Problem] = []
    within: Path | None = None
    while True:
        yaml, wrong = source.scan(path, path.as_posix())
        problems += wrong
        level = _level(path, yaml or document.nothing(path.as_posix()), within)
        problems += _unknown(level) if above else ()
        above.append(level)
        problems += level.fork.problems
        problems += _leading_out(level)
        target = level.says.extends
        is_sure = yaml is not None and level.fork.sure("extends")
        if yaml is None and not above[1:]:
            # Nobody knows what it extends; most catalogs extend none, and say no such word.
            is_sure = not _mentions(path, "extends:")
        if target is None or not is_sure:
            return Levels(levels=tuple(reversed(above)), problems=tuple(problems), whole=is_sure)
        found = _upstream(level, target, above)
        if isinstance(found, Problem):
            problems.append(found)
            return Levels(
                levels=tuple(reversed(above)),
                problems=tuple(problems),
                whole=False,
                absent=_absent(level, target, above[0].root),
            )
        path, within = found


def location(home: Path, upstream: Fetched) -> Path:
    """Return the directory of a commit's or a release's files; `home` is that of the catalog
    itself.
    """
    return home / CHECKOUTS / upstream.folder


def _mentions(path: Path, word: str) -> bool:
    try:
        return word.encode() in confined.regular(path, MOST)
    except (OSError, ValueError):
        return False


def _absent(level: Level, target: str | Fetched, home: Path) -> Absent | None:
    if isinstance(target, str) or location(home, target).is_dir():
        return None
    return Absent(level=level, upstream=target)


def _level(path: Path, yaml: YamlFile, within: Path | None) -> Level:
    about = document_of(yaml, fork=True)
    return Level(
        path=path,
        document=yaml,
        fork=document.checked(about, (), yaml.file, Fork),
        within=within,
    )


def document_of(yaml: YamlFile, *, fork: bool) -> YamlFile:
    """Return what a catalog says of its upstream, or what it says besides."""
    if not isinstance(yaml.data, dict):
        return YamlFile(yaml.file, {}, yaml.spot) if fork else yaml
    part = picked(node(yaml), lambda key: (key in KEYS) == fork)
    return YamlFile(yaml.file, part.data, part.spot, yaml.is_cut)


def _upstream(
    level: Level, target: str | Fetched, above: Sequence[Level]
) -> tuple[Path, Path | None] | Problem:
    """Return the catalog.yaml that a level extends, with the directory that it may not leave."""
    within = level.within
    if not isinstance(target, str):
        within = location(above[0].root, target)
        if not within.is_dir():
            message = f"the upstream of {target} is not here"
            hint = "run `catalog validate`, which fetches it"
            return level.document.problem(("extends",), message, hint)
        path = within / target.directory
    else:
        path = Path(os.path.normpath(level.root / target))
    if path.is_dir() or path.name != NAME:
        path = path / NAME
    return _wrong(level, path, above, within) or (path, within)


def _unknown(level: Level) -> list[Problem]:
    """Return a problem if an upstream is written in a format that is not known."""
    data = level.document.data
    written = data.get("format", FORMAT) if isinstance(data, dict) else FORMAT
    if written == FORMAT:
        return []
    message = f"this upstream is of the format {str(written)[:20]}, and {FORMAT} is known"
    hint = "take a newer catalog builder, or extend a state of upstream before that"
    return [level.document.problem(("format",), message, hint)]


def _leading_out(level: Level) -> list[Problem]:
    """Return a problem if what charts share is outside of what a level may read."""
    data = level.document.data
    charts = data.get("charts") if isinstance(data, dict) else None
    library = charts.get("library") if isinstance(charts, dict) else None
    if level.within is None or not isinstance(library, str) or "\0" in library:
        return []
    if (level.root / library).resolve().is_relative_to(level.within.resolve()):
        return []
    message = f"{library!r} is outside of the repository that names it"
    return [level.document.problem(("charts", "library"), message)]


def _wrong(level: Level, path: Path, above: Sequence[Level], within: Path | None) -> Problem | None:
    key = ("extends",)
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        message = f"{path.as_posix()!r} is outside of the repository that names it"
        return level.document.problem(key, message, "an upstream may extend what is in its own")
    chain = [one.path for one in above]
    if path.resolve() in {one.resolve() for one in chain}:
        loop = " extends ".join(_loop(chain, path))
        return level.document.problem(key, f"the catalog extends itself: {loop}")
    if not path.is_file():
        there = [one.parent.name for one in path.parent.parent.glob(f"*/{NAME}")]
        message = f"there is no catalog {path.as_posix()!r}"
        return level.document.problem(key, message, nearest(path.parent.name, there))
    return None


def _loop(chain: Sequence[Path], path: Path) -> list[str]:
    """Return the part of a chain that leads from a catalog back to it."""
    places = [one.resolve() for one in chain]
    return [one.as_posix() for one in (*chain[places.index(path.resolve()) :], path)]
