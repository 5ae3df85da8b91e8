"""Stanzas, as Debian's tools and R write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.deb822 import field, fields, stanzas, without

TEXT = """\
Package: a
Version: 1:2-3
Description: short
 long
 .
 longer
Depends: b,
\tc

Package: d
"""


def test_stanzas_stand_between_blank_lines() -> None:
    assert [stanza.partition("\n")[0] for stanza in stanzas(TEXT)] == ["Package: a", "Package: d"]
    assert stanzas("\n \n\t\n") == []
    assert stanzas("A: 1\n  \n\nA: 2") == ["A: 1", "A: 2"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("Version", "1:2-3"), ("version", "1:2-3"), ("Description", "short"), ("Long", None)],
)
def test_a_field_is_found_by_its_name(name: str, value: str | None) -> None:
    assert field(stanzas(TEXT)[0], name) == value


def test_a_name_is_no_pattern() -> None:
    assert field("A+B: 1\nAAB: 2", "A+B") == "1"
    assert field("AAB: 2", "A+B") is None


def test_further_lines_of_a_value_stay_in_it_and_comments_do_not() -> None:
    assert fields("A: 1\n# a comment\n 2\nB:\n\t3") == {"A": "1\n 2", "B": "\n\t3"}


def test_a_field_is_left_out_with_all_its_lines() -> None:
    assert without(TEXT.partition("\n\n")[0], {"Description", "Version"}) == (
        "Package: a\nDepends: b,\n\tc\n"
    )


NAMES = st.sampled_from(["Package", "Version", "Depends"])
LINES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1)


@given(st.lists(st.dictionaries(NAMES, LINES, min_size=1), min_size=1))
def test_what_is_written_is_read(written: list[dict[str, str]]) -> None:
    text = "\n\n".join(
        "\n".join(f"{name}: {value}" for name, value in one.items()) for one in written
    )
    assert [fields(stanza) for stanza in stanzas(text)] == written
