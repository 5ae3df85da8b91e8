"""Nothing is reached outside of a directory, whatever names and links say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builder import confined
from builder.errors import IntegrityError
from builder.tree import File, Tree

SECRET = b"nobody's business"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/a").mkdir(parents=True)
    (tmp_path / "root/a/file").write_bytes(b"inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(SECRET)
    return tmp_path / "root"


@pytest.mark.parametrize(
    "path", ["", "/", "..", "../outside/file", "a/../../outside/file", "/etc/passwd", "a//b", "./a"]
)
def test_paths_that_lead_elsewhere_are_refused(root: Path, path: str) -> None:
    for work in (confined.read, confined.opened, confined.create, confined.remove):
        with pytest.raises(IntegrityError, match="is not a path inside a directory"):
            work(root, path)
    with pytest.raises(IntegrityError):
        confined.link(root / "a/file", root, path)


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "a/link").symlink_to(tmp_path / "outside/file")
    for path in ("link/file", "a/link"):
        with pytest.raises(confined.LinkError) as caught:
            confined.read(root, path)
        assert str(caught.value.filename) in {str(root / "link"), str(root / "a/link")}
    for path in ("link/new", "link/new/new"):
        with pytest.raises(confined.LinkError):
            confined.create(root, path)
        with pytest.raises(confined.LinkError):
            confined.link(root / "a/file", root, path)
    with pytest.raises(confined.LinkError):
        confined.remove(root, "link/file")
    with pytest.raises(FileExistsError):
        confined.create(root, "a/link")
    assert [path for path, _ in confined.files(root)] == ["a/file", "a/link", "link"]
    assert confined.remove(root, "link") == 0 or not os.path.lexists(root / "link")
    confined.remove(root, "a")
    assert (tmp_path / "outside/file").read_bytes() == SECRET


@pytest.mark.parametrize("path", ["pipe", "a", "/dev/zero", "socket"])
def test_only_files_are_opened(root: Path, path: str) -> None:
    os.mkfifo(root / "pipe")
    os.mknod(root / "socket", 0o140644)
    with pytest.raises(confined.KindError):
        confined.regular(root / path)
    if not path.startswith("/"):
        with pytest.raises(confined.KindError):
            confined.read(root, path)


def test_reading_is_bounded(root: Path) -> None:
    assert confined.read(root, "a/file", 6) == b"inside"
    with pytest.raises(OSError, match="has more than 5 bytes"):
        confined.read(root, "a/file", 5)


def test_the_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert confined.read(tmp_path / "link", "a/file") == b"inside"


def test_a_link_is_a_hard_link_or_a_copy(root: Path, tmp_path: Path) -> None:
    confined.link(root / "a/file", tmp_path, "new/place")
    assert (tmp_path / "new/place").samefile(root / "a/file")
    confined.link(Path("/proc/self/comm"), tmp_path, "new/copy")
    assert (tmp_path / "new/copy").read_bytes()


def test_what_is_removed_counts_what_only_it_had(root: Path) -> None:
    os.link(root / "a/file", root / "other")
    (root / "a/more").write_bytes(b"123")
    assert confined.remove(root, "a") == 3
    assert confined.remove(root, "a") == 0
    assert confined.remove(root, "none/at/all") == 0


def test_a_tree_is_not_written_through_a_link(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(confined.LinkError):
        Tree({"link/file": File(b"new")}).write(root)
    with pytest.raises(confined.LinkError):
        Tree({}).write(root, owned=["link"])
    assert (tmp_path / "outside/file").read_bytes() == SECRET
    Tree({"a/file": File(b"new")}).write(root, owned=["a"])
    assert (root / "a/file").read_bytes() == b"new"
