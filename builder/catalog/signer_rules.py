"""Rules about those who have to have signed a release: their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from builder import confined
from builder.attest import pem
from builder.catalog.draft import Draft
from builder.catalog.reader import Keys
from builder.errors import IntegrityError, Problem

SIGNED_BY = "signed_by"
MOST = 1 << 16
"""Bytes of a key."""
HINT = "`cosign public-key --key KEY` writes one"


def check(draft: Draft, root: Path) -> Iterator[Problem]:
    """Yield what is wrong with the signers of a catalog in the directory `root`."""
    signers = draft.catalog.signed_by
    if signers is None:
        return
    if not signers.keys and not signers.identities and draft.sure(SIGNED_BY):
        message = "nobody is named, so nothing could be made public"
        yield draft.yaml.problem((SIGNED_BY,), message, "name `keys` or `identities`", key=True)
    for number, file in enumerate(signers.keys):
        yield from _key(draft, root, (SIGNED_BY, "keys", number), file)


def key_files(draft: Draft, root: Path) -> dict[str, bytes]:
    """Return the keys of a catalog without problems, by their files."""
    signers = draft.catalog.signed_by
    return {file: confined.read(root, file, MOST) for file in (signers.keys if signers else ())}


def _key(draft: Draft, root: Path, path: Keys, file: str) -> Iterator[Problem]:
    try:
        wrong = pem.wrong(confined.read(root, file, MOST))
    except FileNotFoundError:
        yield draft.yaml.problem(path, f"there is no file {file!r} beside catalog.yaml", HINT)
        return
    except (OSError, IntegrityError) as error:
        why = getattr(error, "strerror", None) or str(error)
        hint = "name a file beside catalog.yaml, or below it"
        yield draft.yaml.problem(path, f"{file!r} cannot be read: {why}", hint)
        return
    if wrong:
        yield draft.yaml.problem(path, f"{file!r} {wrong}", HINT)
