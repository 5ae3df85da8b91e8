"""A catalog as far as it could be read: what all rules look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from builder.catalog.conditions import allowed
from builder.catalog.document import Reading
from builder.catalog.folder import Folder
from builder.catalog.model import Catalog, Layer
from builder.catalog.reader import Key, Keys
from builder.catalog.source import Site, YamlFile
from builder.catalog.stack import upward
from builder.catalog.suggest import closest, nearest
from builder.catalog.words import When
from builder.errors import Problem

PLACE = ("on", "axes", "when", "glue")
"""Keys of a layer that decide in which images it is, and at which points."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The catalog and its layers, without the values that have a wrong type.

    A rule must not report what only follows from such a value: it asks `sure` first.
    """

    catalog: Catalog
    reading: Reading[Catalog]
    layers: Mapping[str, Layer]
    readings: Mapping[str, Reading[Layer]]
    directories: Mapping[str, Path | Folder]
    known: frozenset[str]
    """Names of all layers that exist, those that could not be read included."""
    all_known: bool
    """Whether there are no others."""
    dropped: Mapping[str, Site] = field(default_factory=dict)
    """Layers of upstream that are left out, each with the place that says so."""

    @property
    def yaml(self) -> YamlFile:
        """catalog.yaml."""
        return self.reading.yaml

    def sure(self, *path: Key) -> bool:
        """Tell whether all that catalog.yaml says at a path could be read."""
        return self.reading.sure(*path)

    def is_upstream(self, *path: Key) -> bool:
        """Tell whether another catalog, which this one extends, says what is at a path."""
        return self.yaml.site(path)[0] != self.yaml.file

    def lacks_axis(self, name: str) -> bool:
        """Tell whether there is certainly no such axis: an axis that could not be read may have
        this name, or one that is nearly the same.
        """
        refused = [path[1] for path in self.reading.lost if path[:1] == ("axes",) and path[1:]]
        similar = closest(name, [str(axis) for axis in refused if axis not in self.catalog.axes])
        return name not in self.catalog.axes and self.sure("axes", name) and similar is None

    @cached_property
    def sound(self) -> frozenset[str]:
        """Layers whose place is certain: they and all layers below them could be read, and there
        is not a cycle among these.
        """
        on: dict[str, tuple[str, ...]] = {}
        for name, layer in self.layers.items():
            axes_exist = all(axis in self.catalog.axes for axis in layer.axes)
            if axes_exist and all(self.readings[name].sure(key) for key in PLACE):
                on[name] = layer.on
        return frozenset(upward(on))

    @cached_property
    def sound_layers(self) -> Mapping[str, Layer]:
        """The layers that are sound."""
        return {name: layer for name, layer in self.layers.items() if name in self.sound}

    @cached_property
    def all_sound(self) -> bool:
        """Whether there is no layer whose place is uncertain."""
        return self.all_known and self.known == self.sound


def check_when(
    draft: Draft,
    yaml: YamlFile,
    path: Keys,
    when: When,
    *,
    having: Collection[str] | None = None,
    who: str = "",
) -> Iterator[Problem]:
    """Yield what is wrong with a condition: unknown axes and values and, with `having`, axes that
    `who` does not depend on.
    """
    for axis, value in when.items():
        here = (*path, axis)
        if draft.lacks_axis(axis):
            hint = nearest(axis, draft.catalog.axes, what="axes")
            yield yaml.problem(here, f"unknown axis {axis!r}", hint, key=True)
        if axis not in draft.catalog.axes:
            continue
        if having is not None and axis not in having:
            message = f"{who} does not depend on the axis {axis!r}"
            yield yaml.problem(here, message, depends_on(having), key=True)
        known = draft.catalog.axes[axis].values
        for index, one in enumerate(allowed(value)):
            if one in known or not draft.sure("axes", axis, "values", one):
                continue
            where = here if isinstance(value, str) else (*here, index)
            message = f"the axis {axis!r} has no value {one!r}"
            yield yaml.problem(where, message, nearest(one, known, what="values"))


def depends_on(axes: Collection[str]) -> str:
    """Return a hint that lists these axes."""
    return f"it depends on: {', '.join(axes)}" if axes else "it depends on no axis"


def repeated(yaml: YamlFile, path: Keys, names: Collection[object]) -> Iterator[Problem]:
    """Yield the entries of a list that are repeated."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not isinstance(name, str):
            continue
        if name in seen:
            yield yaml.problem((*path, index), f"{name!r} is listed twice", "remove one")
        seen.add(name)
