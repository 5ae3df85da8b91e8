"""Expressions of `overwriteDefaultWith` and `overwriteListEnumWith`: parsed once, checked by the
rules, evaluated in a context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from builder.charts.onyxia.javascript import is_number, to_text
from builder.charts.onyxia.model import UNDEFINED

_WHOLE = re.compile(r"\{\{([^}]+)\}\}")
_STEPS = re.compile(r"\[(\d+)\]|\[\"([^\"]+)\"\]|\['([^']+)'\]")
_DOT = "\0"

Lookup = Callable[[tuple[str, ...]], object]
"""Returns the value at a path of the context, or UNDEFINED."""


@dataclass(frozen=True, slots=True)
class ContextReference:
    """One path into the context."""

    path: tuple[str, ...]
    embedded: bool
    """It stands inside a longer string: only strings, numbers and booleans can be put there."""

    def __str__(self) -> str:
        """Return the path with dots; keys that hold a dot are quoted."""
        text = "".join(f'["{key}"]' if "." in key else f".{key}" for key in self.path)
        return text.removeprefix(".")


@lru_cache(maxsize=4096)
def parts(text: str, *, top: bool) -> tuple[str | ContextReference, ...]:
    """Return a string expression as literal text and references, in order.

    `a.b.c` is `{{a.b.c}}` at the top, and literal text inside an array or an object.
    """
    whole = _WHOLE.fullmatch(text)
    if whole:
        return (ContextReference(_path(whole[1]), embedded=False),)
    if "{{" not in text:
        return parts("{{" + text + "}}", top=False) if top else (text,)
    pieces: list[str | ContextReference] = []
    end = 0
    for match in _WHOLE.finditer(text):
        pieces += [text[end : match.start()], ContextReference(_path(match[1]), embedded=True)]
        end = match.end()
    return tuple(part for part in (*pieces, text[end:]) if part != "")


def references(expression: object, *, top: bool = True) -> Iterator[ContextReference]:
    """Yield every path that an expression reads, also inside arrays and objects."""
    for part in strings(expression, top=top):
        yield from (piece for piece in part if isinstance(piece, ContextReference))


def strings(
    expression: object, *, top: bool = True
) -> Iterator[tuple[str | ContextReference, ...]]:
    """Yield the parts of every string of an expression."""
    if isinstance(expression, str):
        yield parts(expression, top=top)
        return
    inside: Iterable[object] = ()
    if isinstance(expression, dict):
        inside = expression.values()
    elif isinstance(expression, list):
        inside = expression
    for below in inside:
        yield from strings(below, top=False)


def evaluate(expression: object, lookup: Lookup, *, top: bool = True) -> object:
    """Return an expression's value, or UNDEFINED as soon as any part of it is undefined."""
    if isinstance(expression, str):
        return _evaluate(parts(expression, top=top), lookup)
    if isinstance(expression, list):
        items = [evaluate(item, lookup, top=False) for item in expression]
        return UNDEFINED if any(item is UNDEFINED for item in items) else items
    if isinstance(expression, dict):
        record = {key: evaluate(value, lookup, top=False) for key, value in expression.items()}
        return UNDEFINED if any(value is UNDEFINED for value in record.values()) else record
    return expression


def _evaluate(pieces: tuple[str | ContextReference, ...], lookup: Lookup) -> object:
    if len(pieces) == 1 and isinstance(pieces[0], ContextReference) and not pieces[0].embedded:
        return lookup(pieces[0].path)
    text = ""
    for piece in pieces:
        value = lookup(piece.path) if isinstance(piece, ContextReference) else piece
        if not isinstance(value, str | bool) and not is_number(value):
            return UNDEFINED
        text += to_text(value)
    return text


def _path(text: str) -> tuple[str, ...]:
    dotted = _STEPS.sub(lambda step: "." + (step[1] or step[2] or step[3]).replace(".", _DOT), text)
    return tuple(key.replace(_DOT, ".") for key in dotted.split("."))
