"""Tars: what is written is read again, and is the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import BuilderError, IntegrityError
from builder.oci import tar
from builder.oci.model import (
    BLOCK,
    CHAR,
    DIRECTORY,
    EPOCH,
    FIFO,
    FILE,
    HARDLINK,
    LAYER_TAR,
    SYMLINK,
    Entry,
)
from tests.unit.oci.made import directory, file, hardlink, layer, symlink

PARTS = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda part: part not in {".", ".."})
PATHS = st.lists(PARTS, min_size=1, max_size=6).map("/".join)
MODES = st.integers(0, 0o7777)
IDS = st.integers(0, 2**31)
TIMES = st.integers(0, 2**34)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["security.capability", "user.note"]),
    st.binary(min_size=1, max_size=30),
    max_size=2,
).map(
    lambda found: tuple(
        sorted((key, base64.b64encode(value).decode()) for key, value in found.items())
    )
)


@st.composite
def entries(draw: st.DrawFn) -> tuple[Entry, bytes]:
    kind = draw(st.sampled_from([FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR, BLOCK, FIFO]))
    data = draw(st.binary(max_size=1500)) if kind == FILE else b""
    link = ""
    if kind in {SYMLINK, HARDLINK}:
        link = draw(PATHS)
    elif kind in {CHAR, BLOCK}:
        link = f"{draw(st.integers(0, 4095))}:{draw(st.integers(0, 9999))}"
    xattrs = draw(ATTRIBUTES) if kind == FILE else ()
    return (
        Entry(kind, draw(MODES), draw(IDS), draw(IDS), draw(TIMES), len(data), "", link, xattrs),
        data,
    )


@given(st.dictionaries(PATHS, entries(), max_size=5))
def test_what_is_written_is_read_again(content: dict[str, tuple[Entry, bytes]]) -> None:
    stream = io.BytesIO()
    writer = tar.Writer(stream, "none")
    for path, (entry, data) in content.items():
        writer.add(path, entry, iter([data]))
    descriptor, diff_id, size = writer.close()
    assert descriptor.digest == diff_id == "sha256:" + hashlib.sha256(stream.getvalue()).hexdigest()
    assert descriptor.size == size == len(stream.getvalue())
    assert descriptor.media_type == LAYER_TAR
    stream.seek(0)
    found = {member.path: member for member in tar.members(stream, "it")}
    assert {path: member.entry for path, member in found.items()} == {
        tar._clean(path): entry for path, (entry, _) in content.items()
    }
    for path, (entry, data) in content.items():
        if entry.type == FILE:
            assert stream.getvalue()[found[tar._clean(path)].offset :][: entry.size] == data


@pytest.mark.parametrize(("size", "window"), [(0, 20), (5_000_000, 23), (2**26, 27), (10**10, 27)])
def test_who_unpacks_a_layer_needs_no_more_memory_than_it_has_bytes_and_never_more_than_decoders_take(
    size: int, window: int
) -> None:
    stream = io.BytesIO()
    writer = tar.Writer(stream, "zstd", size)
    writer.add("file", Entry(FILE, 0o644, 0, 0, EPOCH, 5), iter([b"hello"]))
    writer.close()
    assert zstandard.get_frame_parameters(stream.getvalue()).window_size == 2**window


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_a_layer_is_the_same_bytes_every_time_and_is_read_back(
    tmp_path: Path, compression: tar.Compression
) -> None:
    digests = set()
    for name in ("one", "two"):
        with (tmp_path / name).open("wb") as stream:
            writer = tar.Writer(stream, compression)
            writer.add("file", Entry(FILE, 0o644, 0, 0, EPOCH, 5), iter([b"he", b"llo"]))
            descriptor, diff_id, _ = writer.close()
        digests.add(descriptor.digest)
        assert descriptor.size == (tmp_path / name).stat().st_size
        with tar.decompressed(tmp_path / name, descriptor.media_type) as plain:
            data = plain.read()
        assert diff_id == "sha256:" + hashlib.sha256(data).hexdigest()
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            info = archive.getmember("file")
            assert (info.uname, info.gname, info.mtime) == ("", "", EPOCH)
    assert len(digests) == 1


def test_other_compressions_are_named(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match=r"tar\+lzma"):
        tar.decompressed(tmp_path, "application/vnd.oci.image.layer.v1.tar+lzma")


def test_paths_are_cleaned_and_the_root_is_left_out(tmp_path: Path) -> None:
    source = layer(
        tmp_path / "t",
        {
            "./": directory(),
            "./usr/": directory(),
            "/etc/x": "x",
            "./etc/y": symlink("../x"),
            "z": hardlink("./etc/x"),
        },
    )
    with source.open("rb") as stream:
        found = {member.path: member.entry for member in tar.members(stream, "it")}
    assert list(found) == ["usr", "etc/x", "etc/y", "z"]
    assert found["etc/y"].link == "../x"
    assert found["z"].link == "etc/x"


@pytest.mark.parametrize("name", ["../x", "a/../../x"])
def test_a_member_that_leaves_the_root_is_refused(tmp_path: Path, name: str) -> None:
    source = layer(tmp_path / "t", {name: "x"})
    with (
        source.open("rb") as stream,
        pytest.raises(IntegrityError, match=r"layer 1: .* leaves the root"),
    ):
        list(tar.members(stream, "layer 1"))


@pytest.mark.parametrize("cut", [0, 100, 700])
def test_what_is_no_tar_is_refused(tmp_path: Path, cut: int) -> None:
    source = layer(tmp_path / "t", {"a": file("x" * 600), "b": "y"})
    source.write_bytes(source.read_bytes()[:cut] or b"no tar")
    with source.open("rb") as stream, pytest.raises(IntegrityError, match="not a readable tar"):
        list(tar.members(stream, "it"))


def test_a_file_shorter_than_its_entry_is_refused() -> None:
    writer = tar.Writer(io.BytesIO())
    with pytest.raises(BuilderError, match="x: 2 bytes read, 3 expected"):
        writer.add("x", Entry(FILE, 0o644, 0, 0, 0, 3), iter([b"ab"]))
