"""A tree of JSON files as a lock. Nothing in them is trusted: whatever is inconsistent is refused
with its file and line. See `builder.lock.encode` for the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from builder.catalog.words import MOST_BYTES
from builder.errors import InputError, IntegrityError, Problem
from builder.kinds.table import BY_NAME, complete, placed
from builder.lock import chunks, words
from builder.lock.encode import HEAD, LAYERS, as_json, layer_path
from builder.lock.model import FORMAT, Artifact, Lock, Slice, layer_of
from builder.lock.page import MERGE, RESTORE, Page, opening
from builder.lock.scripts import LEAST_ID, MOST_ID, NAME

TEXTS = ("version", "origin", "locator", "digest")
CELL = {"asks", "asked", "artifacts", "files"}


def decode(files: Mapping[str, str], name: str) -> Lock:
    """Return the lock that a tree of files holds; problems call its directory `name`.

    Raises:
        InputError: it has another format, or is inconsistent. Holds the first problem of every
        file.

    """
    if HEAD not in files:
        raise InputError([Problem(f"{name}/{HEAD}", 0, 0, "is missing from the lock", RESTORE)])
    reading = _Reading(name)
    head = Lock(moment="", artifacts={}, cells={})
    for path in sorted(files):
        page = Page(f"{name}/{path}", files[path])
        try:
            if path == HEAD:
                head = _head(page)
            elif path.startswith(f"{LAYERS}/"):
                reading.layer(page, path)
        except InputError as error:
            reading.problems += error.problems
    if reading.problems:
        raise InputError(reading.problems)
    return Lock(
        moment=head.moment,
        artifacts=reading.artifacts,
        cells=reading.cells,
        archives=head.archives,
        accounts=head.accounts,
        chunks=reading.chunks,
    )


def moment(page: Page, value: object) -> str:
    """Return the moment of a lock."""
    text = page.string(value, '"moment"')
    try:
        datetime.fromisoformat(text)
    except ValueError:
        page.fail('"moment"', f"the moment is {text!r}, not a time such as 2026-01-31T12:00:00Z")
    return text


def cell(page: Page, name: str, value: object, artifacts: Mapping[str, Artifact]) -> Slice:
    """Return one cell's slice."""
    place = opening(name)
    with telling(page, place):
        words.check_cell(name)
    fields = page.fields(value, place, f"cell {name}", CELL)
    ids = page.texts(fields["artifacts"], place)
    asked = page.texts(fields["asked"], place)
    for missing in sorted(set(ids) - artifacts.keys()):
        page.fail(place, f"cell {name} has {missing}, which the file does not describe", MERGE)
    packages = {artifacts[item].name for item in ids if artifacts[item].kind == "deb"}
    files = {}
    for path, lines in page.mapping(fields["files"], place).items():
        files[path] = "\n".join(page.texts(lines, place))
    asks = page.string(fields["asks"], place)
    with telling(page, place):
        piece = Slice(
            asks=asks,
            artifacts=tuple(sorted(set(ids))),
            auto=tuple(sorted(packages - set(asked))),
            files=files,
        )
    return complete(piece, artifacts)


def check_artifact(page: Page, artifact: Artifact) -> None:
    """Refuse an artifact of an unknown kind, or that has its place elsewhere than in a build."""
    if artifact.kind not in BY_NAME:
        message = (
            f"{artifact.id} has the unknown kind {artifact.kind!r}; known kinds:"
            f" {', '.join(BY_NAME)}"
        )
        page.fail(opening(artifact.id), message)
    with telling(page, opening(artifact.id)):
        placed(artifact.checked())


@contextmanager
def telling(page: Page, place: str) -> Iterator[None]:
    """Tell of a word that is not of its form at its place."""
    try:
        yield
    except IntegrityError as error:
        page.fail(place, error.message)


class _Reading:
    """The layers read so far, and what is wrong with them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.artifacts: dict[str, Artifact] = {}
        self.cells: dict[str, Slice] = {}
        self.chunks: dict[str, chunks.Grouping] = {}
        self.problems: list[Problem] = []
        self._first: dict[str, str] = {}

    def layer(self, page: Page, path: str) -> None:
        """Read one layer's file."""
        whole = {"chunks": None, **page.document()}
        document = page.fields(whole, "", "the file", {"artifacts", "chunks", "cells"})
        artifacts = {}
        for name, value in page.mapping(document["artifacts"], '"artifacts"').items():
            artifacts[name] = self._same(page, _artifact(page, name, value))
        for name, value in page.mapping(document["cells"], '"cells"').items():
            if layer_path(layer_of(name)) != path:
                page.fail(opening(name), f"cell {name} belongs in {layer_path(layer_of(name))}")
            self.cells[name] = cell(page, name, value, artifacts)
        if document["chunks"] is not None:
            grouping = _chunks(page, page.mapping(document["chunks"], '"chunks"'), artifacts)
            self.chunks[path.removeprefix(f"{LAYERS}/").removesuffix(".json")] = grouping
        self.artifacts |= artifacts

    def _same(self, page: Page, artifact: Artifact) -> Artifact:
        """Refuse an artifact that another file describes differently."""
        known = self.artifacts.get(artifact.id, artifact)
        first = self._first.setdefault(artifact.id, page.file)
        if (known, known.extra) != (artifact, artifact.extra):
            message = f"{artifact.id} is described differently in {first}"
            page.fail(opening(artifact.id), message, MERGE)
        return artifact


def _chunks(
    page: Page, values: Mapping[str, object], artifacts: Mapping[str, Artifact]
) -> chunks.Grouping:
    """Return which packages of a layer share a chunk: of those that the file describes alone."""
    held = {chunks.origin(artifact) for artifact in artifacts.values()} - {""}
    grouping: dict[str, int] = {}
    for name, value in values.items():
        place = f"{as_json(name)}: "
        if name not in held:
            page.fail(place, f"{name} has a chunk, but no artifact of the file is of it", MERGE)
        grouping[name] = page.number(value, place, f"the chunk of {name}", 1, chunks.MOST)
    return grouping


def _head(page: Page) -> Lock:
    """Return a lock with what concerns the whole catalog."""
    document = page.document()
    if document.get("format") != FORMAT:
        version = document.get("format")
        page.fail('"format"', f"the lock has format {version!r}, but this program reads {FORMAT}")
    names = {"format", "moment", "archives", "accounts"}
    document = page.fields(document, "", "the lock", names)
    archives = page.mapping(document["archives"], '"archives"')
    return Lock(
        moment=moment(page, document["moment"]),
        artifacts={},
        cells={},
        archives={name: page.strings(suite, opening(name)) for name, suite in archives.items()},
        accounts=_accounts(page, page.mapping(document["accounts"], '"accounts"')),
    )


def _accounts(page: Page, values: Mapping[str, object]) -> dict[str, int]:
    """Return the system accounts: names, and ids from Debian's range, each id once."""
    accounts: dict[str, int] = {}
    for name, value in values.items():
        place = f'"{name}": '
        if not NAME.fullmatch(name):
            page.fail(place, f"{name!r} is not the name of an account")
        what = f"the id of the account {name}"
        accounts[name] = page.number(value, place, what, LEAST_ID, MOST_ID)
    for name, others in _sharing(accounts).items():
        message = f"the account {name} has the same id as {', '.join(others)}: {accounts[name]}"
        page.fail(f'"{name}": ', message, MERGE)
    return accounts


def _sharing(accounts: Mapping[str, int]) -> Mapping[str, Iterable[str]]:
    """Return the accounts that share an id with earlier ones, and the names of these."""
    owners: dict[int, str] = {}
    sharing = {}
    for name, number in sorted(accounts.items()):
        owner = owners.setdefault(number, name)
        if owner != name:
            sharing[name] = [owner]
    return sharing


def _artifact(page: Page, name: str, value: object) -> Artifact:
    """Return one artifact. Its kind and its name are in its id."""
    place = opening(name)
    fields: dict[str, Any] = {"size": 0, "extra": {}, **page.mapping(value, place)}
    fields = page.fields(fields, place, f"artifact {name}", {*TEXTS, "size", "extra"})
    kind, _, rest = name.partition(":")
    package, _, version = rest.partition("=")
    size = page.number(fields["size"], place, f"the size of {name}", 0, MOST_BYTES)
    texts = {field: page.string(fields[field], place) for field in TEXTS}
    extra = page.strings(fields["extra"], place)
    artifact = Artifact(id=name, kind=kind, name=package, size=size, extra=extra, **texts)
    if not kind or not package or not f"{version}:".startswith(f"{artifact.version}:"):
        page.fail(place, f"the version of artifact {name} is {artifact.version}, unlike in its id")
    check_artifact(page, artifact)
    return artifact
