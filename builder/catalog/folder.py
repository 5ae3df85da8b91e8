"""Where the files of a layer or of charts are: one directory, or one for each level of a catalog
that adds to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from builder import confined

T = TypeVar("T")
FILES = "files"
"""The part of a layer's directory that is copied into the image."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Directories that are looked at as one: what a later one has replaces what an earlier has."""

    parts: tuple[tuple[Path, tuple[str, ...]], ...]
    """Each directory with globs over the absolute paths of its files/ that are left out."""

    @property
    def roots(self) -> tuple[Path, ...]:
        """The directories."""
        return tuple(root for root, _ in self.parts)

    def holder(self, path: str) -> Path:
        """Return the last directory that has a path; the first one where none has it."""
        there = [root for root in self.roots if os.path.lexists(root / path)]
        return there[-1] if there else self.roots[0]

    def __truediv__(self, path: str) -> Path:
        return self.holder(path) / path

    def read(self, path: str, most: int = confined.MOST) -> bytes:
        """Return the bytes of a file. Raises as `confined.read`."""
        return confined.read(self.holder(path), path, most)

    def entries(self) -> list[Path]:
        """Return what is directly in it, by name; of two of one name, both."""
        found: list[Path] = []
        for root in self.roots:
            found += root.iterdir()
        return sorted(found, key=lambda path: path.name)

    def paths(self, part: str) -> dict[str, Path]:
        """Return all that is below a part of it, directories too, by its path there, sorted."""
        found: dict[str, Path] = {}
        for root, without in self.parts:
            names = ((path.relative_to(root / part), path) for path in (root / part).rglob("*"))
            found |= _kept(part, without, {name.as_posix(): path for name, path in names})
        return dict(sorted(found.items()))

    def files(self, part: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield all that is below a part of it but directories, sorted, as `confined.files`."""
        found: dict[str, os.stat_result] = {}
        for root, without in self.parts:
            found |= _kept(part, without, dict(confined.files(root, part)))
        yield from sorted(found.items())

    def on_top(self, root: Path) -> Folder:
        """Return it with a directory whose files join, and replace those of the same path."""
        return Folder((*self.parts, (root, ())))

    def less(self, globs: tuple[str, ...]) -> Folder:
        """Return it without some paths of its files/, as far as it has them by now."""
        return Folder(tuple((root, (*without, *globs)) for root, without in self.parts))


def _kept(part: str, without: tuple[str, ...], found: Mapping[str, T]) -> dict[str, T]:
    if part != FILES:
        return dict(found)
    return {
        name: value
        for name, value in found.items()
        if not any(fnmatchcase(f"/{name}", glob) for glob in without)
    }


def folder(directory: Path | Folder) -> Folder:
    """Return a directory as one of a single level."""
    return directory if isinstance(directory, Folder) else Folder(((directory, ()),))
