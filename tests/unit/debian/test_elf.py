"""What is read of shared objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.debian import elf
from tests.unit.oci.made import library

names = st.text("abcdefgh-+._0123456789", min_size=1, max_size=20)


def read(data: bytes) -> elf.Elf | None:
    return elf.read(lambda offset, size: data[offset : offset + size])


@given(names, st.lists(names, unique=True, max_size=5), st.integers(0, 3))
def test_soname_needed_and_isa_are_read(soname: str, needed: list[str], isa: int) -> None:
    assert read(library(soname, needed, isa=isa)) == elf.Elf(soname, 0x0303, isa, tuple(needed))


def test_a_library_without_a_soname_has_an_empty_one() -> None:
    found = read(library())
    assert found is not None
    assert found.soname == ""


@given(st.binary(max_size=200))
def test_other_bytes_are_no_library(data: bytes) -> None:
    assert read(data) is None


@given(st.integers(0, 300))
def test_a_truncated_library_is_none_or_read_whole(size: int) -> None:
    whole = library("libx.so.1", ["libc.so.6"])
    assert read(whole[:size]) in {None, read(whole)}


@given(st.integers(0, 255), st.data())
def test_a_damaged_library_never_raises(byte: int, data: st.DataObject) -> None:
    damaged = bytearray(library("libx.so.1", ["libc.so.6"], isa=2))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = byte
    read(bytes(damaged))


@pytest.mark.parametrize("kind", [1, 2, 4], ids=["object", "program", "core"])
def test_only_shared_objects_count(kind: int) -> None:
    data = bytearray(library("libx.so.1"))
    data[16] = kind
    assert read(bytes(data)) is None
