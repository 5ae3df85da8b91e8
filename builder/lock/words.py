"""The words of a lock, each of a checked form from the moment it is read: by a lock file, from a
registry's answer, or out of an archive. Paths, addresses and commands are made of them.
"""

from __future__ import annotations

import re

from builder.confined import steps
from builder.errors import IntegrityError

ARCHIVE = "archive"
"""The kind whose versions are for people, and whose locators are addresses."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
ORIGIN = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NAME = re.compile(r"[A-Za-z0-9@_~.][A-Za-z0-9@._~+:/-]{0,255}")
VERSION = re.compile(r"[!-.0-\[\]-~]{1,255}")
FOR_PEOPLE = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
LOCATOR = re.compile(r"[!-\"$->@-\[\]-~]{1,1024}")
ADDRESS = re.compile(r"(?:https?://|file:///)[^\x00-\x20\x7f]{1,4096}")
CELL = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:@[!-.0-~]+)?")
LAYER_AND_LABELS = "a layer's name, and labels behind an '@'"


def check_artifact(
    what: str, *, kind: str, name: str, version: str, origin: str, locator: str, digest: str
) -> None:
    """Look at the words of an artifact, which errors call `what`.

    Raises:
        IntegrityError: one is not of its form.

    """
    _check(KIND, kind, f"the kind of {what}")
    _check(NAME, name, "the name of an artifact", "letters, digits and @._~+:/- alone")
    _path(name, "the name of an artifact")
    is_archive = kind == ARCHIVE
    _check(FOR_PEOPLE if is_archive else VERSION, version, f"the version of {what}")
    _check(ORIGIN, origin, f"the origin of {what}", "lower-case letters, digits and - alone")
    if is_archive:
        _check(ADDRESS, locator, f"the locator of {what}", "an address without spaces")
    else:
        _check(LOCATOR, locator, f"the locator of {what}")
        _path(locator, f"the locator of {what}")
    if not DIGEST.fullmatch(digest):
        message = f"the digest of {what} is {_shown(digest)}, not sha256 or sha512 in hexadecimal"
        raise IntegrityError(message)


def check_file(path: str) -> None:
    """Look at the path of a file for a build, below /artifacts.

    Raises:
        IntegrityError: it leads elsewhere, or is not in its shortest form.

    """
    _path(path, "the path of a file for a build")


def check_cell(cell: str) -> None:
    """Look at a cell's id.

    Raises:
        IntegrityError: it is none.

    """
    _check(CELL, cell, "the id of a cell", LAYER_AND_LABELS)


def _check(pattern: re.Pattern[str], word: str, what: str, expected: str = "") -> None:
    if not pattern.fullmatch(word):
        wanted = f": expected {expected}" if expected else ""
        raise IntegrityError(f"{what} is {_shown(word)}{wanted}")


def _path(word: str, what: str) -> None:
    try:
        steps(word)
    except IntegrityError:
        message = f"{what} is {_shown(word)}, which leads out of its directory"
        raise IntegrityError(message) from None


def _shown(word: str) -> str:
    return repr(word if len(word) <= 80 else word[:77] + "...")
