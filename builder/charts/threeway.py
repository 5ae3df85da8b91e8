"""What an upstream and its fork each changed, from what the fork was made of to what upstream is
now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from builder.catalog import merged_catalog, merged_layers
from builder.catalog.folder import FILES, folder
from builder.catalog.fork import KEYS
from builder.catalog.levels import Levels
from builder.catalog.load import load_levels
from builder.catalog.overlay import Misses
from builder.charts.library import NAME as LIBRARY
from builder.charts.library import STUBS
from builder.charts.sources import sources
from builder.digest import sha256
from builder.errors import InputError
from builder.graph.build import graph

Part = tuple[str, ...]
"""What a value is of: its kind (catalog, layer, image, service, options, template, texts), a name,
and keys.
"""
Who = Literal["upstream", "both", "dropped"]
OWN = frozenset(("catalog", key) for key in (*merged_catalog.OWN, *KEYS))
"""What each catalog says for itself."""
IMAGE = "image"
ABSENT = object()
"""What stands where nothing is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """A value that upstream changed."""

    part: Part
    who: Who
    """`upstream`: it reaches the fork. `both`: the fork says something else there, which stays.
    `dropped`: the fork has nothing there."""
    old: object
    """As it was upstream; ABSENT for nothing, and likewise for the others."""
    new: object
    """As it is upstream."""
    ours: object
    """As the fork has it before it moves."""


def movements(before: Levels, after: Levels) -> list[Movement]:
    """Return what upstream changed below a fork, `before` and `after` it moves, sorted."""
    old, new = _said(_upstream(before)), _said(_upstream(after))
    ours, then = _said(before), _said(after)
    moved: list[Movement] = []
    for part in sorted({*old, *new}):
        was, now = old.get(part, ABSENT), new.get(part, ABSENT)
        mine = ours.get(part, ABSENT)
        if was != now and part[:2] not in OWN:
            who = _who(mine, then.get(part, ABSENT))
            if part[0] == IMAGE and who == "both":
                continue  # what the fork says otherwise is told where it says that
            moved.append(Movement(part=part, who=who, old=was, new=now, ours=mine))
    return moved


def _who(mine: object, then: object) -> Who:
    """Tell what becomes of a change of upstream in a fork that has `mine` before and `then` after
    it.
    """
    if mine != then:
        return "upstream"
    return "dropped" if mine is ABSENT else "both"


def _upstream(levels: Levels) -> Levels:
    return replace(levels, levels=levels.levels[:-1])


def _said(levels: Levels) -> Mapping[Part, object]:
    """Return all that catalogs say together, by what it is of."""
    said: dict[Part, object] = {}
    catalog = merged_catalog.catalog(levels, Misses())
    said.update(_values(catalog.data, ("catalog",)))
    layers = merged_layers.layers(levels, Misses())
    for name, (document, _) in layers.documents.items():
        said.update(_values(document.data if document else None, ("layer", name)))
        directory = folder(layers.directories[name])
        for path, _ in directory.files(FILES):
            digest = sha256(directory.read(f"{FILES}/{path}"))
            said["layer", name, f"{FILES}/{path}"] = f"sha256:{digest}"
    said.update(_images(levels))
    charts = sources(levels)
    said.update(_texts(levels))
    written = charts.services()
    for name, service in written.documents.items():
        if name not in written.hidden:
            said.update(_values(service.data, ("service", name)))
    try:
        groups, library = charts.groups().documents, charts.library()
    except InputError:
        return said
    for name, group in groups.items():
        said.update(_values(group.data, ("options", name)))
    for path, file in library.chart.items():
        said["template", f"{LIBRARY}/{path}"] = f"sha256:{sha256(file.data)}"
    for path, text in library.stubs.items():
        said["template", f"{STUBS}/{path}"] = f"sha256:{sha256(text.encode())}"
    return said


def _texts(levels: Levels) -> Iterator[tuple[Part, object]]:
    """Yield the texts of each language; of several catalogs, the last one's."""
    texts, _ = sources(levels).texts()
    for keys, given in texts.by_key.items():
        for text in given:
            yield ("texts", text.language, *(str(key) for key in keys)), text.value.data


def _images(levels: Levels) -> Iterator[tuple[Part, object]]:
    """Yield the layers of each image, which follow from all the rest."""
    try:
        made = graph(load_levels(levels))
    except InputError:
        return
    layers: dict[str, dict[str, None]] = {}
    for image in made.images.values():
        names = layers.setdefault(image.name, {})
        names |= dict.fromkeys(made.cells[cell].name for cell in image.cells)
    for name, inside in layers.items():
        yield (IMAGE, name, "layers"), list(inside)


def _values(data: object, part: Part) -> Iterator[tuple[Part, object]]:
    """Yield the values of nested mappings; a list is one value."""
    if not isinstance(data, dict) or not data:
        yield part, data
        return
    for key, inner in data.items():
        yield from _values(inner, (*part, key))
