"""The few of many requests that do not go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimal(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return items that fail together, and of which every single one is needed for that.

    All items together fail. What a part of them fails with, the whole fails with too. This is
    QuickXplain (Junker 2004): for k of n items, about k · log(n / k) questions.
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
