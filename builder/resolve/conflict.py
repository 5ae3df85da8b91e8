"""The few of many requests that are incompatible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimal(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a minimal set of items that fail together: without any one of them, the rest do not.

    All items together must fail, and so must every set that contains a failing one. This is
    QuickXplain (Junker 2004): for k of n items, it takes about k · log(n / k) calls of `fails`.
    """

    def explain(background: list[T], candidates: Sequence[T], *, grown: bool) -> list[T]:
        if grown and fails(background):
            return []
        if len(candidates) == 1:
            return list(candidates)
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        of_second = explain([*background, *first], second, grown=True)
        of_first = explain([*background, *of_second], first, grown=bool(of_second))
        return [*of_first, *of_second]

    return explain([], items, grown=False) if items else []
