from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.charts.archive import MAX_BYTES, archive, unpack
from builder.errors import IntegrityError
from builder.tree import File, Tree

PATHS = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}\.yaml)?", fullmatch=True)


@given(st.dictionaries(PATHS.map(lambda path: f"d/{path}/f"), st.binary(max_size=50), max_size=5))
def test_what_is_packed_comes_out_again(files: dict[str, bytes]) -> None:
    tree = Tree(
        {"Chart.yaml": File(b"name: a\n"), **{path: File(data) for path, data in files.items()}}
    )
    assert dict(unpack(archive("a", tree), "a.tgz")) == dict(tree)


def test_the_same_files_are_the_same_bytes() -> None:
    one = Tree({"Chart.yaml": File(b"x"), "b": File(b"y", 0o755)})
    two = Tree({"b": File(b"y", 0o755), "Chart.yaml": File(b"x")})
    assert archive("a", one) == archive("a", two)


def test_chart_yaml_stands_first_and_nothing_tells_where_or_when() -> None:
    data = archive("a", Tree({"A": File(b""), "Chart.yaml": File(b"x")}))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["a/Chart.yaml", "a/A"]
    assert {
        (member.mtime, member.uid, member.gid, member.uname, member.gname) for member in members
    } == {(315532800, 0, 0, "", "")}
    assert data[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("data", [b"", b"not a chart", archive("a", Tree({"x": File(b"")}))])
def test_what_is_no_chart(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"a\.tgz is not the archive of a chart"):
        unpack(data, "a.tgz")


def test_a_bomb() -> None:
    with pytest.raises(IntegrityError, match="more than 20 MiB"):
        unpack(
            archive("a", Tree({"Chart.yaml": File(b"x"), "big": File(bytes(MAX_BYTES + 1))})),
            "a.tgz",
        )


def test_a_path_out_of_the_chart() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        member = tarfile.TarInfo("a/../../etc/passwd")
        tar.addfile(member)
    with pytest.raises(IntegrityError):
        unpack(stream.getvalue(), "a.tgz")
