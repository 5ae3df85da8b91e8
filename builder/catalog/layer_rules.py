"""What must be true of each layer beyond the types of its keys."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from jinja2 import TemplateSyntaxError

from builder.catalog import abi, once_rules
from builder.catalog.draft import Draft, check_when, repeated
from builder.catalog.model import Layer
from builder.catalog.packages import Packages
from builder.catalog.reader import Step
from builder.catalog.source import Source
from builder.catalog.stack import cycle
from builder.catalog.suggest import nearest
from builder.catalog.words import Model
from builder.errors import Problem
from builder.kinds.table import ASKED_FOR

RELEASE = "debian"
"""The axis whose values mmdebstrap takes as suites."""
TEMPLATE = "Dockerfile.j2"


def check(draft: Draft, axes: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield the problems of all layers. `axes` gives, for the sound ones, the axes that they depend
    on.
    """
    for name, layer in draft.layers.items():
        text = draft.sources[name]
        yield from _stands(draft, name, layer, text)
        yield from once_rules.check(draft, name, layer, axes.get(name))
        yield from _packages(draft, name, layer, text, axes.get(name))
        yield from _templates(draft, name, layer, text, axes.get(name))
        yield from check_when(
            draft, text, ("when",), layer.when, having=axes.get(name), who=f"the layer {name}"
        )
        yield from _files(draft.directories[name] / "files", layer, text)
        yield from _tests(draft.directories[name] / "tests")
    yield from _cycles(draft)


def _stands(draft: Draft, name: str, layer: Layer, text: Source) -> Iterator[Problem]:
    for index, below in enumerate(layer.on):
        if below not in draft.known:
            yield text.problem(
                ("on", index),
                f"unknown layer {below!r}",
                nearest(below, draft.known - {name}, what="layers"),
            )
    for index, axis in enumerate(layer.axes):
        if axis not in draft.catalog.axes:
            yield text.problem(
                ("axes", index),
                f"unknown axis {axis!r}",
                nearest(axis, draft.catalog.axes, what="axes"),
            )
    yield from repeated(text, ("on",), layer.on)
    yield from repeated(text, ("axes",), layer.axes)
    if layer.glue and not layer.on:
        yield text.problem(
            ("glue",),
            "a glue layer joins when all layers in `on` are present, and `on` is empty",
            "name the layers that it joins",
        )
    if layer.glue and layer.axes:
        yield text.problem(
            ("axes",),
            "a glue layer cannot add axes: it joins images whose points are given",
            "add the axis to a layer that images ask for",
        )
    yield from _bottom(layer, text)


def _bottom(layer: Layer, text: Source) -> Iterator[Problem]:
    if layer.bootstrap and layer.on:
        yield text.problem(
            ("on",), "a layer made by bootstrap stands on nothing", "remove `on` or `bootstrap`"
        )
    if layer.bootstrap and RELEASE not in layer.axes:
        message = f"what bootstrap makes depends on the axis {RELEASE!r}, which names the release"
        yield text.problem(("bootstrap",), message, f"add {RELEASE} to `axes`")
    if layer.dpkg and not layer.bootstrap:
        message = (
            "what dpkg leaves out, it leaves out in every layer: `dpkg` is for the layer made by"
            " bootstrap"
        )
        yield text.problem(("dpkg",), message, "move it to that layer", key=True)
    if not layer.on and not layer.bootstrap and not layer.glue:
        yield text.problem(
            (), "the layer stands on nothing", "add `on`, or `bootstrap: true` for the lowest layer"
        )


def _packages(
    draft: Draft, name: str, layer: Layer, text: Source, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for kind in ASKED_FOR:
        yield from kind.check(text, layer)
        for path, packages in _lists((kind.key,), getattr(layer, kind.key)):
            yield from repeated(text, path, packages)
            yield from _conditions(draft, name, path, packages, having)


def _conditions(
    draft: Draft,
    name: str,
    path: tuple[Step, ...],
    packages: tuple[object, ...],
    having: tuple[str, ...] | None,
) -> Iterator[Problem]:
    """Yield what is wrong with the entries of a list that are wanted at some points only."""
    text, who = draft.sources[name], f"the layer {name}"
    for index, entry in enumerate(packages):
        if isinstance(entry, Packages):
            yield from repeated(text, (*path, index, "packages"), entry.packages)
            when = (*path, index, "when")
            yield from check_when(draft, text, when, entry.when, having=having, who=who)


def _lists(
    path: tuple[Step, ...], value: object
) -> Iterator[tuple[tuple[Step, ...], tuple[object, ...]]]:
    """Yield the lists in the value of a key: it, or those among its own keys."""
    if isinstance(value, tuple):
        yield path, value
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _lists((*path, name), getattr(value, name))


def _templates(
    draft: Draft, name: str, layer: Layer, text: Source, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    for index, template in enumerate(layer.abi):
        try:
            used = dict.fromkeys(axis for axis, _ in abi.uses(template, draft.catalog.axes))
        except TemplateSyntaxError as error:
            yield text.problem(("abi", index), f"is not a Jinja template: {error.message}")
            continue
        for axis in used:
            for message, hint in _unfit(draft, name, axis, having):
                yield text.problem(("abi", index), message, hint)
    yield from _dockerfile(draft, name, having)


def _unfit(
    draft: Draft, name: str, axis: str, having: tuple[str, ...] | None
) -> Iterator[tuple[str, str]]:
    if axis not in draft.catalog.axes:
        yield f"unknown axis {axis!r}", nearest(axis, draft.catalog.axes, what="axes")
    elif having is not None and axis not in having:
        yield (
            f"the layer {name} does not depend on the axis {axis!r}",
            (
                "add it to `axes`, or stand on a layer that has it; it depends on:"
                f" {', '.join(having)}"
            ),
        )


def _dockerfile(draft: Draft, name: str, having: tuple[str, ...] | None) -> Iterator[Problem]:
    path = draft.directories[name] / TEMPLATE
    file = str(PurePosixPath(draft.sources[name].file).parent / TEMPLATE)
    if not path.is_file():
        return
    try:
        used = dict(abi.uses(path.read_bytes().decode(), draft.catalog.axes))
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(file, 0, 0, f"cannot be read as UTF-8: {error}")
        return
    except TemplateSyntaxError as error:
        yield Problem(file, error.lineno, 1, f"is not a Jinja template: {error.message}")
        return
    for axis, line in used.items():
        yield from (
            Problem(file, line, 1, message, hint)
            for message, hint in _unfit(draft, name, axis, having)
        )


def _files(folder: Path, layer: Layer, text: Source) -> Iterator[Problem]:
    there = {f"/{path.relative_to(folder).as_posix()}": path for path in sorted(folder.rglob("*"))}
    for path in there.values():
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            what = (
                "is a symbolic link" if path.is_symlink() else "is neither a file nor a directory"
            )
            yield Problem(
                path.as_posix(),
                0,
                0,
                f"{what}, which a layer's files cannot hold",
                "make it in `run`",
            )
    for index, entry in enumerate(layer.files):
        if ".." in PurePosixPath(entry.path).parts:
            yield text.problem(
                ("files", index, "path"),
                f"{entry.path!r} leaves the layer's files",
                "write the path without '..'",
            )
        elif not any(fnmatchcase(path, entry.path) for path in there):
            yield text.problem(
                ("files", index, "path"),
                f"no path below files/ matches {entry.path!r}",
                nearest(entry.path, there),
            )


def _tests(folder: Path) -> Iterator[Problem]:
    """Yield the scripts that would not run. What has no first line of a script is data of a
    test.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.stat().st_mode & stat.S_IXUSR:
            with path.open("rb") as stream:
                script = stream.read(2) == b"#!"
            if script:
                yield Problem(
                    path.as_posix(),
                    0,
                    0,
                    "is a test that may not be executed: it would not run",
                    f"chmod +x {path.as_posix()}",
                )


def _cycles(draft: Draft) -> Iterator[Problem]:
    on = {
        name: tuple(below for below in layer.on if below in draft.layers)
        for name, layer in draft.layers.items()
    }
    while loop := cycle(on):
        first = loop[0]
        index = draft.layers[first].on.index(loop[1])
        yield draft.sources[first].problem(
            ("on", index),
            f"layers stand on each other: {' -> '.join(loop)}",
            "remove one of these from `on`",
        )
        on = {name: below for name, below in on.items() if name not in loop}
