"""Facts of a store as distrusted input: values of the right types, and paths that stay in an
image.

Seals are made of them, and conflicts judged by them, so a store that somebody else writes into must
not put a path elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from builder.errors import IntegrityError
from builder.lock.words import check_cell
from builder.oci.model import (
    BLOCK,
    CHAR,
    DIRECTORY,
    FIFO,
    FILE,
    HARDLINK,
    SYMLINK,
    WHITEOUT,
    Entry,
)

_TYPES = frozenset({FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR, BLOCK, FIFO, WHITEOUT})
_FIELDS = [str, int, int, int, int, int, str, str]
"""Of an entry, but for its attributes."""
_LATEST = 253402300799
"""The last second of the year 9999: the times of files are written as dates."""
_KEY = re.compile(r"[0-9a-f]{64}")
_HASH = re.compile(r"(?:[0-9a-f]{64})?")
_DEVICE = re.compile(r"\d{1,10}:\d{1,10}")


def path(value: object) -> str:
    """Return a path of an image: relative, in its shortest form.

    Raises:
        IntegrityError: it is none.

    """
    if value.__class__ is str:
        text = str(value)
        odd = ".." in text or "./" in text or "//" in text or text[:1] in {"", "/", "."}
        if not odd and "\0" not in text and text[-1] != "/":
            return text
        if odd and "\0" not in text and not {"", ".", ".."} & set(text.split("/")):
            return text
    raise IntegrityError(f"{str(value)[:80]!r} is not a path of an image")


def entry(value: object, of: str) -> Entry:
    """Return the entry that a list of its fields is; `of` is its path.

    Raises:
        IntegrityError: it is none.

    """
    if not isinstance(value, list) or [item.__class__ for item in value[:8]] != _FIELDS:
        raise IntegrityError(f"{of} has fields of other types than an entry")
    *fields, attributes = value
    xattrs = tuple(_attribute(one, of) for one in attributes)
    made = Entry._make([*fields, xattrs])
    if made.mtime > _LATEST:
        raise IntegrityError(f"{of} has a time that no file has")
    if made.type not in _TYPES or not 0 <= made.mode <= 0o7777 or made.size < 0:
        raise IntegrityError(f"{of} has a type, mode or size that no entry has")
    if min(made.uid, made.gid) < 0 or not _HASH.fullmatch(made.digest):
        raise IntegrityError(f"{of} has an owner or digest that no entry has")
    if made.type == HARDLINK:
        path(made.link)
    if made.type in {CHAR, BLOCK} and not _DEVICE.fullmatch(made.link):
        raise IntegrityError(f"{of} is not a device: {made.link[:80]!r}")
    return made


def texts(value: object, what: str) -> Mapping[str, str]:
    """Return an object of paths and texts.

    Raises:
        IntegrityError: it is none.

    """
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise IntegrityError(f"{what} is not an object of texts")
    for name in value:
        path(name)
    return value


def packages(value: object) -> Mapping[str, Mapping[str, str]]:
    """Return packages: kind -> name -> version.

    Raises:
        IntegrityError: it is something else.

    """
    if not isinstance(value, Mapping):
        raise IntegrityError("its packages are not an object")
    for kind, names in value.items():
        is_object = isinstance(names, Mapping)
        if not is_object or not all(isinstance(version, str) for version in names.values()):
            raise IntegrityError(f"its packages of the kind {kind!r} are not an object of texts")
    return value


def key(value: object) -> str:
    """Return a cell's key.

    Raises:
        IntegrityError: it is none.

    """
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise IntegrityError(f"{str(value)[:80]!r} is not a key of a cell")
    return value


def cells(value: Iterable[object]) -> tuple[str, ...]:
    """Return ids of cells.

    Raises:
        IntegrityError: one is none.

    """
    made = tuple(str(one) for one in value)
    for one in made:
        check_cell(one)
    return made


def _attribute(value: object, of: str) -> tuple[str, str]:
    match value:
        case [str(name), str(text)]:
            return name, text
        case _:
            raise IntegrityError(f"{of} has an attribute that is not a name and value")
