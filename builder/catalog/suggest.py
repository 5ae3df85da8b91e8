"""The nearest right word for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Collection

FEW = 8


def nearest(word: str, choices: Collection[str], *, what: str = "known") -> str:
    """Return a hint: "did you mean 'x'?", or the choices where none is near and they are few, or nothing."""
    near = difflib.get_close_matches(word, choices, n=1) or [c for c in choices if c.casefold() == word.casefold()]
    if near:
        return f"did you mean {near[0]!r}?"
    if 0 < len(choices) <= FEW:
        return f"{what}: {', '.join(sorted(choices))}"
    return ""
