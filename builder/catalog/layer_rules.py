"""What must be true of each layer beyond the types of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError
from packaging.requirements import InvalidRequirement, Requirement

from builder.catalog import abi, directory_rules, once_rules
from builder.catalog.directory_rules import TEMPLATE
from builder.catalog.document import Reading
from builder.catalog.draft import Draft, check_when, depends_on, repeated
from builder.catalog.model import Layer, PackageList
from builder.catalog.reader import Keys
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.catalog.stack import cycle
from builder.catalog.suggest import nearest
from builder.errors import Problem

# Debian policy 5.6.1.
DEBIAN_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
NPM_PACKAGE = re.compile(r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*")
RELEASE = "debian"
"""The axis whose values mmdebstrap takes as suites."""
DEBIAN_LISTS, PYTHON_LISTS = ("apt", "build"), ("python", "wheels")


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
        yield from _templates(draft, name, layer, reading.yaml, having)
        yield from _when(draft, name, having)
        yield from directory_rules.check(draft.directories[name], reading, layer)
    yield from _cycles(draft)


def elsewhere(draft: Draft, axes: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the layers that exist at no known points: their `when` is wrong."""
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
        if below not in draft.known and draft.all_known:
            hint = nearest(below, draft.known - {name}, what="layers")
            yield yaml.problem(("on", index), f"unknown layer {below!r}", hint)
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
        message = f"what bootstrap makes depends on the axis {RELEASE!r}, which names the release"
        hint = f"add {RELEASE} to `axes`"
        if draft.lacks_axis(RELEASE):
            hint = f"describe the axis {RELEASE} in catalog.yaml, and {hint}"
        yield yaml.problem(("bootstrap",), message, hint)
    if layer.dpkg and not layer.bootstrap and sure("bootstrap"):
        message = (
            "what dpkg leaves out, it leaves out in every layer: `dpkg` is for the layer made by"
            " bootstrap"
        )
        yield yaml.problem(("dpkg",), message, "move it to that layer", key=True)
    is_sure = sure("on") and sure("bootstrap") and sure("glue")
    if is_sure and not layer.on and not layer.bootstrap and not layer.glue:
        hint = "add `on`, or `bootstrap: true` for the lowest layer"
        yield yaml.problem((), "the layer stands on nothing", hint)


def _packages(
    draft: Draft, name: str, layer: Layer, text: YamlFile, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for key in (*DEBIAN_LISTS, *PYTHON_LISTS):
        packages: PackageList = getattr(layer, key)
        yield from repeated(text, (key,), packages)
        for path, package in _each(key, packages):
            yield from (
                _debian(text, path, package)
                if key in DEBIAN_LISTS
                else _python(text, path, package)
            )
        for index, entry in enumerate(packages):
            if not isinstance(entry, str):
                yield from repeated(text, (key, index, "packages"), entry.packages)
                yield from check_when(
                    draft,
                    text,
                    (key, index, "when"),
                    entry.when,
                    having=having,
                    who=f"the layer {name}",
                )
    for package, version in layer.npm.items():
        if not NPM_PACKAGE.fullmatch(package):
            yield text.problem(
                ("npm", package), f"{quoted(package)} is not the name of an npm package", key=True
            )
        if not version.strip():
            yield text.problem(
                ("npm", package),
                "expected a version specifier, found the text ''",
                "for any version: '*'",
            )


def _each(key: str, packages: PackageList) -> Iterator[tuple[Keys, str]]:
    for index, entry in enumerate(packages):
        if isinstance(entry, str):
            yield (key, index), entry
        else:
            yield from (
                ((key, index, "packages", inner), package)
                for inner, package in enumerate(entry.packages)
            )


def _debian(text: YamlFile, path: Keys, package: str) -> Iterator[Problem]:
    if DEBIAN_PACKAGE.fullmatch(package):
        return
    bare = re.split(r"[=:/ (]", package)[0]
    hint = (
        f"write {bare!r}; versions come from the lock"
        if bare != package and DEBIAN_PACKAGE.fullmatch(bare)
        else ""
    )
    hint = f"write {quoted(package.lower())}" if DEBIAN_PACKAGE.fullmatch(package.lower()) else hint
    yield text.problem(path, f"{quoted(package)} is not the name of a Debian package", hint)


def _python(text: YamlFile, path: Keys, package: str) -> Iterator[Problem]:
    try:
        Requirement(package)
    except InvalidRequirement as error:
        why = str(error).splitlines()[0].rstrip(":.")
        yield text.problem(
            path,
            f"{quoted(package)} is not a Python requirement (PEP 508): {why}",
            "for example: numpy>=2",
        )


def _templates(
    draft: Draft, name: str, layer: Layer, yaml: YamlFile, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for index, template in enumerate(layer.abi):
        try:
            used = [axis for axis, _ in abi.uses(template, draft.catalog.axes)]
        except TemplateSyntaxError as error:
            yield yaml.problem(("abi", index), f"is not a Jinja template: {error.message}")
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
    if not path.is_file():
        return
    file = path.as_posix()
    try:
        used = dict(abi.uses(path.read_bytes().decode(), draft.catalog.axes))
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(file, 0, 0, f"cannot be read as UTF-8: {error}")
        return
    except TemplateSyntaxError as error:
        yield Problem(file, error.lineno, 1, f"is not a Jinja template: {error.message}")
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
