"""A catalog that was read but not yet found right: what all rules look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from builder.catalog.conditions import allowed
from builder.catalog.model import Catalog, Layer
from builder.catalog.reader import Step
from builder.catalog.source import Source
from builder.catalog.stack import upward
from builder.catalog.suggest import nearest
from builder.catalog.words import When
from builder.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The parts that could be read."""

    catalog: Catalog
    source: Source
    layers: Mapping[str, Layer]
    sources: Mapping[str, Source]
    """Where each layer was read from."""
    directories: Mapping[str, Path]
    known: frozenset[str]
    """Names of all layers that exist, those that could not be read included."""
    whole: bool
    """Whether nothing was left out of the catalog."""

    @cached_property
    def sound(self) -> frozenset[str]:
        """Layers whose place is certain: they and all below them could be read, and stand on no
        cycle.
        """
        axes = self.catalog.axes
        right = {
            name: layer.on
            for name, layer in self.layers.items()
            if all(axis in axes for axis in layer.axes)
        }
        return frozenset(upward(right))


def check_when(
    draft: Draft,
    source: Source,
    path: tuple[Step, ...],
    when: When,
    *,
    having: Collection[str] | None = None,
    who: str = "",
) -> Iterator[Problem]:
    """Yield what is wrong with a condition: unknown axes and values and, with `having`, axes that
    `who` does not depend on.
    """
    for axis, value in when.items():
        here = (*path, axis)
        if axis not in draft.catalog.axes:
            yield source.problem(
                here,
                f"unknown axis {axis!r}",
                nearest(axis, draft.catalog.axes, what="axes"),
                key=True,
            )
            continue
        if having is not None and axis not in having:
            yield source.problem(
                here, f"{who} does not depend on the axis {axis!r}", _axes(having), key=True
            )
        known = draft.catalog.axes[axis].values
        for index, one in enumerate(allowed(value)):
            if one not in known:
                where = here if isinstance(value, str) else (*here, index)
                yield source.problem(
                    where,
                    f"the axis {axis!r} has no value {one!r}",
                    nearest(one, known, what="values"),
                )


def _axes(having: Collection[str]) -> str:
    return f"it depends on: {', '.join(having)}" if having else "it depends on no axis"


def repeated(
    source: Source, path: tuple[Step, ...], names: Collection[object]
) -> Iterator[Problem]:
    """Yield entries of a list that stand there already."""
    seen: set[object] = set()
    for index, name in enumerate(names):
        if isinstance(name, str) and name in seen:
            yield source.problem(
                (*path, index), f"{name!r} stands in this list twice", "remove one"
            )
        if isinstance(name, str):
            seen.add(name)
