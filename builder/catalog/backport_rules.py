"""Rules about what is built from source packages of another release."""

from __future__ import annotations

from collections.abc import Iterator

from builder.catalog import naming
from builder.catalog.axes import Release
from builder.catalog.backports import NAMES
from builder.catalog.conditions import every
from builder.catalog.draft import Draft, check_when, depends_on, repeated
from builder.catalog.model import Layer
from builder.catalog.packages import Backport
from builder.catalog.reader import Keys
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.catalog.suggest import nearest
from builder.errors import Problem

KEY = "backports"


def check_layer(
    draft: Draft, name: str, layer: Layer, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    """Yield the problems of a layer's `backports`. `having` are the axes that it depends on, if
    they are certain.
    """
    text, who = draft.readings[name].yaml, f"the layer {name}"
    for source, entry in layer.backports.items():
        path = (KEY, source)
        yield from check_when(draft, text, (*path, "when"), entry.when, having=having, who=who)
        yield from _origin(draft, entry, text, path, having)
        yield from _words(entry, text, path, having)
        if entry.source:
            yield from _release(entry.source, text, (*path, "source"))
        asked = set(every(layer.apt))
        for index, package in enumerate(entry.instead):
            if package not in asked:
                message = f"the layer does not ask for {quoted(package)}"
                hint = nearest(package, asked, what="packages of `apt`")
                yield text.problem((*path, "instead", index), message, hint)


def check_axes(draft: Draft) -> Iterator[Problem]:
    """Yield the problems of the versions that are to be built: nothing does, or what is said of
    them is not enough.
    """
    building: set[str | None] = set()
    for layer in draft.layers.values():
        building.update(entry.axis for entry in layer.backports.values())
    for axis, details in draft.catalog.axes.items():
        for value, entry in details.values.items():
            if entry is None or entry.backport is None:
                continue
            path = ("axes", axis, "values", value, "backport")
            yield from _release(entry.backport, draft.yaml, path)
            if axis not in building and draft.all_known:
                message = f"no layer builds a version of the axis {axis}"
                hint = f"name it in a layer's `{KEY}`: axis: {axis}"
                yield draft.yaml.problem(path, message, hint, key=True)


def _origin(
    draft: Draft, entry: Backport, text: YamlFile, path: Keys, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    """Yield what is wrong with where it comes from."""
    if (entry.axis is None) == (entry.source is None):
        message = "says neither an axis nor a release" if entry.axis is None else "says both"
        hint = "give `axis`, whose values say the release, or `source`: {release: sid}"
        yield text.problem(path, message, hint, key=True)
    if entry.axis is None:
        return
    if draft.lacks_axis(entry.axis):
        hint = nearest(entry.axis, draft.catalog.axes, what="axes")
        yield text.problem((*path, "axis"), f"unknown axis {entry.axis!r}", hint)
    elif having is not None and entry.axis not in having:
        message = f"the layer does not depend on the axis {entry.axis!r}"
        yield text.problem((*path, "axis"), message, depends_on(having))


def _release(release: Release, text: YamlFile, path: Keys) -> Iterator[Problem]:
    if (release.version is None) != (release.sha256 is None):
        message = "a version and the sha256 of its .dsc belong together"
        yield text.problem(path, message, "give both, or neither for the newest one", key=True)


def _words(
    entry: Backport, text: YamlFile, path: Keys, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    """Yield what is wrong with the words in which values of axes may stand."""
    words = [(path, str(path[-1]))]
    for key in NAMES:
        listed = getattr(entry, key)
        yield from repeated(text, (*path, key), listed)
        words += [((*path, key, index), word) for index, word in enumerate(listed)]
    for place, word in words:
        try:
            used = naming.names(word)
        except ValueError as error:
            yield text.problem(place, str(error), key=place == path)
            continue
        for axis in used:
            if having is not None and axis not in having:
                message = f"the layer does not depend on an axis {axis!r}"
                yield text.problem(place, message, depends_on(having), key=place == path)
