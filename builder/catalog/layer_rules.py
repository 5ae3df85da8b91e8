"""Rules about each layer, beyond the types of its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder import confined
from builder.catalog import abi, backport_rules, directory_rules, once_rules, origin_rules
from builder.catalog.directory_rules import TEMPLATE
from builder.catalog.document import Reading
from builder.catalog.draft import Draft, check_when, depends_on, repeated
from builder.catalog.folder import folder
from builder.catalog.model import Layer
from builder.catalog.packages import Packages
from builder.catalog.reader import Keys
from builder.catalog.source import YamlFile
from builder.catalog.stack import cycle
from builder.catalog.suggest import nearest
from builder.catalog.words import Model
from builder.errors import Problem
from builder.kinds.table import ASKED_FOR
from builder.templates.sandbox import RenderError

RELEASE = "debian"
"""The axis whose values mmdebstrap takes as suites."""


def check(draft: Draft, axes: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield the problems of all layers. `axes` gives, for the sound ones, the axes that they depend
    on.
    """
    for name, layer in draft.layers.items():
        reading, having = draft.readings[name], axes.get(name)
        yield from _stands(draft, name, layer)
        yield from _glue(reading, layer)
        yield from _bottom(draft, reading, layer)
        yield from once_rules.check(draft, name, layer, having)
        yield from _packages(draft, name, layer, reading.yaml, having)
        yield from origin_rules.check_layer(draft, name, layer, having)
        yield from _archives(draft, name, layer, having)
        yield from backport_rules.check_layer(draft, name, layer, having)
        yield from _absent(draft, name, layer, having)
        yield from _gpu(draft, name, layer, having)
        yield from _templates(draft, name, layer, reading.yaml, having)
        yield from _when(draft, name, having)
        yield from directory_rules.check(folder(draft.directories[name]), reading, layer)
    yield from _cycles(draft)


def elsewhere(draft: Draft, axes: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the layers whose points are unknown because their `when` is wrong."""
    for name in draft.layers:
        if any(_when(draft, name, axes.get(name))):
            yield name


def _when(draft: Draft, name: str, having: tuple[str, ...] | None) -> Iterator[Problem]:
    when, yaml = draft.layers[name].when, draft.readings[name].yaml
    who = f"the layer {name}"
    yield from check_when(draft, yaml, ("when",), when, having=having, who=who)


def _stands(draft: Draft, name: str, layer: Layer) -> Iterator[Problem]:
    yaml = draft.readings[name].yaml
    for index, below in enumerate(layer.on):
        if below in draft.dropped:
            message = f"the layer {name} stands on {below!r}, which is dropped here"
            hint = f"drop {name} too, or patch it: layers: {{{name}: {{on: …}}}}"
            yield Problem(*draft.dropped[below], message, hint)
        elif below not in draft.known and draft.all_known:
            hint = nearest(below, draft.known - {name}, what="layers")
            yield yaml.problem(("on", index), f"unknown layer {below!r}", hint)
        elif below in draft.layers and draft.layers[below].lifecycle and not layer.glue:
            message = f"{below} is in some images only, by their lifecycle"
            yield yaml.problem(("on", index), message, "stand on what it stands on")
    for index, axis in enumerate(layer.axes):
        if draft.lacks_axis(axis):
            hint = nearest(axis, draft.catalog.axes, what="axes")
            yield yaml.problem(("axes", index), f"unknown axis {axis!r}", hint)
    yield from repeated(yaml, ("on",), layer.on)
    yield from repeated(yaml, ("axes",), layer.axes)


def _glue(reading: Reading[Layer], layer: Layer) -> Iterator[Problem]:
    if layer.glue and not layer.on and reading.sure("on"):
        message = "a glue layer joins when all layers in `on` are present, and `on` is empty"
        yield reading.yaml.problem(("glue",), message, "name the layers that it joins")
    if layer.lifecycle and not layer.glue and reading.sure("glue"):
        message = "a layer that images ask for is in all of them, whatever is stated"
        yield reading.yaml.problem(("lifecycle",), message, "add `glue: true`", key=True)
    if layer.glue and layer.axes:
        message = "a glue layer cannot add axes: it joins images whose points are given"
        hint = "add the axis to a layer that images ask for"
        yield reading.yaml.problem(("axes",), message, hint)


def _bottom(draft: Draft, reading: Reading[Layer], layer: Layer) -> Iterator[Problem]:
    yaml, sure = reading.yaml, reading.sure
    if layer.bootstrap and layer.on:
        message = "a layer made by bootstrap stands on nothing"
        yield yaml.problem(("on",), message, "remove `on` or `bootstrap`")
    if layer.bootstrap and RELEASE not in layer.axes and sure("axes"):
        message = f"a layer made by bootstrap needs the axis {RELEASE!r}, which names the release"
        hint = f"add {RELEASE} to `axes`"
        if draft.lacks_axis(RELEASE):
            hint = f"describe the axis {RELEASE} in catalog.yaml, and {hint}"
        yield yaml.problem(("bootstrap",), message, hint)
    if layer.dpkg and not layer.bootstrap and sure("bootstrap"):
        message = (
            "dpkg's filters apply to every layer, so `dpkg` belongs in the layer made by bootstrap"
        )
        yield yaml.problem(("dpkg",), message, "move it to that layer", key=True)
    is_sure = sure("on") and sure("bootstrap") and sure("glue")
    if is_sure and not layer.on and not layer.bootstrap and not layer.glue:
        hint = "add `on`, or `bootstrap: true` for the lowest layer"
        yield yaml.problem((), "the layer stands on nothing", hint)


def _packages(
    draft: Draft, name: str, layer: Layer, text: YamlFile, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for kind in ASKED_FOR:
        yield from kind.check(text, layer)
        for path, packages in _lists((kind.key,), getattr(layer, kind.key)):
            yield from repeated(text, path, packages)
            yield from _conditions(draft, name, path, packages, having)


def _conditions(
    draft: Draft,
    name: str,
    path: Keys,
    packages: tuple[object, ...],
    having: tuple[str, ...] | None,
) -> Iterator[Problem]:
    """Yield what is wrong with the conditional entries of a list."""
    text, who = draft.readings[name].yaml, f"the layer {name}"
    for index, entry in enumerate(packages):
        if isinstance(entry, Packages):
            yield from repeated(text, (*path, index, "packages"), entry.packages)
            when = (*path, index, "when")
            yield from check_when(draft, text, when, entry.when, having=having, who=who)


def _archives(
    draft: Draft, name: str, layer: Layer, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    text, who = draft.readings[name].yaml, f"the layer {name}"
    for one, archive in layer.archives.items():
        when = ("archives", one, "when")
        yield from check_when(draft, text, when, archive.when, having=having, who=who)


def _absent(
    draft: Draft, name: str, layer: Layer, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    text, who = draft.readings[name].yaml, f"the layer {name}"
    for index, entry in enumerate(layer.absent):
        yield from repeated(text, ("absent", index, "names"), entry.names)
        when = ("absent", index, "when")
        yield from check_when(draft, text, when, entry.when, having=having, who=who)


def _gpu(
    draft: Draft, name: str, layer: Layer, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    text, who = draft.readings[name].yaml, f"the layer {name}"
    for index, entry in enumerate(layer.gpu):
        yield from repeated(text, ("gpu", index, "architectures"), entry.architectures)
        when = ("gpu", index, "when")
        yield from check_when(draft, text, when, entry.when, having=having, who=who)


def _lists(path: Keys, value: object) -> Iterator[tuple[Keys, tuple[object, ...]]]:
    """Yield the lists in the value of a key: the value itself, or those below its own keys."""
    if isinstance(value, tuple):
        yield path, value
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _lists((*path, name), getattr(value, name))


def _templates(
    draft: Draft, name: str, layer: Layer, yaml: YamlFile, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for index, template in enumerate(layer.abi):
        try:
            abi.check(template)
            used = [axis for axis, _ in abi.uses(template, draft.catalog.axes)]
        except RenderError as error:
            yield yaml.problem(("abi", index), f"is not a Jinja template: {error}")
            continue
        for axis in dict.fromkeys(used):
            for message, hint in _unfit(draft, name, axis, having):
                yield yaml.problem(("abi", index), message, hint)
    yield from _dockerfile(draft, name, having)


def _unfit(
    draft: Draft, name: str, axis: str, having: tuple[str, ...] | None
) -> Iterator[tuple[str, str]]:
    """Yield message and hint for an axis that a layer's template cannot use."""
    if axis not in draft.catalog.axes:
        if draft.lacks_axis(axis):
            yield f"unknown axis {axis!r}", nearest(axis, draft.catalog.axes, what="axes")
    elif having is not None and axis not in having:
        yield (
            f"the layer {name} does not depend on the axis {axis!r}",
            f"{_ways_to_an_axis(draft.layers[name])}; {depends_on(having)}",
        )


def _ways_to_an_axis(layer: Layer) -> str:
    """Return how a layer can come to depend on an axis."""
    if layer.glue:
        return "stand on a layer that has it"
    return "add it to `axes`" + ("" if layer.bootstrap else ", or stand on a layer that has it")


def _dockerfile(draft: Draft, name: str, having: tuple[str, ...] | None) -> Iterator[Problem]:
    path = draft.directories[name] / TEMPLATE
    if path.is_symlink() or not path.is_file():
        # What it is instead is told with the layer's directory.
        return
    file = path.as_posix()
    try:
        used = dict(abi.uses(confined.read(path.parent, path.name).decode(), draft.catalog.axes))
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(file, 0, 0, f"cannot be read as UTF-8: {error}")
        return
    except RenderError as error:
        yield Problem(file, error.line, 1, f"is not a Jinja template: {error}")
        return
    for axis, line in used.items():
        for message, hint in _unfit(draft, name, axis, having):
            yield Problem(file, line, 1, message, hint)


def _cycles(draft: Draft) -> Iterator[Problem]:
    on: dict[str, tuple[str, ...]] = {}
    for name, layer in draft.layers.items():
        on[name] = tuple(below for below in layer.on if below in draft.layers)
    while loop := cycle(on):
        first = loop[0]
        index = draft.layers[first].on.index(loop[1])
        message = f"layers stand on each other: {' -> '.join(loop)}"
        yield draft.readings[first].yaml.problem(
            ("on", index), message, "remove one of these from `on`"
        )
        on = {name: below for name, below in on.items() if name not in loop}
