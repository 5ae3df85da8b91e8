"""What layers ask for, and where each of them says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder.catalog.conditions import condition, holds
from builder.catalog.packages import IndexedPackages
from builder.catalog.reader import Key
from builder.catalog.source import YamlFile
from builder.errors import Problem
from builder.graph.model import Cell


@dataclass(frozen=True, slots=True)
class Request:
    """One package, or requirement, that a layer asks for at a cell's point."""

    cell: Cell
    key: str
    """The key of layer.yaml: apt, python, npm, …"""
    text: str
    """The entry of a list, or the name in a mapping."""
    index: str = ""
    """The further Python index that it is taken from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Documents:
    """The catalog's files as they are written: problems are reported at the line of a request."""

    layers: Mapping[str, YamlFile] = field(default_factory=dict)
    catalog: YamlFile | None = None

    def problem(self, request: Request, message: str, hint: str = "") -> Problem:
        """Return a problem with a request, at its place."""
        source = self.layers.get(request.cell.name)
        if source is None:
            return Problem(_file(request.cell), 0, 0, message, hint)
        path = _path(source.data, request)
        return source.problem(path, message, hint, key=len(path) < 2 or _is_name(path))

    def of_layer(self, cell: Cell, key: str, message: str, hint: str = "") -> Problem:
        """Return a problem with everything that a layer asks for under one key."""
        source = self.layers.get(cell.name)
        if source is None:
            return Problem(_file(cell), 0, 0, message, hint)
        return source.problem((key,), message, hint, key=True)

    def of_value(self, axis: str, value: str, message: str, hint: str = "") -> Problem:
        """Return a problem with the value of an axis."""
        if self.catalog is None:
            return Problem("catalog.yaml", 0, 0, message, hint)
        return self.catalog.problem(("axes", axis, "values", value), message, hint, key=True)

    def of_origin(self, path: tuple[str, ...], message: str, hint: str = "") -> Problem:
        """Return a problem with what catalog.yaml says of a further repository or index."""
        if self.catalog is None:
            return Problem("catalog.yaml", 0, 0, message, hint)
        return self.catalog.problem(path, message, hint)

    def place(self, request: Request) -> str:
        """Return `file:line` of a request."""
        problem = self.problem(request, "")
        return f"{problem.file}:{problem.line}" if problem.line else problem.file


def _file(cell: Cell) -> str:
    return f"{cell.name}/layer.yaml"


def _is_name(path: Sequence[Key]) -> bool:
    """Tell whether a path ends at an entry of a mapping, whose key is what was asked for."""
    return isinstance(path[-1], str)


def _path(data: object, request: Request) -> tuple[Key, ...]:
    """Return the path of a request in its layer's document; that of its key if it is in neither a
    list nor a mapping there.
    """
    value = data.get(request.key) if isinstance(data, dict) else None
    if isinstance(value, dict) and request.text in value:
        return (request.key, request.text)
    if isinstance(value, list):
        for path in _paths(value, request):
            return (request.key, *path)
    return (request.key,)


def _paths(entries: Sequence[object], request: Request) -> Iterator[tuple[Key, ...]]:
    """Yield where a list names the package: among its plain entries, or under a condition that
    holds at the cell's point.
    """
    for index, entry in enumerate(entries):
        if entry == request.text and not request.index:
            yield (index,)
        elif isinstance(entry, dict) and request.text in entry.get("packages", ()):
            block = IndexedPackages.model_validate(entry)
            is_there = holds(condition(block.when), request.cell.point)
            if is_there and (block.index or "") == request.index:
                yield (index, "packages", block.packages.index(request.text))
