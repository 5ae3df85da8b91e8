"""Which of two versions of a package is newer."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

DEBIAN, R = {"deb", "build", "source", "backport", "builddep"}, "r"


def newest(kind: str, versions: list[str]) -> str:
    """Return the newest of some versions of a package of one kind."""
    key = debian_key if kind in DEBIAN else r_key if kind == R else _key
    return max(versions, key=lambda version: (key(version), version))


def debian_parts(version: str) -> tuple[int, str, str]:
    """Return the epoch, the upstream version and the revision of a Debian version
    (deb-version(7)).
    """
    epoch, colon, rest = version.partition(":")
    upstream, _, revision = (rest if colon else version).rpartition("-")
    if not upstream:
        upstream, revision = revision, ""
    return int(epoch) if colon and epoch.isdigit() else 0, upstream, revision


def debian_key(version: str) -> tuple[object, ...]:
    """Return the sort key of a Debian version, in dpkg's order."""
    epoch, upstream, revision = debian_parts(version)
    return epoch, _parts(upstream), _parts(revision)


def _parts(text: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Return a text as pairs: a part without digits, in dpkg's order of characters, and a number.

    The end of a part is written as 0: it sorts after a tilde and before everything else.
    """
    pairs = re.findall(r"([^0-9]*)([0-9]*)", text)[:-1]
    parts = [((*map(_order, word), 0), int(digits or 0)) for word, digits in pairs]
    return (*parts, ((0,), 0))


def _order(character: str) -> int:
    """Return the rank of a character: a tilde before the end, letters before the rest."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 0x110000


def r_key(version: str) -> tuple[int, ...]:
    """Return the sort key of a version of an R package, in R's order (`package_version`): number by
    number, however they are separated; where one version begins with the other, the longer is
    newer.
    """
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _key(version: str) -> tuple[object, ...]:
    """Return the sort key of another version: as in Python if it is valid there, else by its
    numbers.
    """
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, tuple(int(number) for number in re.findall(r"\d+", version))
