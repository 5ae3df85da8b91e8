"""What a layer builds from source packages of another release, at one point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.catalog import naming
from builder.catalog.axes import Axis, Release
from builder.catalog.conditions import condition, holds
from builder.catalog.model import Layer
from builder.catalog.packages import Backport, PackageList, Packages

NAMES = ("packages", "instead", "needs", "build", "without", "profiles")
"""The keys whose words may hold values of axes."""


def at(layer: Layer, axes: Mapping[str, Axis], point: Mapping[str, str]) -> Layer:
    """Return a layer as it is at a point: with the backports that are built there alone, each with
    its release; without what these are installed instead of, and with what they need.

    A layer without any is returned as it is.
    """
    if not layer.backports:
        return layer
    built = {}
    for name, entry in layer.backports.items():
        source = release(entry, axes, point)
        if source is not None:
            built[naming.fill(name, point)] = _filled(entry, source, point)
    gone: set[str] = set()
    needed: list[str] = []
    for entry in built.values():
        gone.update(entry.instead)
        needed += entry.needs
    changes: dict[str, object] = {"backports": built}
    if built:
        changes["apt"] = (*_without(layer.apt, gone), *needed)
        changes["heavy"] = layer.heavy or any(entry.heavy for entry in built.values())
    return layer.model_copy(update=changes)


def release(entry: Backport, axes: Mapping[str, Axis], point: Mapping[str, str]) -> Release | None:
    """Return where a backport comes from at a point; None where it is not built."""
    if not holds(condition(entry.when), point):
        return None
    if entry.axis is None:
        return entry.source
    value = axes[entry.axis].values.get(point.get(entry.axis, ""))
    return value.backport if value else None


def _filled(entry: Backport, source: Release, point: Mapping[str, str]) -> Backport:
    words = {key: tuple(naming.fill(word, point) for word in getattr(entry, key)) for key in NAMES}
    return entry.model_copy(update={**words, "source": source})


def _without(packages: PackageList, gone: Iterable[str]) -> PackageList:
    """Return a list of packages without some."""
    names = set(gone)
    kept: list[str | Packages] = []
    for entry in packages:
        if isinstance(entry, str):
            kept += [] if entry in names else [entry]
        elif left := tuple(name for name in entry.packages if name not in names):
            kept.append(entry.model_copy(update={"packages": left}))
    return tuple(kept)
