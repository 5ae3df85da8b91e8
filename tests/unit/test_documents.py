"""JSON and YAML of others are read within limits: an error, never a crash."""

from __future__ import annotations

import pytest
import zstandard

from builder import documents
from builder.documents import DocumentError, all_from_yaml, from_json, from_yaml, with_any_bytes

DEEP = 100_000
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize("read", [from_json, with_any_bytes])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * DEEP, "nested more than 100 deep"),
        ('{"a":' * DEEP, "nested more than 100 deep"),
        ("[" * 150 + "]" * 150, "nested more than 100 deep"),
        ("1" * 5000, "is not JSON"),
        ("[NaN]", "is not JSON"),
        ("[1,", "is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_json_beyond_reason_is_an_error(read: object, text: str, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        read(text.encode())  # type: ignore[operator]  # one of two functions


def test_json_says_where_it_is_wrong() -> None:
    with pytest.raises(DocumentError) as caught:
        from_json('{\n "a": x}')
    assert (caught.value.line, caught.value.column) == (2, 7)


def test_json_as_deep_as_anybody_writes_is_read() -> None:
    value = from_json("[" * 100 + "]" * 100)
    for _ in range(99):
        (value,) = value
    assert value == []
    assert from_json('{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}


def test_halves_of_surrogates_stand_for_bytes_in_our_own_documents_alone() -> None:
    with pytest.raises(DocumentError):
        from_json(b'["\\udcff"]')
    assert with_any_bytes(b'["\\udcff"]') == ["\udcff"]


@pytest.mark.parametrize("read", [from_yaml, all_from_yaml])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * DEEP, "nested more than 100 deep"),
        ("{a: " * DEEP, "nested more than 100 deep"),
        ("".join("- " * number + "a\n" for number in range(1, 200)), "is nested|is not YAML"),
        (BOMB, "aliases stand for more than"),
        ("a: &a [*a]", r"the alias \*a has no anchor &a that ends before it"),
        ("a: *b", "has no anchor"),
        ("a: " + "9" * 5000, "is not of the type"),
        ("a: 2026-99-99", "is not of the type"),
        ("a: !!int x", "is not of the type"),
        ("a: !!timestamp x", "is not of the type"),
        ("a: !!bool x", "is not of the type"),
        ("a: !!python/object/apply:os.system [x]", "is not YAML"),
        ("a: [", "is not YAML"),
        ("a: \x01", "is not YAML"),
    ],
)
def test_yaml_beyond_reason_is_an_error(read: object, text: str, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        read(text)  # type: ignore[operator]  # one of two functions


def test_yaml_is_read() -> None:
    assert from_yaml("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}
    assert from_yaml("") is None
    assert all_from_yaml("a: 1\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_sizes_are_bounded() -> None:
    with pytest.raises(DocumentError, match="has more than 10 bytes"):
        from_json(b" " * 11, most=10)
    with pytest.raises(DocumentError, match="has more than 10 bytes"):
        from_yaml("#" * 11, most=10)


def test_what_is_packed_is_not_unpacked_beyond_its_bound() -> None:
    packed = zstandard.ZstdCompressor().compress(b"\0" * (64 << 20))
    with pytest.raises(DocumentError, match="has more than 1 MiB"):
        documents.unpacked(packed, 1 << 20)
    with pytest.raises(DocumentError):
        documents.unpacked(b"no zstd")
    assert documents.unpacked(zstandard.ZstdCompressor().compress(b"x")) == b"x"
