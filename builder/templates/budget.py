"""What a template may still do, and the counting of what it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TypeVar

from jinja2.exceptions import SecurityError

MAX_TEMPLATE = 256 << 10
"""Characters of a template."""
MAX_TEXT = 1 << 20
"""Characters of a value, and of what a template writes."""
MAX_ITEMS = 10_000
"""Items of a list or a mapping that a template makes, with those inside of it."""
MAX_BITS = 256
"""Bits of a whole number."""
MAX_CALLS = 50
"""Macros that call each other."""
STEPS = 500_000
"""Parts of a template that may be carried out, one for every `CHARACTERS` that are written."""
CHARACTERS = 64


T = TypeVar("T")


class LimitError(SecurityError):
    """A template does more than it may."""


class Budget:
    """What a template may still do."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self.steps = STEPS
        self.calls = 0


current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """Count what is rendered meanwhile."""
    token = current.set(Budget())
    try:
        yield
    finally:
        current.reset(token)


def charge(steps: int) -> bool:
    """Count what is carried out. Always true, so that it can stand in a condition.

    Raises:
        LimitError: it is too much.

    """
    budget = current.get()
    if budget is not None:
        budget.steps -= steps
        if budget.steps < 0:
            message = f"it does too much: more than {STEPS:,} steps"
            raise LimitError(message)
    return True


@contextmanager
def one_deeper() -> Iterator[None]:
    """Count a call, and how deep it is inside of others.

    Raises:
        LimitError: it is too deep, or one too many.

    """
    budget = current.get() or Budget()
    charge(1)
    budget.calls += 1
    try:
        if budget.calls > MAX_CALLS:
            message = f"macros call each other more than {MAX_CALLS} deep"
            raise LimitError(message)
        yield
    finally:
        budget.calls -= 1


def up_to_limit(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the pieces of what a template writes.

    Raises:
        LimitError: together they are too long.

    """
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_TEXT:
            message = f"it writes more than {MAX_TEXT:,} characters"
            raise LimitError(message)
        yield piece


def count_text(length: int) -> None:
    """Count a text of a length, before it is made."""
    if length > MAX_TEXT:
        message = f"it makes a text of {length:,} characters; {MAX_TEXT:,} are allowed"
        raise LimitError(message)
    charge(1 + length // CHARACTERS)


def weigh(value: T) -> T:
    """Count a value, with all that is in it; return it."""
    pending: list[object] = [value]
    items = 0
    while pending:
        items += 1
        if items > MAX_ITEMS:
            message = f"it makes a list of more than {MAX_ITEMS:,} items"
            raise LimitError(message)
        one = pending.pop()
        if isinstance(one, str):
            count_text(len(one))
        elif isinstance(one, Mapping):
            pending += islice(one, MAX_ITEMS)
            pending += islice(one.values(), MAX_ITEMS)
        elif isinstance(one, list | tuple | set | frozenset):
            pending += islice(one, MAX_ITEMS)
        elif isinstance(one, int) and one.bit_length() > MAX_BITS:
            message = f"it makes a number of more than {MAX_BITS} bits"
            raise LimitError(message)
    charge(items)
    return value


def product(left: object, right: object) -> None:
    """Refuse a text or a list that is too large when it is repeated."""
    for repeated, times in ((left, right), (right, left)):
        if isinstance(repeated, str | list | tuple) and isinstance(times, int):
            length = len(repeated) * max(times, 0)
            if isinstance(repeated, str):
                count_text(length)
            elif length > MAX_ITEMS:
                message = f"it makes a list of {length:,} items; {MAX_ITEMS:,} are allowed"
                raise LimitError(message)


def power(left: object, right: object) -> None:
    """Refuse a power that is too large."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * abs(right)
        if bits > MAX_BITS:
            message = f"it makes a number of {bits:,} bits; {MAX_BITS} are allowed"
            raise LimitError(message)
