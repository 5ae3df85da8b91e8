"""Which hosts images need beside the package registries: those in the addresses of archives."""

from __future__ import annotations

from urllib.parse import urlsplit

from builder.catalog.conditions import archives
from builder.graph.model import Cell, Graph, ImagePoint


def addresses(graph: Graph) -> dict[str, str]:
    """Return the hosts that some cell needs, each with the first address at it."""
    known: dict[str, str] = {}
    for cell in graph.cells.values():
        for archive in archives(cell.layer.archives, cell.point).values():
            known.setdefault(_host(archive.url), archive.url)
    known.pop("", None)
    return known


def needs(image: ImagePoint, graph: Graph) -> tuple[str, ...]:
    """Return the hosts that have what the image's cells take by address, sorted."""
    hosts: set[str] = set()
    for cell in image.cells:
        hosts |= _hosts(graph.cells[cell])
    return tuple(sorted(hosts))


def _hosts(cell: Cell) -> set[str]:
    there = archives(cell.layer.archives, cell.point).values()
    # A file of this machine is at no host.
    return {host for archive in there if (host := _host(archive.url))}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return url.partition("//")[2].partition("/")[0]
