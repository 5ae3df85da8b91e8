"""What a long run tells while it goes on."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.telling import LONG, told

NAME = "tests/test_a.py::test_b"


def report(
    outcome: Literal["passed", "failed"],
    when: Literal["setup", "call"] = "call",
    duration: float = 0,
    said: str | None = None,
) -> pytest.TestReport:
    place = ("tests/test_a.py", 1, "test_b")
    return pytest.TestReport(NAME, place, {}, outcome, said, when, duration=duration)


def test_what_passes_soon_is_not_told() -> None:
    assert told(report("passed")) is None


def test_what_takes_long_is_told_with_its_seconds() -> None:
    assert told(report("passed", "setup", LONG)) == f"30 s (setup) {NAME}"


def test_a_failure_is_told_with_the_first_line_of_its_message() -> None:
    assert told(report("failed", said="what was wrong\nand more")) == (
        f"FAILED {NAME} - what was wrong"
    )
