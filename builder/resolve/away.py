"""Further repositories and indexes that do not answer: what needs them, and need not be resolved,
is kept as it is locked.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests

from builder.events import Monitor, Note
from builder.fetch.session import session
from builder.graph.model import Cell, Graph
from builder.graph.origins import origins
from builder.settings import MIRROR, Settings, variable
from builder.tools import web

PATIENCE = 10.0
"""Seconds after which a request has failed."""


def away(
    graph: Graph, late: Collection[str], settings: Settings, monitor: Monitor
) -> frozenset[str]:
    """Return the names of the origins that do not answer. Those that some of the `late` cells need,
    for which the lock is out of date, are not asked here.
    """
    needed: set[str] = set()
    files: dict[str, tuple[str, str]] = {}
    for cell in graph.cells.values():
        theirs = origins(cell, graph)
        files |= theirs
        if cell.id in late:
            needed |= theirs.keys()
    silent = set()
    for name, (address, file) in sorted(files.items()):
        base = settings.mirror(name) or address
        why = "" if name in needed else _silent(settings, f"{base}/{file}")
        if why:
            silent.add(name)
            hint = f"set {variable(MIRROR, name)} to a mirror that answers"
            sentence = f"{name} does not answer, and what needs it stays as it is locked: {why}"
            monitor(Note(f"{sentence} ({hint})", "warning"))
    return frozenset(silent)


def needs(cell: Cell, graph: Graph, names: Collection[str]) -> bool:
    """Tell whether a cell, or what it stands on, takes packages from one of these origins."""
    return bool(names) and not origins(cell, graph).keys().isdisjoint(names)


def _silent(settings: Settings, address: str) -> str:
    """Return why a file cannot be had; empty if it can."""
    if address.startswith("file:"):
        path = Path(urlsplit(address).path)
        return "" if path.exists() else f"there is no {path}"
    host = web.host(address)
    try:
        with session(settings) as asking:
            answer = asking.get(address, timeout=PATIENCE, stream=True)
            answer.close()
    except (requests.RequestException, OSError) as error:
        return f"{host}: {web.reason(error)}"
    is_wrong = answer.status_code >= HTTPStatus.BAD_REQUEST
    return f"{host} answers {answer.status_code}" if is_wrong else ""
