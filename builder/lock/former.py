"""The former format of a lock: one JSON file with all artifacts and all cells. It is only read, so
that `catalog lock` can convert it.
"""

from __future__ import annotations

from builder.catalog.words import MOST_BYTES
from builder.errors import InputError, Problem
from builder.lock.decode import cell, check_artifact, moment
from builder.lock.model import Artifact, Lock
from builder.lock.page import Page, opening

FORMAT = 1
KEYS = {"format", "moment", "archives", "artifacts", "cells"}
TEXTS = ("kind", "name", "version", "origin", "locator", "digest")
# Only the kinds whose index always states a size keep it.
SIZED = {"deb", "build"}


def outdated(file: str) -> InputError:
    """Return the error for a lock that must be converted first."""
    message = "the lock has format 1, which earlier versions of this program wrote"
    hint = "run `catalog lock`: it converts the lock, and cells that did not change are not rebuilt"
    return InputError([Problem(file, 1, 1, message, hint)])


def decode_former(text: str, file: str) -> Lock:
    """Return the lock that a text of the former format holds.

    Raises:
        InputError: the text is inconsistent.

    """
    page = Page(file, text)
    document = page.document()
    if document.get("format") != FORMAT:
        version = document.get("format")
        page.fail('"format"', f"the lock has format {version!r}, but this program reads {FORMAT}")
    document = page.fields(document, "", "the lock", KEYS)
    artifacts = {}
    for name, value in page.mapping(document["artifacts"], '"artifacts"').items():
        artifacts[name] = _artifact(page, name, value)
    cells = {}
    for name, value in page.mapping(document["cells"], '"cells"').items():
        cells[name] = cell(page, name, value, artifacts)
    archives = page.mapping(document["archives"], '"archives"')
    return Lock(
        moment=moment(page, document["moment"]),
        artifacts=artifacts,
        cells=cells,
        archives={name: page.strings(suite, opening(name)) for name, suite in archives.items()},
    )


def _artifact(page: Page, name: str, value: object) -> Artifact:
    place = opening(name)
    fields = {"extra": {}, **page.mapping(value, place)}
    fields = page.fields(fields, place, f"artifact {name}", {*TEXTS, "size", "extra"})
    size = page.number(fields["size"], place, f"the size of {name}", 0, MOST_BYTES)
    artifact = Artifact(
        id=name,
        size=size if fields["kind"] in SIZED else 0,
        extra=page.strings(fields["extra"], place),
        **{field: page.string(fields[field], place) for field in TEXTS},
    )
    expected = f"{artifact.kind}:{artifact.name}={artifact.version}:"
    if not f"{name}:".startswith(expected):
        page.fail(place, f"artifact {name} is described as {expected.removesuffix(':')}")
    check_artifact(page, artifact)
    return artifact
