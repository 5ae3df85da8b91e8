"""What differs between two images, or two cells: packages and files, from the facts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from builder.cells.tree import PathDifference, diff_filesystems, merged
from builder.debian.model import Facts
from builder.oci.model import DIRECTORY, Entry

Fate = Literal["added", "removed", "moved"]
Versions = Mapping[tuple[str, str], str]
"""(kind, name) -> version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageChange:
    """A package that only one side has, or that has another version on the other side."""

    fate: Fate
    kind: str
    """deb, python, npm, r, …"""
    name: str
    before: str
    """Version; empty when it was added."""
    after: str
    """Version; empty when it was removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What differs between A and B."""

    packages: tuple[PackageChange, ...]
    files: tuple[PathDifference, ...]
    """Paths at which the trees differ, without directories; times are ignored."""


def compare(one: Sequence[Facts], other: Sequence[Facts]) -> Comparison:
    """Compare the trees and packages of two stacks of cells, bottom first.

    Raises:
        ConflictError: cells of one side disagree on a path.

    """
    before, after = _files(merged(one)), _files(merged(other))
    return Comparison(
        packages=tuple(_changes(_versions(one), _versions(other))),
        files=tuple(diff_filesystems(before, after)),
    )


def _files(tree: Mapping[str, Entry]) -> dict[str, Entry]:
    return {path: entry for path, entry in tree.items() if entry.type != DIRECTORY}


def _versions(stack: Sequence[Facts]) -> Versions:
    """Return the packages of a stack; of two versions, the upper one counts."""
    versions: dict[tuple[str, str], str] = {}
    for facts in stack:
        for kind, names in facts.packages.items():
            versions.update({(kind, name): version for name, version in names.items()})
    return versions


def _changes(before: Versions, after: Versions) -> list[PackageChange]:
    changes = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, ""), after.get(key, "")
        if old == new:
            continue
        kind, name = key
        fate = _fate(old, new)
        changes.append(PackageChange(fate=fate, kind=kind, name=name, before=old, after=new))
    return changes


def _fate(old: str, new: str) -> Fate:
    if not old:
        return "added"
    return "moved" if new else "removed"
