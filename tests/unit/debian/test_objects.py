"""What the loader reads of programs and shared objects: of real ones, made by a compiler."""

from __future__ import annotations

import io
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.debian.objects import Object, read
from tests.unit.oci.made import library

Compile = Callable[..., Path]


@pytest.fixture
def gcc(tmp_path: Path) -> Compile:
    """Return what compiles a source into a file, with these options at the end."""

    def compiled(name: str, source: str, *options: str) -> Path:
        (tmp_path / f"{name}.c").write_text(source)
        path = tmp_path / name
        argv: Sequence[str] = ["gcc", "-o", str(path), f"{path}.c", *options]
        subprocess.run(argv, check=True, cwd=tmp_path)
        return path

    return compiled


def shared(gcc: Compile, name: str, source: str = "int x;", *options: str) -> Path:
    return gcc(name, source, "-shared", "-fPIC", f"-Wl,-soname,{name}", *options)


def seen(path: Path) -> Object:
    with path.open("rb") as stream:
        one = read(stream, path.name)
    assert one is not None
    return one


def fat(*entries: tuple[int, int, int]) -> bytes:
    """Return a fat binary with these entries: kind, processor, bytes of code."""
    body = b"".join(
        struct.pack("<HHIQ", kind, 0x0101, 64, size)
        + struct.pack("<QHHI", 0, 7, 1, processor)
        + bytes(32 + size)
        for kind, processor, size in entries
    )
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


@pytest.mark.process
def test_a_library_and_what_it_needs(gcc: Compile, tmp_path: Path) -> None:
    script = tmp_path / "versions"
    script.write_text("X_1 { global: old; local: *; };\nX_2 { global: new; } X_1;\n")
    source = "int old(void) { return 1; }\nint new(void) { return 2; }\n"
    below = shared(gcc, "libx.so.1", source, f"-Wl,--version-script={script}")
    assert seen(below).provides == ("X_1", "X_2")
    source = "int new(void);\nint top(void) { return new(); }\n"
    search = "-Wl,--enable-new-dtags,-rpath,$ORIGIN/../x.libs:/opt/x"
    top = seen(shared(gcc, "libtop.so.2", source, "libx.so.1", search))
    assert (top.soname, top.program, top.machine) == ("libtop.so.2", False, "EM_X86_64/64")
    assert top.needed[0] == "libx.so.1"
    assert (top.search, top.inherited) == (("$ORIGIN/../x.libs", "/opt/x"), False)
    assert top.requires["libx.so.1"] == ("X_2",)
    assert top.gpu == ()


@pytest.mark.process
def test_an_old_search_path_holds_for_what_is_loaded(gcc: Compile) -> None:
    one = seen(shared(gcc, "libx.so", "int x;", "-Wl,--disable-new-dtags,-rpath,$ORIGIN"))
    assert (one.search, one.inherited) == (("$ORIGIN",), True)


@pytest.mark.process
@pytest.mark.parametrize("option", ["-pie", "-no-pie"])
def test_a_program(gcc: Compile, option: str) -> None:
    one = seen(gcc("program", "int main(void) { return 0; }", option))
    assert one.program
    assert "libc.so.6" in one.needed
    assert one.requires["libc.so.6"]


@pytest.mark.process
def test_a_program_without_libraries_is_not_loaded(gcc: Compile) -> None:
    path = gcc("program", "int main(void) { return 0; }", "-static", "-no-pie")
    with path.open("rb") as stream:
        assert read(stream, "program") is None


@pytest.mark.process
@pytest.mark.parametrize("section", [".nv_fatbin", "__nv_relfatbin"])
def test_the_processors_of_fat_binaries(gcc: Compile, section: str) -> None:
    first, second = fat((2, 75, 8), (2, 90, 24)), fat((1, 120, 40))
    data = ", ".join(str(byte) for byte in first + bytes(8) + second)
    source = f'const unsigned char code[] __attribute__((section("{section}"))) = {{{data}}};'
    assert seen(shared(gcc, "libcode.so", source)).gpu == ("compute_120", "sm_75", "sm_90")


@pytest.mark.process
def test_a_damaged_fat_binary_ends_the_reading(gcc: Compile) -> None:
    whole = fat((2, 75, 8), (2, 90, 8))
    for cut in (0, 4, 17, 40, len(whole) - 20):
        data = ", ".join(str(byte) for byte in whole[:cut] + b"\xff" * 8)
        section = '__attribute__((section(".nv_fatbin")))'
        source = f"const unsigned char code[] {section} = {{{data}}};"
        assert set(seen(shared(gcc, "libcode.so", source)).gpu) <= {"sm_75", "sm_90"}


def test_a_library_without_sections_is_read() -> None:
    one = read(io.BytesIO(library("libx.so.1", ["libc.so.6"])), "libx.so.1")
    assert one is not None
    assert (one.soname, one.needed) == ("libx.so.1", ("libc.so.6",))


@given(st.binary(max_size=300))
def test_other_bytes_are_no_object(data: bytes) -> None:
    assert read(io.BytesIO(data), "x") is None
    read(io.BytesIO(b"\x7fELF" + data), "x")


@given(st.integers(0, 400), st.integers(0, 255), st.data())
def test_a_damaged_object_never_raises(size: int, byte: int, data: st.DataObject) -> None:
    whole = bytearray(library("libx.so.1", ["libc.so.6"]))
    whole[data.draw(st.integers(0, len(whole) - 1))] = byte
    read(io.BytesIO(bytes(whole)), "x")
    read(io.BytesIO(bytes(whole[:size])), "x")
