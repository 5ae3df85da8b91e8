"""Additions to a catalog: which names are free, and what a new layer stands on by default."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from builder.catalog import source
from builder.catalog.directory import LAYER
from builder.catalog.edit import EditError, entry_line, with_entry
from builder.catalog.load import Loaded
from builder.catalog.reader import Key
from builder.catalog.suggest import nearest
from builder.catalog.words import NAME
from builder.errors import InputError, Problem

NAME_HINT = "lower-case letters and digits, with single '.', '_' or '-' between them"
EDITED = "images"
"""The key of catalog.yaml to which images are added."""


def check_name(name: str) -> Iterator[Problem]:
    """Yield what is wrong with a name."""
    if not re.fullmatch(NAME, name):
        yield Problem("NAME", 0, 0, f"{name!r} cannot be a name", NAME_HINT)


def check_layer(loaded: Loaded, name: str) -> Iterator[Problem]:
    """Yield a problem, with its place, if a layer of this name cannot be added."""
    yield from check_name(name)
    if name in loaded.layer_dirs:
        yield _exists(loaded.layer_dirs[name] / LAYER, (), f"the layer {name!r} exists already")


def check_image(loaded: Loaded, name: str) -> Iterator[Problem]:
    """Yield a problem, with its place, if an image of this name cannot be added."""
    yield from check_name(name)
    entries = {
        matrix.member.entry: matrix.name for matrix in loaded.matrices if matrix.name == name
    }
    for entry in entries:
        of_family = "" if entry == name else f", as one of {entry!r}"
        message = f"the image {name!r} exists already{of_family}"
        yield _exists(loaded.path, (EDITED, entry), message)


def check_layers(loaded: Loaded, names: Sequence[str], argument: str) -> Iterator[Problem]:
    """Yield a problem for each name that no layer has."""
    for name in names:
        if name not in loaded.layers:
            hint = nearest(name, loaded.layers, what="layers")
            yield Problem(argument, 0, 0, f"there is no layer {name!r}", hint)


def default_parent(loaded: Loaded, axis: str = "") -> str | None:
    """Return the layer that most layers stand on, of those that depend on an axis if one is given.

    None when no layer depends on it.
    """
    on_axis = [name for name in loaded.layers if not axis or axis in loaded.arranged.axes[name]]
    popularity: Counter[str] = Counter()
    for layer in loaded.layers.values():
        popularity.update(layer.on)
    # Of two that are equally popular, the lower one brings less with it.
    return min(
        on_axis, key=lambda name: (-popularity[name], loaded.arranged.rank(name)), default=None
    )


def image_entry(loaded: Loaded, layers: Sequence[str], description: str) -> dict[str, object]:
    """Return the entry of catalog.yaml for an image of these layers.

    If tags name none of its axes, it gets a tag made of those that have more than one value.
    """
    used: set[str] = set()
    for layer in layers:
        used.update(loaded.arranged.axes[layer])
    axes = {name: axis for name, axis in loaded.catalog.axes.items() if name in used}
    entry: dict[str, object] = {"layers": list(layers)}
    if axes and not any(axis.tag for axis in axes.values()):
        several = [name for name, axis in axes.items() if len(axis.values) > 1]
        entry["tag"] = "-".join(f"{{{name}}}" for name in several or list(axes)[:1])
    if description:
        entry["description"] = description
    return entry


def with_image(path: Path, name: str, entry: Mapping[str, object]) -> str:
    """Return the text of catalog.yaml with one image more.

    Raises:
        InputError: the file is written in a way that cannot be added to.

    """
    try:
        # Not read_text, which would change the line breaks of the file.
        return with_entry(path.read_bytes().decode(), EDITED, name, entry)
    except EditError as error:
        hint = f"add this line to {EDITED}: {entry_line(name, entry)}"
        raise InputError([Problem(path.as_posix(), 0, 0, str(error), hint)]) from None


def _exists(file: Path, path: tuple[Key, ...], message: str) -> Problem:
    document = source.read(file, file.as_posix())
    return document.problem(path, message, "choose another name", key=bool(path))
