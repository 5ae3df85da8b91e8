"""Rules about those who have to have signed a release, its own or upstream's: their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from builder import confined
from builder.attest import pem
from builder.catalog.draft import Draft
from builder.catalog.fork import OciUpstream
from builder.catalog.levels import Level
from builder.catalog.reader import Keys
from builder.catalog.signers import Signers
from builder.catalog.source import YamlFile
from builder.errors import IntegrityError, Problem

SIGNED_BY = "signed_by"
OF_UPSTREAM = ("extends", SIGNED_BY)
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
    yield from _keys(draft.yaml, root, (SIGNED_BY,), signers)


def check_upstream(level: Level) -> Iterator[Problem]:
    """Yield what is wrong with those who have to have signed what a level extends."""
    signers = of_upstream(level)
    if signers is None:
        return
    if not signers.keys and not signers.identities:
        message = "nobody is named, so no upstream could be read"
        hint = "name `keys` or `identities`; without `signed_by` the digest alone is trusted"
        yield level.document.problem(OF_UPSTREAM, message, hint, key=True)
    yield from _keys(level.document, level.root, OF_UPSTREAM, signers)


def of_upstream(level: Level) -> Signers | None:
    """Return who has to have signed what a level extends; None where nobody has to."""
    extends = level.says.extends
    return extends.signed_by if isinstance(extends, OciUpstream) else None


def key_files(signers: Signers | None, root: Path) -> dict[str, bytes]:
    """Return the keys of signers without problems, by their files."""
    return {file: confined.read(root, file, MOST) for file in (signers.keys if signers else ())}


def _keys(document: YamlFile, root: Path, path: Keys, signers: Signers) -> Iterator[Problem]:
    for number, file in enumerate(signers.keys):
        yield from _key(document, root, (*path, "keys", number), file)


def _key(document: YamlFile, root: Path, path: Keys, file: str) -> Iterator[Problem]:
    try:
        wrong = pem.wrong(confined.read(root, file, MOST))
    except FileNotFoundError:
        yield document.problem(path, f"there is no file {file!r} beside catalog.yaml", HINT)
        return
    except (OSError, IntegrityError) as error:
        why = getattr(error, "strerror", None) or str(error)
        hint = "name a file beside catalog.yaml, or below it"
        yield document.problem(path, f"{file!r} cannot be read: {why}", hint)
        return
    if wrong:
        yield document.problem(path, f"{file!r} {wrong}", HINT)
