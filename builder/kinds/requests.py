"""Lists of packages in layer.yaml: `[name, {when: …, packages: [name]}]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from builder.catalog.conditions import wanted
from builder.catalog.model import Layer
from builder.catalog.packages import PackageList
from builder.catalog.reader import Key
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds.model import Point

CheckOne = Callable[[YamlFile, tuple[Key, ...], str], Iterator[Problem]]


def wishes(key: str) -> Callable[[Layer, Point], object]:
    """Return a function that gives the packages of a key that are wanted at a point, sorted."""

    def sorted_names(layer: Layer, point: Point) -> object:
        return sorted(wanted(getattr(layer, key), point))

    return sorted_names


def check(key: str, one: CheckOne) -> Callable[[YamlFile, Layer], Iterator[Problem]]:
    """Return a function that checks each package of a key by itself."""

    def each(text: YamlFile, layer: Layer) -> Iterator[Problem]:
        for path, package in places(key, getattr(layer, key)):
            yield from one(text, path, package)

    return each


def places(key: str, packages: PackageList) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield each package of a list with its path in layer.yaml."""
    for index, entry in enumerate(packages):
        if isinstance(entry, str):
            yield (key, index), entry
            continue
        for inner, package in enumerate(entry.packages):
            yield (key, index, "packages", inner), package
