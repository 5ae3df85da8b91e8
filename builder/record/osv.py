"""A database of vulnerabilities as a directory of JSON files, as https://osv.dev offers it:
unpacked, or as an `all.zip` for each ecosystem.
"""

from __future__ import annotations

import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from builder import confined
from builder.documents import DocumentError, from_json
from builder.errors import InputError, Problem
from builder.lock.osv import Advisory, OsvPackage
from builder.settings import Settings

ARGUMENT = "--osv"
SETTING = "CATALOG_OSV"
MOST = 16 << 20
"""Bytes of one advisory; the largest known ones have a fifth of that."""
MOST_PROBLEMS = 20
"""How many are told: a database that is damaged as a whole has many thousand."""
# What may be the name of a package. A database has many thousand files, and most name none that
# anybody asks for: those are not parsed.
NAMES = re.compile(rb'"name"\s*:\s*"([^"]+)"')
MODIFIED = re.compile(rb'"modified"\s*:\s*"(\d{4}-\d\d-\d\d)T')
OF_ADVISORIES = (b'"affected"', b'"withdrawn"')
"""What advisories have, and other documents beside them do not."""
SEPARATORS = re.compile(r"[-_.]+")
FORMAT = "give a directory of JSON files in the format of OSV, or of its all.zip"
AGAIN = "copy the database again: a part of it is lost or damaged"
# What zipfile raises for archives that are damaged, encrypted, or packed in a way unknown here.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a database says of some packages."""

    advisories: tuple[Advisory, ...]
    """Those that name one of the packages, each once."""
    count: int
    """How many there are in all."""
    newest: str
    """The day of the newest change of one of them; empty where none has a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Where a database is."""

    path: Path
    name: str
    """Of the argument or the setting that says so."""


def database_of(argument: Path | None, settings: Settings) -> Directory | None:
    """Return the directory that an argument gives, or else the setting; None if neither does.

    Raises:
        InputError: there is no such directory.

    """
    given = Directory(path=argument, name=ARGUMENT) if argument is not None else None
    if given is None and settings.osv is not None:
        given = Directory(path=settings.osv, name=SETTING)
    # Not Path.is_dir, which raises for a name that no file system takes.
    if given is not None and not os.path.isdir(given.path):  # noqa: PTH112
        message = f"{str(given.path)!r} is no directory"
        raise InputError([Problem(given.name, 0, 0, message, FORMAT)])
    return given


def read(directory: Directory, packages: Collection[OsvPackage]) -> Known:
    """Return what a directory says of these packages: JSON files and archives of them, however
    deep.

    Raises:
        InputError: there is no advisory at all, or one of them is none; holds all problems.

    """
    wanted = {_plain(package.name) for package in packages}
    problems: list[Problem] = []
    chosen: dict[str, Advisory] = {}
    count, days = 0, set[bytes]()
    for file, data in _files(directory.path, problems):
        count += any(word in data for word in OF_ADVISORIES)
        days.update(MODIFIED.findall(data))
        try:
            advisory = _advisory(data, wanted)
        except (DocumentError, ValidationError) as error:
            problems.append(_problem(file, error))
            continue
        if advisory is not None:
            chosen.setdefault(advisory.id, advisory)
    if not count and not problems:
        message = f"{str(directory.path)!r} holds no advisory"
        problems.append(Problem(directory.name, 0, 0, message, FORMAT))
    if problems:
        raise InputError(_few(problems, directory.name))
    return Known(advisories=tuple(chosen.values()), count=count, newest=_newest(days))


def _newest(days: Iterable[bytes]) -> str:
    """Return the last of some days; what is no day of the calendar is none."""
    for day in sorted((one.decode() for one in days), reverse=True):
        try:
            return date.fromisoformat(day).isoformat()
        except ValueError:
            continue
    return ""


def _few(problems: list[Problem], name: str) -> list[Problem]:
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return problems
    told = Problem(name, 0, 0, f"{more} more of its files are damaged or no advisories", AGAIN)
    return [*problems[:MOST_PROBLEMS], told]


def _files(directory: Path, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and at most `MOST` bytes, and one more, of each file that may be an
    advisory.
    """
    for path in sorted(directory.rglob("*")):
        if path.suffix not in READERS or not path.is_file():
            continue
        try:
            yield from READERS[path.suffix](path)
        except OSError as error:
            why = error.strerror or error
            problems.append(Problem(str(path), 0, 0, f"cannot be read: {why}"))
        except _DAMAGED as error:
            message = f"is no sound zip archive: {str(error) or 'it ends too early'}"
            problems.append(Problem(str(path), 0, 0, message, AGAIN))


def _file(path: Path) -> Iterator[tuple[str, bytes]]:
    with confined.plain(path) as stream:
        yield str(path), stream.read(MOST + 1)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the same of an archive. Nothing is unpacked: no path is made of its words.

    Raises:
        OSError: it cannot be read; or one of `_DAMAGED`.

    """
    with confined.plain(path) as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".json"):
                continue
            with archive.open(member) as stream:
                yield f"{path}: {_shown(member.filename)}", stream.read(MOST + 1)


READERS = {".json": _file, ".zip": _members}
"""How files with these ends are read."""


def _shown(name: str) -> str:
    """Return the name of a member as it can be printed."""
    return name if name.isprintable() else ascii(name)


def _advisory(data: bytes, wanted: Collection[str]) -> Advisory | None:
    """Return the advisory of a file; None where it names no package that is wanted.

    Raises:
        DocumentError: it is not JSON, or too large.
        ValidationError: it is no advisory.

    """
    found = NAMES.findall(data)
    names = {_plain(name.decode("utf-8", "replace")) for name in found}
    # A name may be written with escapes.
    is_plain = not any(b"\\" in name for name in found)
    if is_plain and len(data) <= MOST and _is_whole(data) and names.isdisjoint(wanted):
        return None
    return Advisory.model_validate(from_json(data, most=MOST))


def _is_whole(data: bytes) -> bool:
    """Tell whether a file begins and ends as an object does: one that was cut off does not."""
    return data.lstrip()[:1] == b"{" and data.rstrip()[-1:] == b"}"


def _plain(name: str) -> str:
    return SEPARATORS.sub("-", name).lower()


def _problem(file: str, error: DocumentError | ValidationError) -> Problem:
    if isinstance(error, DocumentError):
        return Problem(file, error.line, error.column, error.why, AGAIN)
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the document"
    return Problem(file, 0, 0, f"is no advisory of OSV: {where}: {first['msg']}")
