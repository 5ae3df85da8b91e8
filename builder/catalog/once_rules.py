"""Rules about a layer that is built once for several values of an axis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from builder.catalog.conditions import condition, holds, spell
from builder.catalog.draft import Draft, check_when, repeated
from builder.catalog.model import Layer
from builder.catalog.parts import Once
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.kinds.table import ASKED_FOR

ELSEWHERE = {kind.key: kind.of_one_release for kind in ASKED_FOR if kind.of_one_release} | {
    "replaces": "what it replaces differs between releases",
    "bootstrap": "it makes one release",
}
"""Keys that such a layer cannot have, and why."""


def check(
    draft: Draft, name: str, layer: Layer, having: tuple[str, ...] | None
) -> Iterator[Problem]:
    """Yield the problems of a layer's `once`. `having` are the axes that it depends on, if they are
    certain.
    """
    if layer.once is None:
        return
    text = draft.readings[name].yaml
    wrong = list(
        check_when(
            draft, text, ("once", "at"), layer.once.at, having=having, who=f"the layer {name}"
        )
    )
    yield from wrong
    yield from _paths(layer.once, text)
    for key, why in ELSEWHERE.items():
        if getattr(layer, key):
            yield text.problem(
                (key,),
                f"a layer that is built once for several releases cannot have `{key}`: {why}",
                "remove it, or `once`",
                key=True,
            )
    if not wrong:
        yield from _values(draft, layer, having or (), text)


def _paths(once: Once, text: YamlFile) -> Iterator[Problem]:
    yield from repeated(text, ("once", "paths"), once.paths)
    for index, path in enumerate(once.paths):
        clean = str(PurePosixPath(path))
        if path != clean or path == "/" or ".." in PurePosixPath(path).parts:
            hint = (
                f"write {clean!r}"
                if clean != "/" and ".." not in clean
                else "for example: /opt/tool"
            )
            yield text.problem(
                ("once", "paths", index),
                "expected a path below '/', without '..' and without a trailing '/', found"
                f" {path!r}",
                hint,
            )


def _values(
    draft: Draft, layer: Layer, having: tuple[str, ...], text: YamlFile
) -> Iterator[Problem]:
    """Yield where the layer also depends on versions that exist only for other values."""
    at = layer.once.at if layer.once else {}
    for axis in having:
        if axis in at:
            continue
        hint = f"stand on no layer that depends on {axis}"
        if axis in layer.axes:
            hint = f"remove {axis} from `axes`, and {hint}"
        for value, details in draft.catalog.axes[axis].values.items():
            when = details.when if details else {}
            wants = condition({name: values for name, values in when.items() if name in at})
            if not holds(wants, at):
                where = f"{axis} {value} exists at {spell(wants)} only"
                message = f"the layer depends on {axis}, and {where}"
                yield text.problem(("once", "at"), message, hint, key=True)
