"""YAML text to plain data, and the position of every key and value in it."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from builder import confined
from builder.catalog.reader import Key, Place, Reader, Spot
from builder.errors import InputError, Problem

MAX_BYTES = 5 << 20
Site = tuple[str, int, int]
"""A file as problems name it, with a line and a column, from 1."""
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One YAML document: `file` as problems name it, its data, and the position of everything."""

    file: str
    data: object
    spot: Spot
    is_cut: bool = False
    """Whether more follows that was not read: a second document."""

    def at(self, path: Sequence[Key], *, key: bool = False) -> Place:
        """Return the place of the value at `path`, or of its key with `key`; if there is none, the
        place of what is around it.
        """
        _, line, column = self.site(path, key=key)
        return line, column

    def site(self, path: Sequence[Key], *, key: bool = False) -> Site:
        """Return the same with the file that says it, which is another one than `file` where the
        document is made of several.
        """
        spot, place, file = self.spot, self.spot.place, self.spot.file
        for step in path:
            if step not in spot.inside:
                return file or self.file, *place
            place = spot.keys.get(str(step), spot.place)
            spot = spot.inside[step]
            file = spot.file or file
        return file or self.file, *(place if key else spot.place)

    def written(self, path: Sequence[Key]) -> str:
        """Return a scalar that is not a string as it is written, or an empty text."""
        spot = self.spot
        for step in path:
            if step not in spot.inside:
                return ""
            spot = spot.inside[step]
        return spot.text

    def problem(
        self, path: Sequence[Key], message: str, hint: str = "", *, key: bool = False
    ) -> Problem:
        """Return a problem with the value (or the key) at `path`."""
        return Problem(*self.site(path, key=key), message, hint)


def read(path: Path, file: str) -> YamlFile:
    """Read a YAML file of at most 5 MiB; problems call it `file`.

    Raises:
        InputError: it cannot be read, is not UTF-8, or is not one sound YAML document; see `parse`.

    """
    return _sound(*scan(path, file))


def parse(data: bytes, file: str) -> YamlFile:
    """Parse one YAML document.

    Raises:
        InputError: too big, not UTF-8, empty, not YAML, several documents, repeated keys, keys that
            are not texts, tags, aliases that refer to themselves or stand for too many values.

    """
    return _sound(*scan_bytes(data, file))


def scan(path: Path, file: str) -> tuple[YamlFile | None, list[Problem]]:
    """Read a YAML file of at most 5 MiB; return what it says, if it is YAML at all, and every
    problem on the way. Of a repeated key, the first one counts.
    """
    try:
        data = confined.regular(path, MAX_BYTES)
    except confined.KindError as error:
        return None, [Problem(file, 0, 0, error.strerror or "is not a file")]
    except (OSError, ValueError) as error:
        if getattr(error, "errno", 0) == errno.EFBIG:
            return None, [Problem(file, 0, 0, f"is larger than {MAX_BYTES >> 20} MiB")]
        why = getattr(error, "strerror", None) or error
        return None, [Problem(file, 0, 0, f"cannot be read: {why}")]
    return scan_bytes(data, file)


def scan_bytes(data: bytes, file: str) -> tuple[YamlFile | None, list[Problem]]:
    """Do the same as `scan` with the bytes of a file."""
    try:
        text = _text(data, file)
    except InputError as error:
        return None, list(error.problems)
    reader = Reader(file, text)
    try:
        value, spot = reader.document()
    except InputError:
        return None, reader.problems
    except yaml.MarkedYAMLError as error:
        return None, [*reader.problems, _syntax(error, file, text)]
    except yaml.YAMLError as error:
        return None, [*reader.problems, Problem(file, 0, 0, f"is not YAML: {error}")]
    if value is None:
        return None, reader.problems
    return YamlFile(file, value, spot, reader.is_cut), reader.problems


def _sound(document: YamlFile | None, problems: list[Problem]) -> YamlFile:
    if problems or document is None:
        raise InputError(problems)
    return document


def _text(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError([Problem(file, 0, 0, f"is larger than {MAX_BYTES >> 20} MiB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = _place(before, len(before))
        raise InputError(
            [
                Problem(
                    file,
                    *place,
                    f"is not UTF-8: byte 0x{data[error.start]:02x}",
                    "save the file as UTF-8",
                )
            ]
        ) from None
    if bad := _UNREADABLE.search(text):
        place = _place(text, bad.start())
        raise InputError(
            [Problem(file, *place, f"holds the control character U+{ord(bad[0]):04X}", "remove it")]
        )
    return text


def _place(text: str, offset: int) -> Place:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _syntax(error: yaml.MarkedYAMLError, file: str, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    lines = text.splitlines()
    around = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in around[: len(around) - len(around.lstrip())]:
        return Problem(file, line, around.index("\t") + 1, "a tab cannot indent YAML", "use spaces")
    what = f"{error.context}, {error.problem}" if error.context else str(error.problem)
    return Problem(file, line, column, f"is not YAML: {what}")
