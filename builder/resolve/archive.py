"""Files by URL: what a layer names, with the hash of the file if the layer gives none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.catalog.packages import Archive
from builder.errors import FetchError, IntegrityError, Problem
from builder.events import Step
from builder.fetch import transfer
from builder.fetch.session import session
from builder.fetch.transfer import GoneError
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.resolve.task import Piece, Resolved, Task, requests
from builder.settings import Settings
from builder.tools.web import reason

KIND = ORIGIN = "archive"
KEY = "archives"


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the archives of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces = {}
    problems: list[Problem] = []
    for cell in task.cells:
        if not cell.layer.archives:
            continue
        task.monitor(Step(cell.id, "running", "resolving archives"))
        artifacts = []
        for request in requests(cell, KEY):
            archive = cell.layer.archives[request.text]
            try:
                artifacts.append(_artifact(task, cell, request.text, archive))
            except GoneError as error:
                message = f"{archive.url} does not exist{error.where}"
                problems.append(task.documents.problem(request, message))
            except IntegrityError as error:
                hint = "correct `sha256`, if the file is the right one"
                problems.append(task.documents.problem(request, error.message, hint))
        pieces[cell.id] = Piece(artifacts=tuple(artifacts))
    return Resolved(pieces=pieces, problems=tuple(problems))


def _artifact(task: Task, cell: Cell, name: str, archive: Archive) -> Artifact:
    """Return the archive with its hash: the layer's, else that in the previous lock, else that of
    the file at the URL.

    Raises:
        GoneError: there is no file at the URL.

    """
    same = [
        item
        for item in task.preferred([cell], KIND).values()
        if (item.name, item.version, item.locator) == (name, archive.version, archive.url)
    ]
    if archive.sha256 is None and same:
        return same[0]
    value = archive.sha256 or _hash(task, archive.url)
    made = Artifact(
        id=f"{KIND}:{name}={archive.version}",
        kind=KIND,
        name=name,
        version=archive.version,
        origin=ORIGIN,
        locator=archive.url,
        digest=f"sha256:{value}",
        size=0,
    )
    task.fetch([made])
    # Whoever fetches it from elsewhere takes no byte more.
    return replace(made, size=transfer.place(made, task.settings.cache).stat().st_size)


def _hash(task: Task, url: str) -> str:
    """Return the sha256 of the file at a URL now."""
    digest = hashlib.sha256()
    try:
        for piece in transfer.pieces(session(task.settings), url, url, most=transfer.MOST):
            digest.update(piece)
    except OSError as error:
        raise FetchError(
            f"{url}: {reason(error)}", hint="set http_proxy/https_proxy, or CATALOG_CA_BUNDLE"
        ) from error
    return digest.hexdigest()


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the URL that the layer gives; before it, that in the mirror of archives, if set."""
    del moment
    base = settings.mirror(ORIGIN)
    addresses = {}
    for item in artifacts:
        mirrored = (f"{base}/{item.locator.rpartition('/')[2]}",) if base else ()
        addresses[item.id] = (*mirrored, item.locator)
    return addresses
