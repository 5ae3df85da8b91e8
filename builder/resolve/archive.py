"""Files by their address: what a layer names, with the hash taken down where the layer gives
none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from builder.catalog.model import Archive
from builder.errors import FetchError, InputError, Problem
from builder.events import Step
from builder.fetch.session import session
from builder.fetch.transfer import GoneError, pieces
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.resolve.task import Found, Piece, Task
from builder.settings import Settings

KIND = ORIGIN = "archive"


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve the archives of all cells; see `builder.resolve.task.Resolver`."""
    del before
    found = {}
    for cell in task.cells:
        if cell.layer.archives:
            task.monitor(Step(cell.id, "running", "looking at archives"))
            found[cell.id] = Piece(
                artifacts=tuple(
                    _artifact(task, cell, name, archive)
                    for name, archive in sorted(cell.layer.archives.items())
                )
            )
    return Found(pieces=found)


def _artifact(task: Task, cell: Cell, name: str, archive: Archive) -> Artifact:
    """Return the archive with its hash: the layer's, else that of the lock until now, else that of
    what is at the address.
    """
    same = [
        item
        for item in task.preferred([cell], KIND).values()
        if (item.name, item.version, item.locator) == (name, archive.version, archive.url)
    ]
    if archive.sha256 is None and same:
        return same[0]
    value, size = (archive.sha256, 0) if archive.sha256 else _hash(task, cell, archive.url)
    made = Artifact(
        id=f"{KIND}:{name}={archive.version}",
        kind=KIND,
        name=name,
        version=archive.version,
        origin=ORIGIN,
        locator=archive.url,
        digest=f"sha256:{value}",
        size=size,
    )
    task.fetch([made])
    return made


def _hash(task: Task, cell: Cell, url: str) -> tuple[str, int]:
    """Return the sha256 and the size of what is at an address now."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in pieces(session(task.settings), url, url):
            digest.update(piece)
            size += len(piece)
    except GoneError as error:
        raise InputError(
            [Problem(f"{cell.name}/layer.yaml", 0, 0, f"{url} is not there{error.where}")]
        ) from error
    except OSError as error:
        raise FetchError(
            f"{url}: {error}", hint="set http_proxy/https_proxy, or CATALOG_CA_BUNDLE"
        ) from error
    return digest.hexdigest(), size


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the address that the layer gives, in the mirror of archives where one is set."""
    del moment
    base = settings.mirror(ORIGIN)
    return {
        item.id: ((f"{base}/{item.locator.rpartition('/')[2]}",) if base else ()) + (item.locator,)
        for item in artifacts
    }
