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
"""Return versions for a world that keep to these limits; None when there are none."""
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

    The lowest version that some world has is tried first, as upper bounds are what keeps worlds
    apart.

    Raises:
        ApartError: there are no such versions.

    """
    limits: dict[str, str] = {}
    while True:
        solutions = [solve(world, limits) for world in worlds]
        solved = [solution for solution in solutions if solution is not None]
        differing = _differing(worlds, solved, holds)
        if not differing:
            return solved
        package, cells = min(differing.items())
        candidates = sorted({one[package] for one in solved if package in one}, key=Version)
        narrower = [{**limits, package: candidate} for candidate in candidates]
        serving = _serving(worlds, solve, narrower)
        if serving is None:
            raise ApartError(package, cells, candidates)
        limits = serving


def _serving(
    worlds: Sequence[World], solve: Solve, choices: Sequence[dict[str, str]]
) -> dict[str, str] | None:
    """Return the first limits with which every world has a solution."""
    for limits in choices:
        if all(solve(world, limits) is not None for world in worlds):
            return limits
    return None


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
    for (package, cell), found in held.items():
        if len(found) > 1:
            differing.setdefault(package, set()).add(cell)
    return differing
