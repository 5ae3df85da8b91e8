"""Worlds: sets of cells that agree on one version of each package.

Cells of one image have to agree, and all cells of a catalog do where they can. Where they cannot,
layers that never meet are put into worlds of their own. A cell that several worlds share is one
cell: whatever it holds has one version in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from packaging.version import Version

World = frozenset[str]
Versions = Mapping[str, str]
"""Package -> version."""
Solve = Callable[[World, Versions], Versions | None]
"""Return versions for a world, none higher than these limits; None when there are none."""
Holds = Callable[[str, Versions], Collection[str]]
"""Return the packages that a cell with what it stands on needs, at these versions."""


def divide(meetings: Sequence[World], solve: Solve) -> list[World]:
    """Return as few worlds as a single pass gives. Every meeting, which must have a solution by
    itself, is a part of one of them.
    """
    worlds: list[World] = []
    for meeting in meetings:
        for index, world in enumerate(worlds):
            if solve(world | meeting, {}) is not None:
                worlds[index] = world | meeting
                break
        else:
            worlds.append(meeting)
    return worlds


class ApartError(Exception):
    """No version of a package serves all worlds that share a cell which holds it."""

    def __init__(self, package: str, cells: Collection[str], versions: Sequence[str]) -> None:
        super().__init__(package)
        self.package, self.cells, self.versions = package, tuple(sorted(cells)), tuple(versions)


def agree(worlds: Sequence[World], solve: Solve, holds: Holds) -> list[Versions]:
    """Return the versions of each world, such that all that shared cells hold has one version.

    A package of which they would hold several is limited to the lowest of these in all worlds,
    again and again, until all have the same, or one has none that is low enough.

    Raises:
        ApartError: there are no such versions.

    """
    limits: dict[str, str] = {}
    solutions = [solve(world, limits) or {} for world in worlds]
    while differing := _differing(worlds, solutions, holds):
        package, cells = min(differing.items())
        versions = sorted({one[package] for one in solutions if package in one}, key=Version)
        limits[package] = versions[0]
        narrower = [solve(world, limits) for world in worlds]
        solutions = [one for one in narrower if one is not None]
        if len(solutions) < len(worlds):
            raise ApartError(package, cells, versions)
    return list(solutions)


def _differing(
    worlds: Sequence[World], solutions: Sequence[Versions], holds: Holds
) -> dict[str, set[str]]:
    """Return the packages of which shared cells would hold several versions, with these cells."""
    held: dict[tuple[str, str], set[str]] = {}
    for world, versions in zip(worlds, solutions, strict=True):
        others = [other for other in worlds if other is not world]
        shared = [cell for cell in world if any(cell in other for other in others)]
        for cell in shared:
            for package in holds(cell, versions):
                held.setdefault((package, cell), set()).add(versions[package])
    differing: dict[str, set[str]] = {}
    for (package, cell), distinct in held.items():
        if len(distinct) > 1:
            differing.setdefault(package, set()).add(cell)
    return differing
