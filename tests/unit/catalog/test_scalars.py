"""Plain scalars mean what YAML 1.2's core schema says."""

from __future__ import annotations

import math

import pytest

from builder.catalog.scalars import in_words, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("", None), ("~", None), ("null", None), ("Null", None), ("nulL", "nulL")),
        *(
            ("true", True),
            ("False", False),
            ("yes", "yes"),
            ("on", "on"),
            ("off", "off"),
            ("y", "y"),
        ),
        *(
            ("0", 0),
            ("-12", -12),
            ("+3", 3),
            ("0755", 755),
            ("0o755", 493),
            ("0xfF", 255),
            ("1_000", "1_000"),
            ("12:30", "12:30"),
        ),
        *(
            ("3.10", 3.1),
            (".5", 0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("1.2.3", "1.2.3"),
            ("-", "-"),
            ("+", "+"),
            (".", "."),
            ("-.inf", -math.inf),
        ),
        *(
            ("2026-01-01", "2026-01-01"),
            ("3.x", "3.x"),
            ("9" * 5000, math.inf),
            ("0x" + "f" * 40, math.inf),
        ),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    result = scalar(text)
    assert result == value
    assert type(result) is type(value)


def test_not_a_number() -> None:
    result = scalar(".nan")
    assert isinstance(result, float)
    assert math.isnan(result)


@pytest.mark.parametrize(
    ("value", "written", "words"),
    [
        (None, "", "nothing"),
        (True, "true", "true"),
        (3.1, "3.10", "3.10, which YAML reads as the number 3.1"),
        (12, "12", "the number 12"),
        ("x" * 100, "", f"the text '{'x' * 57}...'"),
        ({}, "", "a mapping"),
        ([], "", "a list"),
    ],
)
def test_values_in_words(value: object, written: str, words: str) -> None:
    assert in_words(value, written) == words
