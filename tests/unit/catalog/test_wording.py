"""The list that a hint says to write is the list that was meant."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from builder.catalog.model import Layer
from builder.catalog.source import parse
from builder.catalog.wording import problems, validate


def meant(key: str, text: str) -> object:
    """Return what the hint for a text at a key of a layer, written as YAML, means."""
    document = parse(b"description: x\n", "layer.yaml")
    assert isinstance(document.data, dict)
    document.data[key] = text
    with pytest.raises(ValidationError) as caught:
        validate(document, Layer)
    (problem,) = problems(document, Layer, caught.value)
    written = problem.hint.removeprefix("write ")
    data = parse(f"list: {written}\n".encode(), "x.yaml").data
    assert isinstance(data, dict)
    return data["list"]


@given(st.lists(st.text(alphabet="ab3.~-_:#{}[]&*!'\"%@ ,é", min_size=1), min_size=1))
def test_a_command_line_becomes_a_list_of_its_words(words: list[str]) -> None:
    assert meant("cmd", shlex.join(words)) == words


@given(st.text(alphabet="ab3.~-_:#{}[]&*!'\"%@;<>=", min_size=1))
def test_another_text_without_a_space_becomes_one_entry(text: str) -> None:
    assert meant("python", text) == [text]
