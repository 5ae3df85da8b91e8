"""The nearest right word for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Collection

FEW = 8


def closest(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that a word is near to, if any."""
    near = difflib.get_close_matches(word, choices, n=1) or [
        choice for choice in choices if choice.casefold() == word.casefold()
    ]
    return near[0] if near else None


def nearest(word: str, choices: Collection[str], *, what: str = "known") -> str:
    """Return a hint: "did you mean 'x'?", or the choices where none is near and they are few, or
    nothing.
    """
    near = closest(word, choices)
    if near is not None:
        return f"did you mean {near!r}?"
    if 0 < len(choices) <= FEW:
        return f"{what}: {', '.join(sorted(choices))}"
    return ""
