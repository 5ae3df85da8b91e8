"""The few requests that do not go together."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from builder.resolve.conflict import minimal

FORBIDDEN = st.sets(st.frozensets(st.integers(0, 11), min_size=1, max_size=3), min_size=1)


@given(FORBIDDEN)
def test_the_answer_fails_and_nothing_of_it_can_be_left_out(forbidden: set[frozenset[int]]) -> None:
    def fails(some: Sequence[int]) -> bool:
        return any(one <= set(some) for one in forbidden)

    culprits = minimal(range(12), fails)
    assert fails(culprits)
    for left_out in culprits:
        assert not fails([one for one in culprits if one != left_out])
    assert culprits == sorted(culprits), "in the order given"


def test_few_questions_find_two_of_many() -> None:
    asked: list[Sequence[int]] = []

    def fails(some: Sequence[int]) -> bool:
        asked.append(some)
        return {17, 93} <= set(some)

    assert minimal(range(128), fails) == [17, 93]
    assert len(asked) < 32
