"""Worlds: sets of cells that agree on one version of each package.

Cells of one image have to agree, and all cells of a catalog do where they can. Where they cannot,
layers that never meet are put into separate worlds. A cell in several worlds is still one cell: its
packages have the same versions in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from packaging.version import Version

World = frozenset[str]
Versions = Mapping[str, str]
"""Package -> version."""
Solve = Callable[[World, Versions], Versions | None]
"""Returns versions for a world, none higher than these limits; None if there are none."""
Holds = Callable[[str, Versions], Collection[str]]
"""Returns the packages that a cell and what it stands on need, at these versions."""


def settle(
    everything: World,
    meetings: Callable[[], Sequence[World]],
    solve: Solve,
    holds: Holds,
    *,
    refuse: Callable[[World], object],
    order: Callable[[str], Any],
) -> list[tuple[World, Versions]]:
    """Return all cells as one world with its versions if they have a solution together, else the
    worlds that contain all meetings. `refuse` is called for each meeting without a solution;
    nothing is returned then. `order` is that of `agree`.

    Raises:
        ApartError: see `agree`.

    """
    versions = solve(everything, {})
    if versions is not None:
        return [(everything, versions)]
    sets = meetings()
    refused = [meeting for meeting in sets if solve(meeting, {}) is None]
    for meeting in refused:
        refuse(meeting)
    if refused:
        return []
    worlds = divide(sets, solve)
    return list(zip(worlds, agree(worlds, solve, holds, order), strict=True))


def divide(meetings: Sequence[World], solve: Solve) -> list[World]:
    """Return worlds that contain all meetings, as few as a single pass gives. Each meeting must
    have a solution by itself.
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
    """No version of a package fits all worlds that share a cell which needs it."""

    def __init__(self, package: str, cells: Collection[str], versions: Sequence[str]) -> None:
        super().__init__(package)
        self.package, self.cells, self.versions = package, tuple(sorted(cells)), tuple(versions)


def agree(
    worlds: Sequence[World], solve: Solve, holds: Holds, order: Callable[[str], Any] = Version
) -> list[Versions]:
    """Return the versions of each world, so that the packages of shared cells have one version.
    `order` gives the sort key of a version.

    If a package has several, it is limited to the lowest of these in all worlds. That is repeated
    until all agree, or one world has no solution left.

    Raises:
        ApartError: there are no such versions.

    """
    limits: dict[str, str] = {}
    solutions = [solve(world, limits) or {} for world in worlds]
    while differing := _differing(worlds, solutions, holds):
        package, cells = min(differing.items())
        versions = sorted({one[package] for one in solutions if package in one}, key=order)
        # One limit admits several where an index has local versions: 2.9+cpu is not above 2.9.
        if limits.get(package) == versions[0]:
            raise ApartError(package, cells, versions)
        limits[package] = versions[0]
        narrower = [solve(world, limits) for world in worlds]
        solutions = [one for one in narrower if one is not None]
        if len(solutions) < len(worlds):
            raise ApartError(package, cells, versions)
    return list(solutions)


def _differing(
    worlds: Sequence[World], solutions: Sequence[Versions], holds: Holds
) -> dict[str, set[str]]:
    """Return the packages of which shared cells would need several versions, with these cells."""
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
