"""The text of a file that a person keeps: its lines, and where something is said."""

from __future__ import annotations

from pathlib import Path

from builder import confined
from builder.errors import InputError, Problem

MOST = 5 << 20
"""Bytes of a file that is read."""


def read(path: Path, shown: str) -> str:
    """Return the text of a file; problems call it `shown`.

    Raises:
        InputError: it cannot be read, is not UTF-8, or has more than 5 MiB.

    """
    try:
        data = confined.regular(path, MOST)
    except OSError as error:
        raise _refused(shown, f"cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(shown, "is not UTF-8") from None


def line_of(text: str, words: str) -> int:
    """Return the first line (from 1) that has these words; 0 where none has."""
    for number, line in enumerate(text.splitlines(), 1):
        if words in line:
            return number
    return 0


def _refused(shown: str, message: str) -> InputError:
    return InputError([Problem(shown, 0, 0, message)])
