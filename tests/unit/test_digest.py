"""Canonical bytes depend on the value alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.digest import canonical, sha256, sha256_file

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_known_digests(tmp_path: Path) -> None:
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "file").write_bytes(b"x" * (3 << 20))
    assert sha256_file(tmp_path / "file") == sha256(b"x" * (3 << 20))
    assert len(sha256_file(tmp_path / "file", "sha512")) == 128


def test_bytes() -> None:
    assert canonical({"b": (1, 2), "a": "é", "c": None}) == '{"a":"é","b":[1,2],"c":null}'.encode()


@given(st.dictionaries(st.text(), values, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    try:
        data = canonical(value)
    except UnicodeEncodeError:
        return  # half of a surrogate pair is not a text
    assert canonical(dict(reversed(value.items()))) == data
    assert json.loads(data) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": object()}, {1, 2}])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(value)
