"""Conditions on matrix points: which values a point may have on some axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.catalog.packages import Archive, PackageList, PythonList
from builder.catalog.words import When

Condition = tuple[tuple[str, frozenset[str]], ...]
"""Axes with the values allowed there, sorted by axis: a `when` that can be compared and hashed."""
ALWAYS: Condition = ()


def condition(when: When) -> Condition:
    """Return a `when` as a condition."""
    return tuple(sorted((axis, frozenset(allowed(value))) for axis, value in when.items()))


def allowed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the values that one entry of a `when` allows."""
    return (value,) if isinstance(value, str) else value


def holds(test: Condition, point: Mapping[str, str]) -> bool:
    """Tell whether a point fulfils a condition. A point that lacks one of its axes does not."""
    return all(point.get(axis) in values for axis, values in test)


def wanted(packages: PackageList, point: Mapping[str, str]) -> tuple[str, ...]:
    """Return the packages that are wanted at a point, each once, in the order of the list."""
    names: dict[str, None] = {}
    for entry in packages:
        if isinstance(entry, str):
            names[entry] = None
        elif holds(condition(entry.when), point):
            names.update(dict.fromkeys(entry.packages))
    return tuple(names)


def every(packages: PackageList) -> tuple[str, ...]:
    """Return the packages that are wanted at some point, in the order of the list."""
    names: list[str] = []
    for entry in packages:
        names += [entry] if isinstance(entry, str) else entry.packages
    return tuple(names)


def indexed(packages: PythonList, point: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the requirements that are wanted at a point, each with the further index that it is
    taken from; "" for the usual one.
    """
    pairs: dict[tuple[str, str], None] = {}
    for entry in packages:
        if isinstance(entry, str):
            pairs[entry, ""] = None
        elif holds(condition(entry.when), point):
            pairs.update(dict.fromkeys((text, entry.index or "") for text in entry.packages))
    return tuple(pairs)


def absent(packages: PackageList, point: Mapping[str, str]) -> dict[str, str]:
    """Return the packages that are wanted at other points alone, each with the reason."""
    there = wanted(packages, point)
    reasons: dict[str, str] = {}
    for entry in packages:
        if isinstance(entry, str):
            continue
        because = entry.because or f"wanted at {spell(condition(entry.when))} only"
        for name in entry.packages:
            if name not in there:
                reasons.setdefault(name, because)
    return reasons


def archives(given: Mapping[str, Archive], point: Mapping[str, str]) -> dict[str, Archive]:
    """Return the archives that are wanted at a point, sorted by name."""
    there: dict[str, Archive] = {}
    for name, archive in sorted(given.items()):
        if holds(condition(archive.when), point):
            there[name] = archive
    return there


def both(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that holds where all of these do."""
    merged: dict[str, frozenset[str]] = {}
    for test in conditions:
        for axis, values in test:
            merged[axis] = merged[axis] & values if axis in merged else values
    return tuple(sorted(merged.items()))


def spell(test: Condition) -> str:
    """Return a condition in words: "debian trixie and python 3.11 or 3.13"."""
    return " and ".join(f"{axis} {' or '.join(sorted(values))}" for axis, values in test)


def written(point: Mapping[str, str]) -> str:
    """Return a point as the command line takes it: "debian=trixie,python=3.13"."""
    return ",".join(f"{axis}={value}" for axis, value in point.items())
