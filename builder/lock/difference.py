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
        """Added, removed, moved; or replaced, if the version is the same but the file is not."""
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
    """Return what moved, sorted by kind and name. The same move in several cells is one change.

    A different file with the same version (a release that was rebuilt) counts as a change, too.
    """
    moved: dict[tuple[str, str, str, str], list[str]] = {}
    known = before.cells.keys() if before else set()
    for cell in sorted(known | after.cells.keys()):
        old, new = _packages(before, cell), _packages(after, cell)
        for package in old.keys() | new.keys():
            was, now = old.get(package, frozenset()), new.get(package, frozenset())
            if was != now:
                moved.setdefault((*package, _versions(was), _versions(now)), []).append(cell)
    return tuple(sorted(Change(*key, tuple(cells)) for key, cells in moved.items()))


def _packages(lock: Lock | None, cell: str) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Return a cell's packages with version and digest; npm may hold several versions of one."""
    if lock is None or cell not in lock.cells:
        return {}
    packages: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
    for name in lock.cells[cell].artifacts:
        artifact = lock.artifacts[name]
        package = artifact.kind, artifact.name
        file = artifact.version, artifact.digest
        packages[package] = packages.get(package, frozenset()) | {file}
    return packages


def _versions(files: frozenset[tuple[str, str]]) -> str:
    return ", ".join(sorted({version for version, _ in files}))
