"""A database of vulnerabilities as a directory of JSON files, as https://osv.dev offers it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError

from builder.documents import DocumentError, from_json
from builder.errors import InputError, Problem
from builder.lock.osv import Advisory, OsvPackage

ARGUMENT = "--osv"
MOST = 16 << 20
"""Bytes of one advisory; the largest known ones have a fifth of that."""
# What may be the name of a package. A database has many thousand files, and most name none that
# anybody asks for: those are not parsed.
NAMES = re.compile(rb'"name"\s*:\s*"([^"]+)"')
SEPARATORS = re.compile(r"[-_.]+")


def advisories(directory: Path, packages: Collection[OsvPackage]) -> list[Advisory]:
    """Return the advisories of a directory, however deep, that name one of these packages.

    Raises:
        InputError: there is no advisory at all, or one of them is none; holds all problems.

    """
    wanted = {_plain(package.name) for package in packages}
    problems: list[Problem] = []
    chosen = []
    count = 0
    for count, file in enumerate(_files(directory), 1):  # noqa: B007  counted to the end
        try:
            advisory = _advisory(file, wanted)
        except (OSError, DocumentError, ValidationError) as error:
            problems.append(_problem(file, error))
            continue
        if advisory is not None:
            chosen.append(advisory)
    if not count:
        message = f"{str(directory)!r} holds no advisory"
        hint = "give a directory of JSON files in the format of OSV"
        problems.append(Problem(ARGUMENT, 0, 0, message, hint))
    if problems:
        raise InputError(problems)
    return chosen


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*.json")) if path.is_file())


def _advisory(file: Path, wanted: Collection[str]) -> Advisory | None:
    """Return the advisory of a file; None where it names no package that is wanted.

    Raises:
        OSError: it cannot be read.
        DocumentError: it is not JSON, or too large.
        ValidationError: it is no advisory.

    """
    with file.open("rb") as stream:
        data = stream.read(MOST + 1)
    names = {_plain(name.decode("utf-8", "replace")) for name in NAMES.findall(data)}
    if len(data) <= MOST and names.isdisjoint(wanted):
        return None
    return Advisory.model_validate(from_json(data, most=MOST))


def _plain(name: str) -> str:
    return SEPARATORS.sub("-", name).lower()


def _problem(file: Path, error: OSError | DocumentError | ValidationError) -> Problem:
    if isinstance(error, DocumentError):
        return Problem(str(file), error.line, error.column, error.why)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        return Problem(str(file), 0, 0, f"is no advisory of OSV: {where}: {first['msg']}")
    return Problem(str(file), 0, 0, f"cannot be read: {error.strerror}")
