"""What a file asks for, in the words of layer.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import SpecifierSet

from builder.errors import Problem

Told = tuple[str, ...]
Place = tuple[str, int, int]
"""A file as problems name it, with a line and a column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """The packages that files ask for, by the keys of layer.yaml, and what is to be said of it."""

    python: Told = ()
    """Requirements (PEP 508)."""
    apt: Told = ()
    """Names of Debian packages."""
    cran: Told = ()
    """R packages, as the DESCRIPTION of another one names them."""
    versions: Mapping[str, SpecifierSet] = field(default_factory=dict)
    """Axis -> what its version may be."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Package, as one of these lists has it -> where a file asks for it."""
    name: str = ""
    """What the file calls it."""
    notes: Told = ()
    """What a person should know of how the file was read."""
    problems: tuple[Problem, ...] = ()
    """What cannot be had, each with its place."""

    @property
    def is_empty(self) -> bool:
        """Whether no package is asked for."""
        return not (self.python or self.apt or self.cran)


Read = Callable[[Path, str], Environment]
"""`read(path, shown)`: what the file at a path asks for; problems call it `shown`."""


def merged(parts: Iterable[Environment]) -> Environment:
    """Return what several files ask for together, each package once. The first name is taken."""
    whole = Environment()
    for part in parts:
        versions = dict(whole.versions)
        for axis, allowed in part.versions.items():
            versions[axis] = versions.get(axis, SpecifierSet()) & allowed
        whole = Environment(
            python=_once(whole.python, part.python),
            apt=_once(whole.apt, part.apt),
            cran=_once(whole.cran, part.cran),
            versions=versions,
            places={**part.places, **whole.places},
            name=whole.name or part.name,
            notes=_once(whole.notes, part.notes),
            problems=whole.problems + part.problems,
        )
    return whole


def _once(first: Told, second: Told) -> Told:
    return tuple(dict.fromkeys(first + second))
