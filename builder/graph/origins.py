"""Which further repositories and indexes cells take packages from."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.utils import canonicalize_name

from builder.catalog import naming
from builder.catalog.conditions import indexed, wanted
from builder.catalog.load import Loaded
from builder.catalog.model import Layer
from builder.catalog.origins import FurtherRepository, parted
from builder.graph.model import Cell, Graph
from builder.kinds.python import distribution

Point = Mapping[str, str]


def repositories(loaded: Loaded, layer: Layer, point: Point) -> dict[str, FurtherRepository]:
    """Return the repositories that a layer takes Debian packages from at a point, by name."""
    texts = (*wanted(layer.apt, point), *wanted(layer.build, point))
    names = {parted(text)[1] for text in texts} - {""}
    return {name: _repository(loaded, name, point) for name in sorted(names)}


def _repository(loaded: Loaded, name: str, point: Point) -> FurtherRepository:
    declared = loaded.catalog.repositories[name]
    return FurtherRepository(
        name=name,
        url=declared.url.rstrip("/"),
        suite=naming.fill(declared.suite, point),
        components=declared.components,
        certificate=loaded.certificates[name],
    )


def indexes(loaded: Loaded, layer: Layer, point: Point) -> dict[str, str]:
    """Return the addresses of the indexes that a layer takes Python packages from at a point, by
    name.
    """
    pairs = (*indexed(layer.python, point), *indexed(layer.shared, point))
    names = {index for _, index in pairs} - {""}
    return {name: loaded.catalog.addresses[name] for name in sorted(names)}


def taken_from(cell: Cell) -> dict[str, str]:
    """Return the further index of each Python package that a cell's layer takes from one, by the
    package's name.
    """
    pairs = (*indexed(cell.layer.python, cell.point), *indexed(cell.layer.shared, cell.point))
    return {canonicalize_name(distribution(text)): index for text, index in pairs if index}


def origins(cell: Cell, graph: Graph) -> dict[str, tuple[str, str]]:
    """Return the further origins that a cell and what it stands on take packages from, each with
    its address, and the path of a file there.
    """
    files: dict[str, tuple[str, str]] = {}
    for one in (graph.cells[name] for name in (*cell.ancestors, cell.id)):
        for name, repository in one.repositories.items():
            files[name] = repository.url, f"dists/{repository.suite}/InRelease"
        for package, index in taken_from(one).items():
            files[index] = one.indexes[index], f"{package}/"
    return files
