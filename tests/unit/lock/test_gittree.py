"""Git's hash of a tree of files, compared with git's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.gittree import FILE, LINK, PROGRAM, Leaf, Mode, blob, tree

Files = dict[str, tuple[Mode, bytes]]
STEP = st.sampled_from(["a", "a.b", "a-b", "b", "ab", "z", "ü", "a b"])
PATH = st.lists(STEP, min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(
    PATH,
    st.tuples(
        st.sampled_from([FILE, PROGRAM, LINK]),
        st.binary(min_size=1, max_size=20).filter(lambda data: b"\0" not in data),
    ),
)


def leaf(mode: Mode, data: bytes) -> Leaf:
    return Leaf(mode, blob([data], len(data)))


def without_clashes(files: Files) -> Files:
    """Leave out what is below another file."""
    return {
        path: told
        for path, told in files.items()
        if not any(path.startswith(f"{other}/") for other in files)
    }


@pytest.mark.process
def test_a_tree_has_the_hash_that_git_gives_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(FILES.map(without_clashes))
    def same(files: Files) -> None:
        root = tmp_path_factory.mktemp("tree")
        for path, (mode, data) in files.items():
            _write(root / path, mode, data)
        leaves = {path: leaf(mode, data) for path, (mode, data) in files.items()}
        assert tree(leaves) == _of_git(root)

    same()


def _write(path: Path, mode: Mode, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == LINK:
        path.symlink_to(os.fsdecode(data))
    else:
        path.write_bytes(data)
        path.chmod(0o755 if mode == PROGRAM else 0o644)


def _of_git(root: Path) -> str:
    def git(*argv: str) -> str:
        options = ("-c", "core.autocrlf=false", "-c", "core.fileMode=true")
        ended = subprocess.run(
            ["git", *options, *argv], cwd=root, capture_output=True, text=True, check=True
        )
        return ended.stdout.strip()

    git("init", "--quiet", ".")
    git("add", "--all", "--force", ".")
    return git("write-tree")


def test_empty_directories_count_only_where_they_are_named() -> None:
    files = {"a/b": leaf(FILE, b"x")}
    assert tree(files) == tree(files, ["a"])
    assert tree(files) != tree(files, ["c"])
    # Git's well-known hash of nothing.
    assert tree({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a")])
def test_a_path_is_a_file_or_a_directory(paths: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="'a"):
        tree({path: leaf(FILE, b"x") for path in paths})
