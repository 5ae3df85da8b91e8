"""The nearest right word for a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

FEW = 8
WILDCARD = re.compile(r"\*|\?|\[[^\]]*\]")
"""A part of a glob that stands for other text."""
MIN_STEM = 3
"""Characters besides wildcards that a pattern needs to be like a name."""


def closest(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that is most like a word, if any.

    A word is never its own hint: if a valid word is refused, its spelling is not the problem.
    """
    others = [choice for choice in choices if choice != word]
    if WILDCARD.search(word):
        return _closest_to_pattern(word, others)
    near = difflib.get_close_matches(word, others, n=1)
    if near:
        return near[0]
    return next((choice for choice in others if choice.casefold() == word.casefold()), None)


def _closest_to_pattern(pattern: str, names: Sequence[str]) -> str | None:
    """Return the name that a glob almost matches: one that begins, ends or is like its text."""
    stem = WILDCARD.sub("", pattern)
    if len(stem) < MIN_STEM:
        return None
    by_part: dict[str, str] = {}
    for name in sorted(names):
        for part in (name, name[: len(stem)], name[-len(stem) :]):
            by_part.setdefault(part, name)
    near = difflib.get_close_matches(stem, by_part, n=1)
    return by_part[near[0]] if near else None


def nearest(word: str, choices: Collection[str], *, what: str = "known") -> str:
    """Return a hint: "did you mean 'x'?"; if no choice is near, all of them if they are few;
    otherwise nothing.
    """
    near = closest(word, choices)
    if near is not None:
        return f"did you mean {near!r}?"
    others = sorted(choice for choice in choices if choice != word)
    return f"{what}: {', '.join(others)}" if 0 < len(others) <= FEW else ""
