"""Every key and value has its place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from builder.catalog.source import parse

TEXT = b"""\
# a comment
name: tiny
axes: {debian: {values: [trixie, "3.10", 3.10]}}
empty:
more: &more
  - on: yes
    off: [1, 2]
again: *more
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("name",), (2, 7), (2, 1)),
        (("axes", "debian", "values"), (3, 25), (3, 17)),
        (("axes", "debian", "values", 2), (3, 42), (3, 25)),
        (("more", 0, "off", 1), (7, 14), (7, 10)),
        (("again", 0, "on"), (6, 9), (6, 5)),
        (("axes", "missing"), (3, 1), (3, 1)),
        (("nothing",), (2, 1), (2, 1)),
        ((), (2, 1), (2, 1)),
    ],
)
def test_places(path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]) -> None:
    source = parse(TEXT, "x.yaml")
    assert source.at(path) == value
    if path and path != ("axes", "missing") and not isinstance(path[-1], int):
        assert source.at(path, key=True) == key


def test_data() -> None:
    source = parse(TEXT, "x.yaml")
    more = [{"on": "yes", "off": [1, 2]}]
    assert source.data == {
        "name": "tiny",
        "axes": {"debian": {"values": ["trixie", "3.10", 3.1]}},
        "empty": None,
        "more": more,
        "again": more,
    }
    assert source.written(("axes", "debian", "values", 2)) == "3.10"
    assert source.written(("axes", "debian", "values", 1)) == ""


def test_merges_bring_in_what_is_not_there() -> None:
    data = parse(
        b"a: &a {x: '1', y: '2'}\nb: &b {z: '3', x: '0'}\nc: {<<: [*a, *b], y: '9'}\n'<<': text\n",
        "x.yaml",
    ).data
    assert data == {
        "a": {"x": "1", "y": "2"},
        "b": {"z": "3", "x": "0"},
        "c": {"y": "9", "x": "1", "z": "3"},
        "<<": "text",
    }


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(texts, values, min_size=1, max_size=4))
def test_what_was_written_is_read(data: dict[str, object]) -> None:
    written = yaml.safe_dump(data, allow_unicode=True, default_style='"')
    if not any(mark in written for mark in ("\ufffe", "\uffff")):
        assert parse(written.encode(), "x.yaml").data == data
