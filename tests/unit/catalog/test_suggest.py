"""The nearest right word."""

from __future__ import annotations

import pytest

from builder.catalog.suggest import closest, nearest


@pytest.mark.parametrize(
    ("word", "choices", "hint"),
    [
        ("pyhton", ["python", "r"], "did you mean 'python'?"),
        ("R", ["python", "r"], "did you mean 'r'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [f"x{number}" for number in range(9)], ""),
        ("zzz", [], ""),
        ("python", ["python", "pythons"], "did you mean 'pythons'?"),
        ("a", ["a"], ""),
        ("jupyer-*", ["jupyter-python", "rstudio"], "did you mean 'jupyter-python'?"),
        ("*-pyhton", ["jupyter-python", "jupyter-r"], "did you mean 'jupyter-python'?"),
        ("j[u]pyer-pyth?n", ["jupyter-python", "jupyter-r"], "did you mean 'jupyter-python'?"),
        ("*", ["python"], "known: python"),
    ],
)
def test_hints(word: str, choices: list[str], hint: str) -> None:
    assert nearest(word, choices) == hint


def test_no_word_is_near_to_nothing() -> None:
    assert closest("x", []) is None


def test_what_was_typed_is_never_suggested() -> None:
    assert closest("python", ["python"]) is None
    assert nearest("python", ["python", "pythons"]) == "did you mean 'pythons'?"
    assert nearest("python", ["python", "r"]) == "known: r"
    assert nearest("python", ["python"]) == ""
