"""The files of a catalog that a fork needs: which they are, the same archive each time, and nothing
of an odd archive outside of its place."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from builder.catalog.levels import read
from builder.catalog.load import load
from builder.errors import BuilderError, IntegrityError
from builder.release.source import gather, pack, unpack
from builder.tree import File, Tree
from tests.unit.catalog.test_load import lay, sections
from tests.unit.execute.stock import make

Member = tuple[str, bytes, bytes]
"""Name, type and target or content of a member."""


def archive(*members: Member) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                made.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content.decode()
                made.addfile(member)
    return stream.getvalue()


def unpacked(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "archive").write_bytes(data)
    unpack(tmp_path / "archive", "it", tmp_path / "files")
    return tmp_path / "files"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../x", tarfile.REGTYPE, b"")], "'../x', which leads out of it"),
        ([("/x", tarfile.REGTYPE, b"")], "'/x', which leads out of it"),
        ([("a/../../x", tarfile.REGTYPE, b"")], "which leads out of it"),
        ([("a\\x", tarfile.REGTYPE, b"")], "which has a backslash in its name"),
        ([("a", tarfile.SYMTYPE, b"/etc")], "'a', which is a link, not a file"),
        ([("a", tarfile.SYMTYPE, b"b"), ("a/x", tarfile.REGTYPE, b"")], "is a link, not a file"),
        ([("b", tarfile.REGTYPE, b""), ("a", tarfile.LNKTYPE, b"b")], "is a link, not a file"),
        ([("a", tarfile.CHRTYPE, b"")], "which is a device or a pipe"),
        ([("a", tarfile.FIFOTYPE, b"")], "which is a device or a pipe"),
        ([("a", tarfile.REGTYPE, b""), ("a", tarfile.REGTYPE, b"1")], "it holds 'a' twice"),
        ([("a", tarfile.REGTYPE, b""), ("a/b", tarfile.REGTYPE, b"")], "it holds 'a' twice"),
        ([("a/b", tarfile.REGTYPE, b""), ("a", tarfile.REGTYPE, b"")], "it holds 'a' twice"),
    ],
)
def test_what_would_lie_elsewhere_or_is_no_file_is_refused_by_name(
    tmp_path: Path, members: list[Member], said: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        unpacked(tmp_path, archive(*members))
    assert said in refused.value.message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "files"]


def test_a_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("large")
    member.size = 1 << 40
    with pytest.raises(IntegrityError, match="it unpacks to more than 256 MiB"):
        unpacked(tmp_path, member.tobuf() + bytes(1024))


@pytest.mark.parametrize("data", [b"", b"x" * 2000, archive(("a", b"0", b"1" * 5000))[:-9000]])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(IntegrityError, match="it is not an archive that can be read"):
        unpacked(tmp_path, data)


def test_what_is_packed_is_the_same_again(tmp_path: Path) -> None:
    files = {"b": File(b"1" * 3_000_000), "a/é": File(b"", 0o755), "a/b": File(b"2", 0o600)}
    data = pack(Tree(files))
    assert data == pack(Tree(dict(reversed(files.items()))))
    there = unpacked(tmp_path, data)
    assert {path: (there / path).read_bytes() for path in files} == {
        path: file.data for path, file in files.items()
    }
    assert [(there / path).stat().st_mode & 0o777 for path in files] == [0o644, 0o755, 0o644]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "lab").root


def names(root: Path) -> set[str]:
    files = set(gather(read(root / "catalog.yaml")).files)
    return {name for name in files if not name.startswith("catalog.lock/")}


@pytest.mark.process
def test_what_a_catalog_is_made_from_is_there_and_nothing_else(root: Path) -> None:
    lay(
        root,
        {
            "images/left/files/opt/.hidden": "",
            "images/left/tests/works.sh": "",
            "images/left/.layer.yaml.swp": "",
            "images/left/layer.yaml~": "",
            "images/README.md": "",
            "charts/icons/a.svg": "",
            "charts/options/a.yaml": "",
            "charts/library/templates/_a.tpl": "",
            "charts/stubs/README.md.j2": "",
            "charts/a/service.yaml": "",
            "charts/a/source/_a.tpl": "",
            "charts/a/Chart.yaml": "",
            "charts/a/templates/objects.yaml": "",
            "charts/old/values.yaml": "",
            "catalog.digests.json": "",
            "keys/pgdg.asc": "",
            "keys/other.asc": "",
            ".env": "",
            ".catalog/store/index.json": "",
            "README.md": "",
        },
    )
    yaml = root / "catalog.yaml"
    more = "repositories: {pgdg: {url: https://apt.example.org, suite: main, key: keys/pgdg.asc}}\n"
    yaml.write_text(yaml.read_text() + more)
    assert names(root) == {
        "catalog.yaml",
        "catalog.digests.json",
        *(f"images/{name}/layer.yaml" for name in ("bottom", "left", "right", "tools")),
        "images/left/files/opt/.hidden",
        "images/left/tests/works.sh",
        *("charts/icons/a.svg", "charts/options/a.yaml", "charts/library/templates/_a.tpl"),
        *("charts/stubs/README.md.j2", "charts/a/service.yaml", "charts/a/source/_a.tpl"),
        "keys/pgdg.asc",
    }


@pytest.mark.process
def test_what_git_ignores_is_left_out_and_told(root: Path) -> None:
    run = ["git", "-C", str(root)]
    subprocess.run([*run, "init", "-q"], check=True)
    lay(root, {".gitignore": "*.pem\n", "images/left/files/key.pem": "", "images/left/tests/a": ""})
    made = gather(read(root / "catalog.yaml"))
    assert made.ignored == ((root / "images/left/files/key.pem").as_posix(),)
    assert "images/left/files/key.pem" not in made.files
    assert "images/left/tests/a" in made.files
    subprocess.run([*run, "add", "-f", "images/left/files/key.pem"], check=True)
    assert gather(read(root / "catalog.yaml")).ignored == (), "what git has is not ignored"


@pytest.mark.process
def test_a_fork_goes_with_the_directories_that_it_extends(root: Path, tmp_path: Path) -> None:
    lay(tmp_path, {"deep/fork/catalog.yaml": "extends: ../../lab\nname: fork\n"})
    made = gather(read(tmp_path / "deep/fork/catalog.yaml"))
    assert made.directory == "deep/fork"
    there = unpacked(tmp_path, pack(made.files))
    loaded = load(there / "deep/fork/catalog.yaml")
    assert loaded.layers.keys() == load(root / "catalog.yaml").layers.keys()
    assert {path.parent.name for path in there.rglob("catalog.yaml")} == {"fork", "lab"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("{root}", "a path that only this machine has"),
        ("../lab", "cannot be named by the `extends` of a fork"),
    ],
)
def test_a_catalog_that_nobody_else_could_read_is_told(
    root: Path, tmp_path: Path, extends: str, said: str
) -> None:
    where = "my fork/catalog.yaml"
    lay(tmp_path, {where: f"extends: {extends.format(root=root)}\nname: fork\n"})
    with pytest.raises(BuilderError, match=said):
        gather(read(tmp_path / where))


@pytest.mark.process
def test_a_link_to_the_outside_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of somebody")
    (root / "catalog.digests.json").symlink_to(tmp_path / "secret")
    with pytest.raises(BuilderError, match="is a link to the outside"):
        gather(read(root / "catalog.yaml"))


@pytest.mark.process
def test_a_catalog_is_the_same_where_it_is_unpacked(tmp_path: Path) -> None:
    lay(tmp_path / "one", sections("sound"))
    first = load(tmp_path / "one" / "catalog.yaml")
    there = unpacked(tmp_path, pack(gather(first.levels).files))
    second = load(there / "catalog.yaml")
    assert second.catalog == first.catalog
    assert second.layers == first.layers
