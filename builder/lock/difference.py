"""What moved between two locks, by package."""

from __future__ import annotations

from dataclasses import dataclass

from builder.lock.model import Lock


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A package that came, went or moved in some cells."""

    kind: str
    name: str
    old: str
    """Empty when it was not there."""
    new: str
    """Empty when it is gone."""
    cells: tuple[str, ...]

    @property
    def what(self) -> str:
        """Added, removed, moved, or replaced where the version is the same and the file is not."""
        if not self.old:
            return "added"
        if not self.new:
            return "removed"
        return "replaced" if self.old == self.new else "moved"

    def document(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "change": self.what,
            "kind": self.kind,
            "package": self.name,
            "old": self.old,
            "new": self.new,
            "cells": list(self.cells),
        }


def difference(before: Lock | None, after: Lock) -> tuple[Change, ...]:
    """Return what moved, sorted by kind and name; packages that moved alike in several cells are
    one change.

    A package of another file with the same version, as when a release was rebuilt, counts as a
    change too.
    """
    cells: dict[tuple[str, str, str, str], list[str]] = {}
    for cell in sorted((before.cells.keys() if before else set()) | after.cells.keys()):
        old, new = _packages(before, cell), _packages(after, cell)
        for kind, name in old.keys() | new.keys():
            was, now = old.get((kind, name), frozenset()), new.get((kind, name), frozenset())
            if was != now:
                cells.setdefault((kind, name, _versions(was), _versions(now)), []).append(cell)
    return tuple(sorted(Change(*key, tuple(found)) for key, found in cells.items()))


def _packages(lock: Lock | None, cell: str) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Return a cell's packages with version and digest; npm may hold several versions of one."""
    if lock is None or cell not in lock.cells:
        return {}
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for artifact in (lock.artifacts[name] for name in lock.cells[cell].artifacts):
        found.setdefault((artifact.kind, artifact.name), set()).add(
            (artifact.version, artifact.digest)
        )
    return {key: frozenset(value) for key, value in found.items()}


def _versions(files: frozenset[tuple[str, str]]) -> str:
    return ", ".join(sorted(version for version, _ in files))
