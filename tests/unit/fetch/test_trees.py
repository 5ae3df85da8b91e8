"""Archives of a package server: what is verified, what is refused, and the form that is kept."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from builder.errors import IntegrityError
from builder.fetch.trees import opened, rewritten
from builder.lock.gittree import FILE, LINK, PROGRAM, Leaf, blob, tree

LEAVES = {
    "run": Leaf(PROGRAM, blob([b"#!"], 2)),
    "src/A.jl": Leaf(FILE, blob([b"module A end"], 12)),
    "link": Leaf(LINK, blob([b"src/A.jl"], 8)),
}
TREE, WITH_EMPTY = tree(LEAVES), tree(LEAVES, ["void"])


def member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, mode
    return made


def archive(*more: tarfile.TarInfo, prefix: str = "", mtime: int = 0) -> bytes:
    """Return an archive of the tree, with more members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, data, mode in (("src/A.jl", b"module A end", 0o600), ("run", b"#!", 0o700)):
            one = member(prefix + name, mode=mode)
            one.size, one.mtime = len(data), mtime
            made.addfile(one, io.BytesIO(data))
        made.addfile(member(f"{prefix}link", tarfile.SYMTYPE, "src/A.jl"))
        for one in more:
            made.addfile(one)
    return buffer.getvalue()


def kept(data: bytes, wanted: str = TREE) -> bytes:
    return b"".join(rewritten([data[:100], data[100:]], wanted, "A 1.0.0"))


def test_however_a_tree_is_packed_the_same_archive_is_kept(tmp_path: Path) -> None:
    folder = member("src", tarfile.DIRTYPE, mode=0o700)
    void = member("void", tarfile.DIRTYPE)
    made = {
        kept(archive()),
        kept(archive(prefix="./", mtime=7)),
        kept(gzip.compress(archive(folder))),
        kept(archive(void)),
    }
    assert len(made) == 1
    (whole,) = made
    with tarfile.open(fileobj=io.BytesIO(whole)) as there:
        told = {one.name: (one.mode, one.mtime, one.uid) for one in there}
    assert told == {
        "link": (0o777, 1, 0),
        "run": (0o755, 1, 0),
        "src": (0o755, 1, 0),
        "src/A.jl": (0o644, 1, 0),
    }
    path = tmp_path / "a.tar"
    path.write_bytes(whole)
    with opened(path, "A") as again:
        assert again.hashes() == (TREE, TREE)
    # Julia's own Tar counts empty directories; a tree that has some keeps them.
    with tarfile.open(fileobj=io.BytesIO(kept(archive(void), WITH_EMPTY))) as there:
        assert "void" in there.getnames()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive(member("b")), "is another tree of files"),
        (archive(member("../b")), "leads out of it"),
        (archive(member("/b")), "leads out of it"),
        (archive(member("b", tarfile.SYMTYPE, "../../etc")), "leads out of it"),
        (archive(member("b", tarfile.SYMTYPE, "/etc")), "leads out of it"),
        (archive(member("b", tarfile.LNKTYPE, "run")), "no file, directory or symbolic link"),
        (archive(member("b", tarfile.CHRTYPE)), "is a device or a pipe"),
        (archive(member("b", tarfile.FIFOTYPE)), "is a device or a pipe"),
        (archive(member("run")), "holds 'run' twice"),
        (archive(member("run/b")), "is no tree of files"),
        (archive(member("link/b")), "is no tree of files"),
        (archive()[:700], "is not an archive that can be read"),
        (gzip.compress(archive(), mtime=0)[:60], "is not an archive that can be read"),
        (b"<html>", "is not an archive that can be read"),
    ],
)
def test_another_archive_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(IntegrityError, match=said):
        kept(data)
