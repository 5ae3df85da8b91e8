"""From the layers of a build to a delta."""

from __future__ import annotations

import os
import resource
import struct
import tarfile
from pathlib import Path

import pytest

from builder.cells.delta import normalise
from builder.cells.tree import merged
from builder.debian.mergers import STATES, STATUS
from builder.debian.model import Facts
from builder.errors import BuilderError, ConflictError, IntegrityError
from builder.oci.model import (
    DIRECTORY,
    EPOCH,
    FILE,
    HARDLINK,
    LAYER_GZIP,
    LAYER_ZSTD,
    SYMLINK,
    WHITEOUT,
)
from builder.oci.store import Store
from builder.oci.tar import decompressed, members
from tests.unit.oci.made import (
    BUILT,
    Content,
    built,
    directory,
    file,
    hardlink,
    layer,
    library,
    symlink,
)

OLD = 1_600_000_000
DEB = "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-3\n\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def below(store: Store) -> Facts:
    """A cell to stand on."""
    return built(
        store,
        "debian",
        {
            "etc": directory(),
            "etc/motd": "hello",
            "usr": directory(),
            "usr/bin": directory(),
            "usr/bin/tool": file("#!", 0o755),
            "srv": directory(0o1777),
            "var": directory(),
            "var/lib": directory(),
            "var/lib/dpkg": directory(),
            "var/lib/dpkg/info": directory(),
            "var/lib/dpkg/info/tool.list": "/.\n/usr\n/bin/tool\n/usr/bin/tool\n",
            "var/lib/dpkg/status": DEB,
        },
    )


def unpacked(store: Store, facts: Facts, tmp_path: Path) -> list[str]:
    """The paths of the delta's tar, in its order."""
    plain = tmp_path / "plain.tar"
    with decompressed(
        store.path(facts.delta[0].blob.digest), facts.delta[0].blob.media_type
    ) as stream:
        plain.write_bytes(stream.read())
    with plain.open("rb") as stream:
        found = {member.path: member.entry for member in members(stream, "the delta")}
    assert {
        path: entry._replace(digest="", size=entry.size * (entry.type == FILE))
        for path, entry in facts.entries.items()
    } == found, "facts and tar say the same"
    return list(found)


def test_a_delta_holds_what_the_build_added_with_the_directories_on_the_way(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    facts = built(
        store,
        "top",
        {
            "usr/bin/new": file("#!", 0o755),
            "var": directory(),
            "opt": directory(0o700),
            "opt/empty": directory(),
        },
        [below],
    )
    assert unpacked(store, facts, tmp_path) == ["opt", "opt/empty", "usr", "usr/bin", "usr/bin/new"]
    assert facts.entries["usr"] == below.entries["usr"]
    assert facts.entries["opt"].mode == 0o700
    assert facts.delta[0].blob.media_type == LAYER_ZSTD


def test_a_directory_that_nobody_wrote_is_there(store: Store, tmp_path: Path) -> None:
    facts = built(store, "odd", {"a/b/c": "x"})
    assert unpacked(store, facts, tmp_path) == ["a", "a/b", "a/b/c"]
    assert facts.entries["a"].mode == 0o755


def test_two_builds_of_the_same_are_the_same_bytes(store: Store, below: Facts) -> None:
    content: Content = {"etc/a": file("a", mtime=BUILT + 1), "etc/b": "b"}
    later: Content = {
        "etc/b": "b",
        "etc": directory(mtime=BUILT + 99),
        "etc/a": file("a", mtime=BUILT + 50),
    }
    assert built(store, "top", content, [below]) == built(store, "top", later, [below])


def test_times_of_packages_stay_and_times_of_the_build_go(store: Store) -> None:
    facts = built(
        store,
        "x",
        {
            "old": file("x", mtime=OLD),
            "new": file("x", mtime=BUILT),
            "dir": directory(mtime=OLD),
            "link": symlink("old"),
        },
    )
    assert {path: entry.mtime for path, entry in facts.entries.items()} == {
        "dir": EPOCH,
        "link": EPOCH,
        "new": EPOCH,
        "old": OLD,
    }


def test_volatile_paths_and_the_seal_s_own_are_left_out(store: Store) -> None:
    dropped = [
        "tmp/x",
        "var/cache/apt/archives/x.deb",
        "var/lib/apt/lists/x",
        "var/log/dpkg.log",
        "root/.cache/pip/x",
        "home/me/.cache/x",
    ]
    dropped += [
        "etc/machine-id",
        "etc/passwd-",
        "var/lib/dpkg/status-old",
        "etc/ld.so.cache",
        "etc/environment",
        "var/cache/ldconfig/aux-cache",
    ]
    kept = [
        "root/.profile",
        "home/me/x",
        "etc/machine-ids",
        "var/log",
        "var/log/apt",
        "tmp",
        "run",
        "var/cache/apt/archives/partial",
    ]
    content: Content = dict.fromkeys(dropped, "x")
    content |= {
        path: directory() if "." not in path and not path.endswith(("x", "s")) else "x"
        for path in kept
    }
    found = built(store, "x", content).entries
    assert not found.keys() & set(dropped)
    assert set(kept) <= found.keys()


def test_layers_are_squashed(store: Store, below: Facts, tmp_path: Path) -> None:
    layers = [
        layer(
            tmp_path / "1",
            {"opt/a": "1", "opt/b": "1", "opt/c/d": "1", "opt/e": "1", "opt/f/g": "1"},
        ),
        layer(
            tmp_path / "2",
            {
                "opt/a": "2",
                "opt/.wh.b": "",
                "opt/c/.wh..wh..opq": "",
                "opt/c/new": "2",
                "opt/.wh.f": "",
                "opt/.wh.e": "",
            },
        ),
        layer(tmp_path / "3", {"opt/e": "3"}),
    ]
    facts = normalise(
        layers, cell="top", key="k", ancestors=[below], store=store, built_since=BUILT
    )
    assert unpacked(store, facts, tmp_path) == ["opt", "opt/a", "opt/c", "opt/c/new", "opt/e"]
    assert facts.entries["opt/a"].size == 1


def test_a_file_written_again_with_the_same_bytes_is_no_change(store: Store, below: Facts) -> None:
    again: Content = {
        "etc/motd": file("hello", mtime=BUILT + 1),
        "usr/bin": directory(),
        "etc/.wh.motd": "",
    }
    assert not built(store, "top", again, [below]).entries


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"etc/motd": "other"}, "/etc/motd: top replaces (different bytes) a path of debian"),
        (
            {"etc/motd": file("hello", 0o600)},
            (
                "/etc/motd: top replaces (mode and owner 0600 0:0 instead of 0644 0:0) a path of"
                " debian"
            ),
        ),
        (
            {"etc/motd": symlink("x")},
            "/etc/motd: top replaces (symlink instead of file) a path of debian",
        ),
        (
            {"srv": directory(0o700)},
            "/srv: top replaces (mode and owner 0700 0:0 instead of 1777 0:0) a path of debian",
        ),
        (
            {"usr/bin/tool": "x"},
            "/usr/bin/tool: top replaces (different bytes) a path of debian, of Debian package tool",
        ),
        ({"etc/.wh.motd": ""}, "/etc/motd: top deletes a path of debian"),
        ({"usr/.wh.bin": ""}, "/usr/bin: top deletes a path of debian"),
        (
            {"usr/bin/.wh..wh..opq": ""},
            "/usr/bin/tool: top deletes a path of debian, of Debian package tool",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_a_layer_may_only_add(store: Store, below: Facts, content: Content, message: str) -> None:
    with pytest.raises(ConflictError) as caught:
        built(store, "top", content, [below])
    assert message in caught.value.message.splitlines()
    assert "add it to `replaces`" in caught.value.hint
    assert [path.name for path in (store.root / "ingest").iterdir()] == []


def test_every_conflict_is_told_up_to_twenty(store: Store) -> None:
    below = built(store, "below", {f"opt/{number:02}": "x" for number in range(30)})
    with pytest.raises(ConflictError) as caught:
        built(store, "top", {f"opt/{number:02}": "y" for number in range(30)}, [below])
    assert caught.value.message.splitlines()[-1] == "… and 10 more paths"
    assert len(caught.value.message.splitlines()) == 21


def test_removing_what_is_volatile_is_no_conflict(store: Store, below: Facts) -> None:
    assert not built(store, "top", {"var/lib/apt/.wh.lists": ""}, [below]).entries


@pytest.mark.parametrize(
    "content", [{"srv/.wh.x": ""}, {"srv/.wh.x": "text"}, {"srv/.wh.x": symlink("y")}]
)
def test_a_file_whose_name_means_a_deletion_is_refused(
    store: Store, below: Facts, content: Content
) -> None:
    with pytest.raises(BuilderError, match=r"names mean deletions in a layer: /srv/\.wh\.x"):
        built(store, "top", content, [below])


def may(store: Store, below: Facts, tmp_path: Path, content: Content, *globs: str) -> Facts:
    source = layer(tmp_path / "t", content)
    return normalise(
        [source],
        cell="top",
        key="k",
        ancestors=[below],
        store=store,
        built_since=BUILT,
        replaces=globs,
    )


def test_a_path_that_a_layer_may_replace_may_be_deleted(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    facts = may(store, below, tmp_path, {"etc/.wh.motd": ""}, "/etc/motd")
    assert facts.entries["etc/motd"].type == WHITEOUT
    assert facts.replaces == {"etc/motd": below.entries["etc/motd"]}
    plain = tmp_path / "plain"
    with decompressed(store.path(facts.delta[0].blob.digest), LAYER_ZSTD) as stream:
        plain.write_bytes(stream.read())
    with tarfile.open(plain) as archive:
        assert [(member.name, member.size) for member in archive if member.isreg()] == [
            ("etc/.wh.motd", 0)
        ]
    assert "etc/motd" not in merged([below, facts])


def test_a_directory_may_be_deleted_with_all_in_it(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    facts = may(store, below, tmp_path, {".wh.usr": ""}, "/usr")
    assert [path for path, e in facts.entries.items() if e.type == WHITEOUT] == ["usr"]
    assert facts.replaces.keys() == {p for p in below.entries if p == "usr" or p[:4] == "usr/"}
    assert not [path for path in merged([below, facts]) if path.startswith("usr")]


def test_what_a_layer_below_deleted_is_not_written_again(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    middle = may(store, below, tmp_path, {".wh.usr": ""}, "/usr")
    with pytest.raises(ConflictError, match="/usr/bin/new: over writes below /usr, deleted by"):
        built(store, "over", {"usr/bin/new": "x"}, [below, middle])


def test_a_path_that_a_layer_may_replace_is_replaced(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    content: Content = {"etc/motd": "other", "usr/bin/tool": "x"}
    facts = may(store, below, tmp_path, content, "/etc/*", "/usr/bin/tool")
    assert facts.replaces == {path: below.entries[path] for path in ("etc/motd", "usr/bin/tool")}


def within(store: Store, below: Facts, tmp_path: Path, content: Content, *paths: str) -> Facts:
    source = layer(tmp_path / "t", content)
    return normalise(
        [source],
        cell="top",
        key="k",
        ancestors=[below],
        store=store,
        built_since=BUILT,
        within=paths,
    )


def test_a_layer_for_several_writes_its_own_paths_and_what_leads_there(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    content: Content = {
        "opt/tool/bin/x": "x",
        "usr/bin/x": symlink("/opt/tool/bin/x"),
        "usr/bin": directory(),
        "tmp/log": "x",
    }
    facts = within(store, below, tmp_path, content, "/opt/tool", "/usr/bin/x")
    assert list(facts.entries) == [
        "opt",
        "opt/tool",
        "opt/tool/bin",
        "opt/tool/bin/x",
        "usr",
        "usr/bin",
        "usr/bin/x",
    ]


@pytest.mark.parametrize(
    ("content", "strays"),
    [
        ({"opt/tool/x": "x", "opt/tools": "x", "etc/tool": "x"}, "/etc/tool, /opt/tools"),
        ({"opt/tool/x": "x", "srv/empty": directory()}, "/srv/empty"),
        (
            {"opt/tool/x": "x", "var/lib/dpkg/status": DEB + DEB.replace("tool", "other")},
            "/var/lib/apt/extended_states, /var/lib/dpkg/status",
        ),
    ],
    ids=["a file", "a directory", "a package"],
)
def test_a_layer_for_several_writes_nothing_else(
    store: Store, below: Facts, tmp_path: Path, content: Content, strays: str
) -> None:
    with pytest.raises(BuilderError) as caught:
        within(store, below, tmp_path, content, "/opt/tool")
    assert (
        caught.value.message
        == f"top, which is built once for several points, writes outside its `once.paths`: {strays}"
    )


def test_a_layer_for_several_owns_its_paths_alone(
    store: Store, below: Facts, tmp_path: Path
) -> None:
    with pytest.raises(
        BuilderError, match=r"/usr/bin/tool, in `once.paths` of top, belongs to a cell below it"
    ):
        within(store, below, tmp_path, {"usr/bin/x": "x"}, "/usr/bin/x", "/usr/bin/tool")


def test_hard_links_are_made_to_the_first_path(store: Store, tmp_path: Path) -> None:
    facts = built(
        store,
        "x",
        {
            "usr/z": "bytes",
            "usr/b": hardlink("usr/z"),
            "usr/m": hardlink("usr/z"),
            "usr/other": "bytes",
        },
    )
    assert {
        path: (entry.type, entry.link) for path, entry in facts.entries.items() if path != "usr"
    } == {
        "usr/b": (FILE, ""),
        "usr/m": (HARDLINK, "usr/b"),
        "usr/other": (FILE, ""),
        "usr/z": (HARDLINK, "usr/b"),
    }
    assert len({entry.digest for entry in facts.entries.values() if entry.type != DIRECTORY}) == 1
    assert unpacked(store, facts, tmp_path) == ["usr", "usr/b", "usr/m", "usr/other", "usr/z"]


def test_a_hard_link_to_a_file_of_a_parent_holds_the_bytes(store: Store, below: Facts) -> None:
    """An engine writes the linked file again when a link is made to it."""
    facts = built(
        store,
        "top",
        {"usr/bin/tool": file("#!", 0o755), "usr/bin/alias": hardlink("usr/bin/tool")},
        [below],
    )
    assert facts.entries["usr/bin/alias"].type == FILE
    assert "usr/bin/tool" not in facts.entries


def test_a_hard_link_to_nothing_is_an_error(store: Store) -> None:
    with pytest.raises(
        BuilderError, match="/b is a hard link to /a, which the build did not write"
    ):
        built(store, "x", {"b": hardlink("a")})


def test_a_time_stamped_pyc_follows_its_source(store: Store, tmp_path: Path) -> None:
    def pyc(flags: int, stamp: int) -> bytes:
        return b"\xf3\r\r\n" + struct.pack("<III", flags, stamp, 7) + b"code"

    contents = {
        "fresh": pyc(0, BUILT + 3),
        "package": pyc(0, OLD),
        "hashed": pyc(1, BUILT + 3),
        "short": b"abc",
    }
    facts = built(store, "x", {f"{name}.pyc": file(data) for name, data in contents.items()})
    plain = tmp_path / "plain"
    with decompressed(store.path(facts.delta[0].blob.digest), LAYER_ZSTD) as stream:
        plain.write_bytes(stream.read())
    with tarfile.open(plain) as archive:
        found = {
            name: (archive.extractfile(f"{name}.pyc") or plain.open("rb")).read()
            for name in contents
        }
    assert found == {**contents, "fresh": pyc(0, EPOCH)}


def test_facts_of_packages_and_libraries(store: Store, below: Facts) -> None:
    site = "opt/python/lib/python3.13/site-packages"
    facts = built(
        store,
        "top",
        {
            f"{site}/NumPy-2.1.dist-info/METADATA": (
                "Metadata-Version: 2.1\nName: NumPy\nVersion: 2.1\n\nName: not this\n"
            ),
            "usr/lib/R/site-library/sf/DESCRIPTION": "Package: sf\nVersion: 1.0-20\n",
            "usr/lib/node_modules/@scope/app/package.json": (
                '{"name": "@scope/app", "version": "4.1.0"}'
            ),
            "usr/lib/node_modules/@scope/app/node_modules/inner/package.json": (
                '{"name": "inner", "version": "1"}'
            ),
            "usr/lib/x86_64-linux-gnu/libx.so.1.0": file(library("libx.so.1", ["libc.so.6"])),
            "usr/lib/x86_64-linux-gnu/libx.so.1": symlink("libx.so.1.0"),
            "etc/ld.so.conf.d/x.conf": "/opt/x\n",
            "var/lib/dpkg/info/other:amd64.list": (
                "/usr/lib/x86_64-linux-gnu/libx.so.1\n/lib/x86_64-linux-gnu/libx.so.1.0\n/usr/share/nothing\n"
            ),
            STATUS: DEB + DEB.replace("tool", "other"),
            STATES: "Package: other\nArchitecture: amd64\nAuto-Installed: 1\n\n",
        },
        [below],
    )
    assert facts.packages == {
        "deb": {"other": "1.2-3"},
        "python": {"NumPy": "2.1"},
        "r": {"sf": "1.0-20"},
        "npm": {"@scope/app": "4.1.0"},
    }
    assert [(lib.path, lib.soname, lib.needed) for lib in facts.libraries] == [
        ("usr/lib/x86_64-linux-gnu/libx.so.1.0", "libx.so.1", ("libc.so.6",))
    ]
    assert facts.texts == {"etc/ld.so.conf.d/x.conf": "/opt/x\n"}
    assert facts.owners == {
        "usr/lib/x86_64-linux-gnu/libx.so.1": "other",
        "usr/lib/x86_64-linux-gnu/libx.so.1.0": "other",
    }
    assert facts.bookkeeping == {
        STATUS: DEB.replace("tool", "other"),
        STATES: "Package: other\nArchitecture: amd64\nAuto-Installed: 1\n\n",
    }
    assert STATUS not in facts.entries


ALTERNATIVE = "auto\n/usr/bin/vi\nvi.1.gz\n/usr/share/man/man1/vi.1.gz\n\n/usr/bin/nvi\n20\n/usr/share/man/man1/nvi.1.gz\n\n"


def test_the_links_of_alternatives_are_left_to_the_seal(store: Store) -> None:
    content: Content = {
        "etc/alternatives/README": "text",
        "etc/alternatives/vi": symlink("/usr/bin/nvi"),
        "usr/bin/vi": symlink("/etc/alternatives/vi"),
        "usr/share/man/man1/vi.1.gz": symlink("/etc/alternatives/vi.1.gz"),
        "usr/bin/mine": symlink("/etc/alternatives/vi"),
        "var/lib/dpkg/alternatives/vi": ALTERNATIVE,
    }
    facts = built(store, "x", content)
    assert sorted(
        path for path, entry in facts.entries.items() if entry.type in {SYMLINK, FILE}
    ) == ["etc/alternatives/README", "usr/bin/mine"]
    assert facts.bookkeeping == {"var/lib/dpkg/alternatives/vi": ALTERNATIVE}


def test_a_choice_made_by_hand_is_kept(store: Store) -> None:
    content: Content = {
        "etc/alternatives/vi": symlink("/usr/bin/nvi"),
        "var/lib/dpkg/alternatives/vi": ALTERNATIVE.replace("auto", "manual", 1),
    }
    assert built(store, "x", content).bookkeeping["etc/alternatives/vi"] == "/usr/bin/nvi"


def test_a_cell_that_adds_nothing_has_an_empty_delta(store: Store, below: Facts) -> None:
    facts = normalise([], cell="top", key="k", ancestors=[below], store=store, built_since=BUILT)
    assert not facts.entries
    assert facts.delta == ()


def test_no_space_says_so_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """The kernel refuses to let a file grow; what it says on a full disk comes the same way."""
    source = layer(tmp_path / "t", {"noise": file(os.urandom(300_000))})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(BuilderError, match="file too large"):
            normalise([source], cell="x", key="k", ancestors=[], store=store, built_since=BUILT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [
        path for folder in ("ingest", "blobs/sha256") for path in (store.root / folder).iterdir()
    ]
    assert normalise(
        [source], cell="x", key="k", ancestors=[], store=store, built_since=BUILT
    ).entries.keys() == {"noise"}


def test_gzip_is_an_option(store: Store, tmp_path: Path) -> None:
    source = layer(tmp_path / "t", {"x": "x"})
    facts = normalise(
        [source],
        cell="x",
        key="k",
        ancestors=[],
        store=store,
        built_since=BUILT,
        compression="gzip",
    )
    assert facts.delta[0].blob.media_type == LAYER_GZIP
    assert unpacked(store, facts, tmp_path) == ["x"]


def test_a_truncated_layer_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    good, bad = layer(tmp_path / "1", {"a": "x"}), layer(tmp_path / "2", {"b": file("x" * 5000)})
    bad.write_bytes(bad.read_bytes()[:2000])
    with pytest.raises(IntegrityError, match="layer 2 of the build"):
        normalise([good, bad], cell="x", key="k", ancestors=[], store=store, built_since=BUILT)
