"""Which cells meet: only cells of one image have to agree on the versions of packages."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from builder.graph.model import Graph


def meetings(graph: Graph, cells: Iterable[str]) -> list[frozenset[str]]:
    """Return the sets of these cells that are in one image, or in one build, in a stable order.
    Subsets of other sets are left out.
    """
    here = frozenset(cells)
    sets = {here.intersection(image.cells) for image in graph.images.values()}
    # A layer that is built once for several releases stands on cells that its images do not hold.
    sets |= {here.intersection((*graph.cells[name].ancestors, name)) for name in here}
    largest: list[frozenset[str]] = []
    for candidate in sorted(sets, key=lambda one: (-len(one), sorted(one))):
        if not any(candidate <= other for other in largest):
            largest.append(candidate)
    return largest


def images_of(graph: Graph, cells: Collection[str]) -> list[str]:
    """Return the names of the images that hold all of these cells, each once, in the order of the
    catalog.
    """
    wanted = frozenset(cells)
    holding = [image.name for image in graph.images.values() if wanted <= frozenset(image.cells)]
    return list(dict.fromkeys(holding))
