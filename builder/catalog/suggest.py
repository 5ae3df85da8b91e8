"""The nearest right word for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Collection

FEW = 8


def closest(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that a word is near to, if any.

    A word is never its own hint: where a right word is refused, its spelling is not what is wrong.
    """
    others = [choice for choice in choices if choice != word]
    near = difflib.get_close_matches(word, others, n=1)
    if near:
        return near[0]
    return next((choice for choice in others if choice.casefold() == word.casefold()), None)


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
