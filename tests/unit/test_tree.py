"""Trees are written whole or not at all, and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.tree import Difference, File, Tree, replace

TREE = Tree({"b/run": File(b"#!/bin/sh\n", 0o755), "a.txt": File(b"a\n")})


def test_a_link_is_written_compared_and_replaced(tmp_path: Path) -> None:
    tree = Tree({"a/link": File.link("../b")})
    assert tree.write(tmp_path) == {"a/link": "create"}
    assert str((tmp_path / "a/link").readlink()) == "../b"
    assert tree.write(tmp_path) == {"a/link": "identical"}
    other = Tree({"a/link": File.link("../c")})
    assert other.check(tmp_path) == [Difference("a/link", "changed")]
    assert other.write(tmp_path) == {"a/link": "changed"}
    assert str((tmp_path / "a/link").readlink()) == "../c"
    assert Tree({"a/link": File(b"../c")}).check(tmp_path) == [Difference("a/link", "changed")]


def test_paths_are_sorted() -> None:
    assert list(TREE) == ["a.txt", "b/run"]
    assert TREE["a.txt"].data == b"a\n"
    assert len(TREE) == 2


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", ".", "a\0b"]
)
def test_paths_stay_inside(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path inside a tree"):
        Tree({path: File(b"")})


def test_a_file_is_no_directory() -> None:
    with pytest.raises(ValueError, match="'a' is both a file and a directory"):
        Tree({"a": File(b""), "a/b": File(b"")})


def test_writing_reports_what_became_of_every_path(tmp_path: Path) -> None:
    assert TREE.write(tmp_path) == {"a.txt": "create", "b/run": "create"}
    assert TREE.check(tmp_path) == []
    assert TREE.write(tmp_path) == {"a.txt": "identical", "b/run": "identical"}
    (tmp_path / "a.txt").write_bytes(b"other")
    (tmp_path / "b/run").chmod(0o644)
    assert TREE.check(tmp_path) == [Difference("a.txt", "changed"), Difference("b/run", "changed")]
    assert TREE.write(tmp_path) == {"a.txt": "changed", "b/run": "changed"}
    assert TREE.check(tmp_path) == []
    assert (tmp_path / "b/run").stat().st_mode & 0o777 == 0o755


def test_what_is_right_is_not_touched(tmp_path: Path) -> None:
    TREE.write(tmp_path)
    before = (tmp_path / "a.txt").stat()
    TREE.write(tmp_path)
    after = (tmp_path / "a.txt").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_owned_directories_hold_nothing_else(tmp_path: Path) -> None:
    TREE.write(tmp_path)
    (tmp_path / "b/old").write_text("old")
    (tmp_path / "mine").write_text("mine")
    assert [str(difference) for difference in TREE.check(tmp_path, owned=["b"])] == ["b/old: extra"]
    assert TREE.write(tmp_path, owned=["b"])["b/old"] == "removed"
    assert (tmp_path / "mine").exists()
    assert TREE.check(tmp_path, owned=["b"]) == []


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("target")
    (tmp_path / "a.txt").symlink_to("target")
    assert TREE.write(tmp_path)["a.txt"] == "changed"
    assert (tmp_path / "target").read_text() == "target"
    assert not (tmp_path / "a.txt").is_symlink()


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place/kept").write_text("kept")
    with pytest.raises(OSError, match="directory"):
        replace(tmp_path / "place", File(b"x"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept", "place"]


def test_trees_are_put_together() -> None:
    merged = TREE.merged({"a.txt": File(b"new"), "c": File(b"")}).below("x/y")
    assert {path: file.data for path, file in merged.items()} == {
        "x/y/a.txt": b"new",
        "x/y/b/run": b"#!/bin/sh\n",
        "x/y/c": b"",
    }
    assert "a.txt" in repr(TREE)


names = st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=3).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(names, st.binary(max_size=4), max_size=5))
def test_what_is_written_is_no_different(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    try:
        tree = Tree({path: File(data) for path, data in files.items()})
    except ValueError:
        return
    root = tmp_path_factory.mktemp("tree")
    assert [difference.kind for difference in tree.check(root)] == ["missing"] * len(tree)
    tree.write(root)
    assert tree.check(root, owned=["."]) == []
