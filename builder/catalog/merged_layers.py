"""The layers of a catalog, and of those that it extends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from builder.catalog import source
from builder.catalog.directory import LAYER, LayerDirectories, find
from builder.catalog.folder import FILES, Folder, folder
from builder.catalog.fork_rules import changed, left, said
from builder.catalog.levels import Level, Levels
from builder.catalog.overlay import Misses, Node, entries, items, node
from builder.catalog.source import Site, YamlFile
from builder.errors import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedLayers:
    """The layers of all levels."""

    documents: Mapping[str, tuple[YamlFile | None, Sequence[Problem]]]
    """Each layer.yaml by the layer's name, with what was wrong when it was read."""
    directories: Mapping[str, Path | Folder]
    found: LayerDirectories
    """The directories of the catalog itself; `broken` and `problems` are those of all levels."""
    dropped: Mapping[str, Site]


@dataclass(slots=True)
class _Layers:
    """The layers of the levels looked at so far."""

    documents: dict[str, tuple[YamlFile | None, Sequence[Problem]]] = field(default_factory=dict)
    directories: dict[str, Path | Folder] = field(default_factory=dict)
    dropped: dict[str, Site] = field(default_factory=dict)


def layers(levels: Levels, misses: Misses) -> MergedLayers:
    """Return the layers of all levels."""
    made = _Layers()
    broken: set[str] = set()
    problems: list[Problem] = []
    readable = True
    for number, level in enumerate(levels.levels):
        if number:
            _fork_layers(made, level, misses)
        found = find(level.root, level.document, made.documents if level.is_fork else None)
        broken |= found.broken
        problems += found.problems
        readable = readable and found.readable
        for name, directory in found.additions.items():
            made.directories[name] = folder(made.directories[name]).on_top(directory)
        for name, directory in found.layers.items():
            file = directory / LAYER
            made.documents[name] = source.scan(file, file.as_posix())
            made.directories[name] = directory
            made.dropped.pop(name, None)
    return MergedLayers(
        documents=dict(sorted(made.documents.items())),
        directories=dict(sorted(made.directories.items())),
        found=LayerDirectories(
            broken=frozenset(broken), problems=tuple(problems), readable=readable
        ),
        dropped=made.dropped,
    )


def _fork_layers(made: _Layers, level: Level, misses: Misses) -> None:
    """Do to the layers of upstream what a level says of them."""
    _, gone = left(made.documents, "layers", level, misses)
    # What joins layers has nothing to join where one of them is gone.
    while joins := _joining(made, gone):
        gone |= joins
    for name in gone:
        del made.documents[name], made.directories[name]
    made.dropped |= gone
    readable = {name: node(yaml) for name, (yaml, _) in made.documents.items() if yaml}
    for name, value in changed(readable, "layers", level, misses).items():
        yaml, wrong = made.documents[name]
        if yaml is not None:
            after = YamlFile(yaml.file, value.data, value.spot, yaml.is_cut)
            made.documents[name] = (after, wrong)
    for name, listed in entries(said(level, "drop", "files")).items():
        site = level.document.site(("drop", "files", name), key=True)
        misses.tell(site, name, made.documents, found=name in made.documents, what="layer")
        if name in made.directories:
            made.directories[name] = _less_files(made.directories[name], listed, misses)


def _joining(made: _Layers, gone: Mapping[str, Site]) -> dict[str, Site]:
    """Return the glue that stands on layers that are gone, and is not gone itself."""
    found: dict[str, Site] = {}
    for name, (yaml, _) in made.documents.items():
        data = yaml.data if yaml and isinstance(yaml.data, dict) else {}
        on = data.get("on") if data.get("glue") is True and name not in gone else None
        lost = [gone[below] for below in on if below in gone] if isinstance(on, list) else []
        if lost:
            found[name] = lost[0]
    return found


def _less_files(directory: Path | Folder, listed: Node, misses: Misses) -> Folder:
    there = [f"/{name}" for name in folder(directory).paths(FILES)]
    for item in items(listed):
        glob = str(item.data)
        found = any(fnmatchcase(name, glob) for name in there)
        misses.tell((item.spot.file, *item.spot.place), glob, there, found=found, what="file")
    return folder(directory).less(tuple(str(item.data) for item in items(listed)))
