"""One JSON file of a lock as untrusted input: typed values, and the line of what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from builder.documents import DocumentError, from_json
from builder.errors import InputError, Problem
from builder.lock.encode import as_json

CONFLICT = re.compile(r"^<{7} .*$", re.MULTILINE)
RESTORE = "restore it from version control, or remove it and run `catalog lock`"
MERGE = "run `catalog lock --merge`"


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a file, and the name by which problems call it.

    Every method raises an InputError with the line at which the text is wrong. `place` is a text
    on that line.
    """

    file: str
    text: str

    def document(self) -> dict[str, Any]:
        """Return the object that the text holds."""
        if mark := CONFLICT.search(self.text):
            message = "there is a merge conflict here: two branches have changed the lock"
            self.fail(mark[0], message, MERGE)
        try:
            value = from_json(self.text, pairs=self._pairs)
        except DocumentError as error:
            self._damaged(error.line or 1, error.column or 1, error.why)
        return self.mapping(value, "")

    def fields(self, value: object, place: str, what: str, names: set[str]) -> dict[str, Any]:
        """Return an object that has exactly these fields."""
        fields = self.mapping(value, place)
        if fields.keys() != names:
            have, should = ", ".join(sorted(fields)) or "none", ", ".join(sorted(names))
            self.fail(place, f"{what} has the fields {have}, but should have {should}")
        return fields

    def mapping(self, value: object, place: str) -> dict[str, Any]:
        """Return an object."""
        if not isinstance(value, dict):
            self.fail(place, f"expected an object, found {_kind(value)}")
        return value

    def strings(self, value: object, place: str) -> dict[str, str]:
        """Return an object whose values are all texts."""
        return {name: self.string(item, place) for name, item in self.mapping(value, place).items()}

    def texts(self, value: object, place: str) -> list[str]:
        """Return a list of texts."""
        if not isinstance(value, list):
            self.fail(place, f"expected a list, found {_kind(value)}")
        return [self.string(item, place) for item in value]

    def string(self, value: object, place: str) -> str:
        """Return a text."""
        if not isinstance(value, str):
            self.fail(place, f"expected a text, found {_kind(value)}")
        return value

    def number(self, value: object, place: str, what: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not least <= value <= most:  # type: ignore[operator]  # it is an int
            self.fail(place, f"{what} is {value!r}, not a whole number from {least} to {most}")
        return value  # type: ignore[return-value]  # it is an int

    def fail(self, place: str, message: str, hint: str = RESTORE) -> NoReturn:
        """Raise what is wrong at the line that holds `place`."""
        offset = self.text.find(place) if place else -1
        if offset < 0:
            raise InputError([Problem(self.file, 0, 0, message, hint)])
        line = self.text.count("\n", 0, offset) + 1
        raise InputError([Problem(self.file, line, 1, message, hint)])

    def _damaged(self, line: int, column: int, why: str) -> NoReturn:
        message = f"the lock is damaged or truncated: {why}"
        raise InputError([Problem(self.file, line, column, message, RESTORE)])

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Refuse a name that appears twice in an object, as after a careless merge."""
        value: dict[str, Any] = {}
        for name, item in pairs:
            if name in value:
                self.fail(f"{as_json(name)}: ", f"{name} appears twice")
            value[name] = item
        return value


def opening(name: str) -> str:
    """Return the beginning of the line on which the object of this name starts."""
    return f"{as_json(name)}: {{"


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
