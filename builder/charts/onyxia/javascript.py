"""The parts of JavaScript that the web application's behaviour depends on: equality, numbers,
paths, regular expressions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import regress

from builder.charts.onyxia.model import UNDEFINED

_BEYOND = re.compile(r"(?<!\\)(?:\\\\)*(\(\?[a-z]*-?[a-z]+:|\\[bB][*+?{])")
_NUMBER = re.compile(r"\s*([+-]?(?:Infinity|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))")


def same(one: object, other: object) -> bool:
    """Tell whether two JSON values are deeply equal; 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same(value, other[key]) for key, value in one.items()
        )
    return one == other


def is_number(value: object) -> bool:
    """Tell whether `typeof value === "number"`."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_float(text: str) -> float | None:
    """Return the number at the start of the text, or None where JavaScript says NaN."""
    match = _NUMBER.match(text)
    return float(match[1].replace("Infinity", "inf")) if match else None


def to_text(value: object) -> str:
    """Return a string, number or boolean as a template literal would show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value)


def at(value: object, path: Sequence[str]) -> object:
    """Return the value at a path of keys, or UNDEFINED."""
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key, UNDEFINED)
        elif isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else UNDEFINED
        else:
            return UNDEFINED
    return value


@lru_cache(maxsize=1024)
def _compiled(pattern: str, flags: str) -> regress.Regex | str:
    r"""Return the compiled pattern, or why it is invalid.

    `regress` agrees with V8 except for two things that browsers refuse: a repeated `\b`, and, in
    browsers of a year ago, flags inside the pattern.
    """
    beyond = _BEYOND.search(pattern)
    if beyond:
        return f"{beyond[1]!r} is not supported by every browser"
    try:
        return regress.Regex(pattern, flags)
    except regress.RegressError as error:
        return str(error)


def pattern_error(pattern: str, flags: str = "") -> str | None:
    """Return JavaScript's error for the pattern, or None if it is valid."""
    compiled = _compiled(pattern, flags)
    return compiled if isinstance(compiled, str) else None


def matches(pattern: str, text: str) -> bool:
    """Tell whether the pattern matches somewhere in the text; the pattern must be valid."""
    compiled = _compiled(pattern, "")
    return not isinstance(compiled, str) and compiled.find(text) is not None
