"""Which further Python index each package of a resolution is taken from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from builder.errors import Problem
from builder.graph.model import Cell
from builder.graph.request import Documents, Request
from builder.resolve.explain import USUAL, Wish, named
from builder.resolve.target import UnsolvableError

KEY = "python"


def taken(wishes: Iterable[Wish]) -> dict[str, str]:
    """Return the further index of each package that is taken from one, by the package's name.

    Raises:
        UnsolvableError: a package is asked for from two indexes.

    """
    sources: dict[str, str] = {}
    for wish in wishes:
        if isinstance(wish, Request):
            name = named(wish.text)
            other = sources.setdefault(name, wish.index)
            if other != wish.index:
                both = sorted({other or USUAL, wish.index or USUAL})
                raise UnsolvableError(f"{name} is asked for from {' and from '.join(both)}")
    return {name: index for name, index in sorted(sources.items()) if index}


@dataclass(frozen=True, slots=True)
class Mixed:
    """A cell that would get a package from an index that only other layers name. In another image
    the same cell would get it from elsewhere.
    """

    cell: Cell
    package: str
    index: str

    def problem(self, documents: Documents) -> Problem:
        """Return it as a problem of the layer."""
        message = (
            f"needs {self.package}, which layers that it meets take from the index {self.index}"
        )
        hint = (
            f"ask for it here, too: {{index: {self.index}, packages: [{self.package}]}};"
            " or stand `on` a layer that does"
        )
        return documents.of_layer(self.cell, KEY, message, hint)
