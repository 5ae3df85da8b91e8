"""A delta as a few layers: put on each other, they make what the one layer makes."""

from __future__ import annotations

import io
import posixpath
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.cells import chunks
from builder.cells.delta import normalise
from builder.cells.derived import check
from builder.cells.origins import origins
from builder.debian.mergers import STATUS
from builder.debian.model import Facts
from builder.debian.scan import content, scan
from builder.oci.model import DIRECTORY, FILE, WHITEOUT, Chunk, Entry
from builder.oci.store import Store
from builder.oci.tar import decompressed
from tests.unit.oci.made import (
    BUILT,
    Content,
    Made,
    built,
    directory,
    directory_entry,
    file,
    file_entry,
    hardlink,
    layer,
    symlink,
)

DEBS = "".join(
    f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n{source}\n"
    for name, source in (("tool", ""), ("libtool1", "Source: tool (1.0)\n"), ("other", ""))
)


FILES = count()


@dataclass(frozen=True)
class Node:
    """A path of an unpacked tree."""

    about: tuple[object, ...]
    file: int = 0
    """What hard links share."""


Tree = dict[str, Node]


def unpack(tree: Mapping[str, Node], archive: tarfile.TarFile) -> Tree:
    """Put a layer on a tree, as the OCI image specification says."""
    below, made = dict(tree), dict[str, Node]()

    def clear(path: str) -> None:
        for one in [one for one in below if one == path or one.startswith(f"{path}/")]:
            del below[one]

    for member in archive:
        path = member.name
        parent, name = posixpath.split(path)
        assert not parent or (below | made)[parent].about[0] == tarfile.DIRTYPE, path
        if name.startswith(".wh."):
            clear(posixpath.join(parent, name.removeprefix(".wh.")))
            continue
        if not (member.isdir() and path in below and below[path].about[0] == tarfile.DIRTYPE):
            clear(path)
        if member.islnk():
            made[path] = (below | made)[member.linkname]
            continue
        stream = archive.extractfile(member) if member.isreg() else None
        data = stream.read() if stream else member.linkname.encode()
        about = (member.type, member.mode, member.uid, member.gid, member.mtime, data)
        made[path] = Node(about, next(FILES))
    return below | made


def unpacked(tree: Mapping[str, Node], store: Store, delta: Iterable[Chunk]) -> Tree:
    """Put the layers of a delta on a tree."""
    whole = dict(tree)
    for chunk in delta:
        with decompressed(store.path(chunk.blob.digest), chunk.blob.media_type) as stream:
            plain = io.BytesIO(stream.read())
        with tarfile.open(fileobj=plain) as archive:
            whole = unpack(whole, archive)
    return whole


def seen(tree: Mapping[str, Node]) -> dict[str, tuple[object, ...]]:
    """What a user sees of a tree: with the first of the paths that share a file."""
    first: dict[int, str] = {}
    for path, node in sorted(tree.items()):
        first.setdefault(node.file, path)
    return {path: (*node.about, first[node.file]) for path, node in sorted(tree.items())}


NAMES = st.sampled_from(["a", "b", "a-b", "c.d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
LEAVES = st.one_of(
    st.builds(file, st.binary(max_size=4), st.sampled_from([0o644, 0o4755])),
    st.sampled_from(["a", "b/a", "/c.d"]).map(symlink),
    st.sampled_from([0o755, 0o1777, 0o700]).map(directory),
)


@st.composite
def trees(draw: st.DrawFn) -> Content:
    """What an engine may put into a layer: each path after its directories."""
    made: dict[str, Made] = {}
    for path, leaf in draw(st.dictionaries(PATHS, LEAVES, max_size=8)).items():
        steps = path.split("/")
        above = ["/".join(steps[:depth]) for depth in range(1, len(steps))]
        if any(one in made and made[one].kind != tarfile.DIRTYPE for one in above):
            continue
        if path in made and leaf.kind != tarfile.DIRTYPE:
            continue
        for one in above:
            made.setdefault(one, directory())
        made[path] = leaf
    files = sorted(path for path, leaf in made.items() if leaf.kind == tarfile.REGTYPE)
    for target in draw(st.sets(st.sampled_from(files))) if files else ():
        made[f"{posixpath.dirname(target)}/link".lstrip("/")] = hardlink(target)
    ordered: Content = {}
    for path in sorted(made, key=lambda path: (made[path].kind == tarfile.LNKTYPE, path)):
        ordered[path] = made[path]
    return ordered


def deleting(draw: st.DrawFn, below: Content, top: Content) -> Content:
    """Add whiteouts of some of what is below, where nothing is on top."""
    gone: Content = {}
    directories = {
        path
        for path, made in top.items()
        if isinstance(made, Made) and made.kind == tarfile.DIRTYPE
    }
    for path in below:
        parent, name = posixpath.split(path)
        if path not in top and parent in {"", *directories} and draw(st.booleans()):
            gone[posixpath.join(parent, f".wh.{name}")] = ""
    return {**gone, **top}


@st.composite
def builds(draw: st.DrawFn) -> tuple[Content, Content]:
    """What is below, and a layer on it that adds, replaces and deletes."""
    below, top = draw(trees()), draw(trees())
    return below, deleting(draw, below, top)


GROUPS = st.dictionaries(PATHS, st.sampled_from(["x:1", "x:2", "x:3", "x:new"]))
GROUPING = st.dictionaries(st.sampled_from(["x:1", "x:2", "x:3"]), st.integers(1, 12))


def delta(
    scratch: Path, store: Store, content: Content, below: Facts, grouping: Mapping[str, int]
) -> Facts:
    return normalise(
        [layer(scratch / "top.tar", content)],
        cell="top",
        key="0" * 64,
        ancestors=[below],
        store=store,
        built_since=BUILT,
        replaces=["*"],
        grouping=grouping,
        compression="none",
    )


@settings(deadline=None, max_examples=60)
@given(builds(), GROUPS, GROUPING, st.randoms(use_true_random=False))
def test_any_grouping_makes_what_one_layer_makes(
    build: tuple[Content, Content], found: dict[str, str], grouping: dict[str, int], order: object
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        scratch = Path(name)
        store = Store.open(scratch / "store")
        debian = built(store, "debian", build[0])
        tree = unpacked({}, store, debian.delta)
        one = delta(scratch, store, build[1], debian, {})
        assert len(one.delta) <= 1
        patch.setattr("builder.cells.delta.origins", lambda *_: found)
        few = delta(scratch, store, build[1], debian, grouping)
        assert few.entries == one.entries
        whole = seen(unpacked(tree, store, one.delta))
        assert seen(unpacked(tree, store, few.delta)) == whole
        shuffled = list(few.delta)
        order.shuffle(shuffled)  # type: ignore[attr-defined]  # it is a random.Random
        assert seen(unpacked(tree, store, shuffled)) == whole, "in any order"
        check(few, [store.path(chunk.blob.digest) for chunk in few.delta], scratch)
        assert delta(scratch, store, build[1], debian, grouping).delta == few.delta


def test_each_path_is_in_one_layer_and_its_directories_in_each() -> None:
    entries: dict[str, Entry] = {
        "opt": directory_entry(0o700),
        "opt/a": file_entry("a"),
        "opt/b": file_entry("b"),
        "opt/c": file_entry("c"),
        "opt/gone": Entry(WHITEOUT, 0, 0, 0, 0),
        "opt/z": directory_entry(),
        "srv": directory_entry(),
    }
    found = {"opt/a": "deb:a", "opt/b": "deb:b"}
    rest, first, second = chunks.parts(entries, found, {"deb:a": 2, "deb:b": 1})
    assert list(rest) == ["opt", "opt/c", "opt/gone", "opt/z", "srv"]
    assert list(first) == ["opt", "opt/b"]
    assert list(second) == ["opt", "opt/a"]
    assert chunks.parts(entries, found, {}) == [entries]
    assert chunks.parts({}, {}, {"deb:a": 1}) == []


def test_what_the_lock_does_not_know_is_with_what_belongs_to_no_package() -> None:
    entries = {name: file_entry(name) for name in ("a", "b", "c")}
    found = {"a": "deb:a", "b": "maven:in-an-archive"}
    rest, first = chunks.parts(entries, found, {"deb:a": 1, "deb:gone": 2})
    assert list(rest) == ["b", "c"]
    assert list(first) == ["a"]


def described(store: Store, tmp_path: Path, members: Content) -> dict[str, str]:
    """What each path of a build came with."""
    facts = built(store, "cell", members)
    with layer(tmp_path / "cell.tar", members).open("rb") as stream:
        scanned = scan([stream], built_since=BUILT)
        return origins(
            scanned,
            facts.entries,
            facts.owners,
            facts.bookkeeping.get(STATUS, ""),
            lambda path: content(scanned.items[path], [stream]),
        )


def test_a_path_came_with_the_package_that_lists_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    site = "opt/python/lib/python3.13/site-packages"
    info = "var/lib/dpkg/info"
    found = described(
        store,
        tmp_path,
        {
            "usr/bin/tool": "tool",
            "usr/bin/link": hardlink("usr/bin/tool"),
            "usr/lib/libtool.so.1": "library",
            "usr/share/other/text": "text",
            "usr/share/other/cache/made": "by a trigger",
            "etc/odd": "nobody's",
            f"{info}/tool.list": "/usr/bin/tool\n",
            f"{info}/libtool1:amd64.list": "/usr/lib/libtool.so.1\n",
            f"{info}/libtool1:amd64.md5sums": "0\n",
            f"{info}/other.list": "/usr/share/other/text\n",
            "var/lib/dpkg/status": DEBS,
            f"{site}/My_Lib-1.0.dist-info/METADATA": "Name: My_Lib\nVersion: 1.0\n",
            f"{site}/My_Lib-1.0.dist-info/RECORD": (
                "mylib/__init__.py,,\nmylib.py,,\n../../../bin/mylib,,\n../../../../../../etc,,\n"
            ),
            f"{site}/mylib/__init__.py": "",
            f"{site}/mylib/__pycache__/__init__.cpython-313.pyc": "compiled",
            f"{site}/mylib.py": "",
            "opt/python/bin/mylib": "#!",
            "opt/npm/x/node_modules/@a/b/package.json": '{"name": "@a/b", "version": "1.0.0"}',
            "opt/npm/x/node_modules/@a/b/index.js": "",
        },
    )
    deb, python, npm = "deb:tool", "python:my-lib", "npm:@a/b"
    assert found["usr/bin/tool"] == found["usr/lib/libtool.so.1"] == deb
    assert found["usr/bin/link"] == deb, "a hard link is where its target is"
    assert found[f"{info}/libtool1:amd64.md5sums"] == found[f"{info}/tool.list"] == deb
    assert found["usr/share/other/cache/made"] == "deb:other", "alone in its directory"
    assert found[f"{site}/mylib/__pycache__/__init__.cpython-313.pyc"] == python
    assert found["opt/python/bin/mylib"] == found[f"{site}/mylib.py"] == python
    assert found["opt/npm/x/node_modules/@a/b/index.js"] == npm
    assert "etc/odd" not in found
    assert all(not path.startswith("..") for path in found)


def test_a_package_that_moves_changes_its_chunk_alone(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    grouping = {"npm:a": 1, "npm:b": 2, "npm:gone": 3}

    def members(version: str, more: Content) -> Content:
        return {
            "opt/x/node_modules/a/package.json": f'{{"name": "a", "version": "{version}"}}',
            "opt/x/node_modules/b/package.json": '{"name": "b", "version": "1.0.0"}',
            "srv/text": "nobody's",
            **more,
        }

    debian = built(store, "debian", {"etc/motd": ""})
    before = delta(tmp_path, store, members("1.0.0", {}), debian, grouping)
    after = delta(tmp_path, store, members("1.0.1", {}), debian, grouping)
    same = [one == other for one, other in zip(before.delta, after.delta, strict=True)]
    assert same == [True, False, True]
    large: Content = {"opt/x/node_modules/a/large": file(b"x" * 10_000)}
    grown = delta(tmp_path, store, members("1.0.0", large), debian, grouping)
    assert [one in before.delta for one in grown.delta] == [True, False, True]
    assert {entry.type for entry in grown.entries.values()} == {DIRECTORY, FILE}
