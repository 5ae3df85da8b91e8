"""Files by URL: what a layer names, with the hash of the file if the layer gives none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.catalog.conditions import archives
from builder.catalog.packages import Archive
from builder.errors import FetchError, IntegrityError, Problem
from builder.events import Step
from builder.fetch import transfer
from builder.fetch.session import session
from builder.fetch.transfer import GoneError
from builder.graph.request import Request
from builder.kinds.archive import KEY, KIND, identity
from builder.lock.model import Artifact
from builder.resolve.task import Piece, Resolved, Task
from builder.settings import Settings
from builder.tools.web import host, reason

ORIGIN = "archive"
UNREAD = (
    "give its `sha256`, and locking needs no network; or set http_proxy/https_proxy, or"
    " CATALOG_CA_BUNDLE"
)


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the archives of all cells; see `builder.resolve.task.Resolver`.

    One whose hash the layer gives is not fetched: whoever builds with it does that.
    """
    del before
    known = _Known(task)
    pieces = {}
    problems: list[Problem] = []
    silent: dict[str, FetchError] = {}
    for cell in task.cells:
        there = archives(cell.layer.archives, cell.point)
        if not there:
            continue
        task.monitor(Step(cell.id, "running", "resolving archives"))
        artifacts = []
        for name, archive in there.items():
            request = Request(cell, KEY, name)
            try:
                artifacts.append(known.one(request, archive))
            except GoneError as error:
                message = f"{archive.url} does not exist{error.where}"
                problems.append(task.documents.problem(request, message, "correct `url`"))
            except IntegrityError as error:
                problems.append(task.documents.problem(request, error.message, error.hint))
            except FetchError as error:
                message = f"{task.documents.place(request)}: {error.message}"
                silent.setdefault(archive.url, FetchError(message, hint=error.hint))
        pieces[cell.id] = Piece(artifacts=tuple(artifacts))
    # What is wrong is told first: it is wrong whoever answers.
    if silent and not problems:
        messages = [error.message for error in silent.values()]
        raise FetchError("\n".join(messages), hint=UNREAD)
    return Resolved(pieces=pieces, problems=tuple(problems))


class _Known:
    """The archives so far. One name and version stand for one file in the whole catalog."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._first: dict[str, tuple[Artifact, str]] = {}
        """By id: the archive, and who has it."""
        for name, piece in task.previous.cells.items():
            if name in task.graph.cells and not task.resolves(name):
                held = [task.previous.artifacts[identifier] for identifier in piece.artifacts]
                self._first |= {one.id: (one, name) for one in held if one.kind == KIND}

    def one(self, request: Request, archive: Archive) -> Artifact:
        """Return an archive as it is to be locked.

        Raises:
            GoneError: there is no file at the URL.
            IntegrityError: it is not what the layer says, or another layer says something else.
            FetchError: its host does not answer.

        """
        first, where = self._first.get(identity(request.text, archive), (None, ""))
        made = self._stated(request, archive, first)
        if first is not None and (first.locator, first.digest) != (made.locator, made.digest):
            raise IntegrityError(
                f"{made.name} {made.version} is another file here than in {where}",
                hint="give one of them another name or version, or both one `url` and one `sha256`",
            )
        if first is not None and made.size in {0, first.size}:
            made = first
        self._first[made.id] = made, where or self._task.documents.place(request)
        return made

    def _stated(self, request: Request, archive: Archive, first: Artifact | None) -> Artifact:
        """Return the archive with its hash: the layer's, else what is known of it, else that of
        the file at the URL. Its size is the layer's, or what is known; 0 where nobody knows.
        """
        identifier = identity(request.text, archive)
        before = self._task.previous.artifacts.get(identifier)
        made = Artifact(
            id=identifier,
            kind=KIND,
            name=request.text,
            version=archive.version,
            origin=ORIGIN,
            locator=archive.url,
            digest="",
            size=archive.size or 0,
        )
        if archive.sha256 is not None:
            made = replace(made, digest=f"sha256:{archive.sha256}")
            known = before.size if before is not None and before.digest == made.digest else 0
            return replace(made, size=made.size or known)
        locked = None if self._task.upgrades(request.text) else before
        for same in (first, locked):
            if same is not None and same.locator == archive.url and made.size in {0, same.size}:
                return same
        digest, size = _read(made, self._task.settings)
        if made.size not in {0, size}:
            message = f"`size` is {made.size}, and the file has {size} bytes"
            raise IntegrityError(message, hint="correct `size`, or leave it out")
        return replace(made, digest=f"sha256:{digest}", size=size)


def _read(made: Artifact, settings: Settings) -> tuple[str, int]:
    """Return the sha256 of the file that is at the first address of an archive now, and its size.

    Raises:
        GoneError: none has it.
        FetchError: one does not answer.

    """
    *mirrored, last = locate([made], "", settings)[made.id]
    for url in mirrored:
        try:
            return _read_at(url, settings)
        except GoneError:
            continue
    return _read_at(last, settings)


def _read_at(url: str, settings: Settings) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        for piece in transfer.pieces(session(settings), url, url, most=transfer.MOST):
            digest.update(piece)
            size += len(piece)
    except OSError as error:
        raise FetchError(f"{host(url)} does not answer: {reason(error)}", hint=UNREAD) from error
    return digest.hexdigest(), size


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
