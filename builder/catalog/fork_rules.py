"""What one level of a catalog says of named parts of its upstream: kept, left out, patched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from builder.catalog.levels import Level
from builder.catalog.overlay import Misses, Node, entries, items, node, patched
from builder.catalog.reader import Spot
from builder.catalog.source import Site


def changed(parts: Mapping[str, Node], kind: str, level: Level, misses: Misses) -> dict[str, Node]:
    """Return named parts of upstream as a level patches them."""
    after = dict(parts)
    for glob, change in _changes(level, "patch", kind):
        matching = [name for name in after if fnmatchcase(name, glob) or name == glob]
        site = level.document.site(("patch", kind, glob), key=True)
        misses.tell(site, glob, after, found=bool(matching), what=_one(kind))
        for name in matching:
            after[name] = patched(after[name], change, misses)
    return after


def left(
    names: Iterable[str], kind: str, level: Level, misses: Misses
) -> tuple[list[str], dict[str, Site]]:
    """Return the parts of upstream that a level leaves in, and those that it does not, each with
    the place that says so.
    """
    names = list(names)
    gone: dict[str, Site] = {}
    for glob, site in globs(level, "drop", kind):
        matching = [name for name in names if fnmatchcase(name, glob)]
        misses.tell(site, glob, names, found=bool(matching), what=_one(kind))
        gone |= {name: site for name in matching if name not in gone}
    kept: list[str] = []
    for glob, site in globs(level, "keep", kind):
        found = any(fnmatchcase(name, glob) for name in names)
        misses.tell(site, glob, names, found=found, what=_one(kind))
        kept += [glob] if found else []
    if kept:
        others = (n for n in names if not any(fnmatchcase(n, glob) for glob in kept))
        gone |= {name: level.document.site(("keep", kind)) for name in others if name not in gone}
    return [name for name in names if name not in gone], gone


def globs(level: Level, verb: str, *path: str) -> Iterator[tuple[str, Site]]:
    """Yield the globs of a list of `drop` or `keep`, each with its place."""
    for item in items(said(level, verb, *path)):
        if isinstance(item.data, str):
            yield item.data, (item.spot.file, *item.spot.place)


def _changes(level: Level, verb: str, kind: str) -> Iterator[tuple[str, Node]]:
    for glob, change in entries(said(level, verb, kind)).items():
        if isinstance(change.data, dict):
            yield glob, change


def said(level: Level, *path: str) -> Node:
    """Return what a level says at a path, as far as it is right; an empty list for nothing."""
    value = node(level.fork.yaml)
    for key in path:
        if key not in value.spot.inside:
            return Node([], Spot((0, 0)))
        value = value.inside(key)
    return value


def _one(kind: str) -> str:
    return {"axes": "axis"}.get(kind, kind.removesuffix("s"))
