"""Which hosts images need beside the package registries: those in the addresses of archives, and of
further repositories and indexes.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from builder.catalog.conditions import archives
from builder.graph.model import Cell, Graph, ImagePoint


def addresses(graph: Graph) -> dict[str, str]:
    """Return the hosts of the archives that some cell needs, each with the first address at it."""
    known: dict[str, str] = {}
    for cell in graph.cells.values():
        for archive in archives(cell.layer.archives, cell.point).values():
            known.setdefault(_host(archive.url), archive.url)
    known.pop("", None)
    return known


def needs(image: ImagePoint, graph: Graph) -> tuple[str, ...]:
    """Return the hosts beside the package registries that have something of the image, sorted."""
    hosts: set[str] = set()
    for cell in image.cells:
        hosts |= _hosts(graph.cells[cell])
    return tuple(sorted(hosts))


def _hosts(cell: Cell) -> set[str]:
    there = archives(cell.layer.archives, cell.point).values()
    addresses = [archive.url for archive in there]
    addresses += [repository.url for repository in cell.repositories.values()]
    addresses += cell.indexes.values()
    # A file of this machine is at no host.
    return {host for address in addresses if (host := _host(address))}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return url.partition("//")[2].partition("/")[0]
