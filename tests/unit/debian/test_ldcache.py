"""ld.so.cache against one that glibc's ldconfig (Debian 12) wrote for the same filesystem:
data/ld.so.cache."""

from __future__ import annotations

import posixpath
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.debian import ldcache
from builder.debian.elf import Elf
from builder.debian.elf import read as read_elf
from builder.debian.model import SharedLibrary
from builder.oci.model import Entry
from tests.unit.oci.made import directory_entry, file_entry, library, symlink_entry

GOLDEN = Path(__file__).with_name("data") / "ld.so.cache"
GENERATOR = "ldconfig (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36"
HERE = "usr/lib/x86_64-linux-gnu"
# Path -> soname and ISA level.
FILES = {
    f"{HERE}/libz.so.1.2.13": ("libz.so.1", 0),
    f"{HERE}/glibc-hwcaps/x86-64-v3/libz.so.1.3": ("libz.so.1", 2),
    f"{HERE}/glibc-hwcaps/x86-64-v2/libz.so.1": ("libz.so.1", 1),
    "usr/local/lib/glibc-hwcaps/x86-64-v3/libz.so.1.4": ("libz.so.1", 0),
    f"{HERE}/libstdc++.so.6.0.9": ("libstdc++.so.6", 0),
    f"{HERE}/libstdc++.so.6.0.30": ("libstdc++.so.6", 0),
    f"{HERE}/libapt-private.so.0.0.0": ("libapt-private.so.0.0", 0),
    "opt/tool/libplain.so": ("", 0),
    "opt/tool/libz.so.1": ("libz.so.1", 0),
    "usr/lib/libR.so": ("libR.so", 0),
    f"{HERE}/blas/libblas.so.3": ("libblas.so.3", 0),
    f"{HERE}/notalib.so.1": ("notalib.so.1", 0),
    f"{HERE}/deeper/libdeep.so.1": ("libdeep.so.1", 0),
}
LINKS = {
    "lib": "usr/lib",
    f"{HERE}/libz.so.1": "libz.so.1.2.13",
    f"{HERE}/libz.so": "libz.so.1",
    f"{HERE}/libstdc++.so.6": "libstdc++.so.6.0.30",
    f"{HERE}/libapt-private.so.0.0": "libapt-private.so.0.0.0",
    f"{HERE}/libblas.so.3": "/etc/alternatives/libblas.so.3",
    "etc/alternatives/libblas.so.3": f"/{HERE}/blas/libblas.so.3",
    f"{HERE}/libgone.so.1": "libgone.so.1.0",
    "opt/tool/libalias.so.3": "libplain.so",
}
CONFS = {
    "etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
    "etc/ld.so.conf.d/a.conf": "# first\n/usr/local/lib\n\n",
    "etc/ld.so.conf.d/b.conf": (
        "/opt/tool/\n/opt/nowhere\n/lib/x86_64-linux-gnu # twice\n/usr/lib/x86_64-linux-gnu\n"
    ),
}


def tree() -> dict[str, Entry]:
    found = dict.fromkeys(FILES, file_entry()) | {
        path: symlink_entry(target) for path, target in LINKS.items()
    }
    for path in list(found):
        above = path
        while above := posixpath.dirname(above):
            found.setdefault(above, directory_entry())
    return found


def libraries() -> list[SharedLibrary]:
    found = []
    for path, (soname, isa) in FILES.items():
        data = library(soname, ["libc.so.6"], isa=isa)
        elf = read_elf(lambda offset, size, data=data: data[offset : offset + size])  # type: ignore[misc]
        assert isinstance(elf, Elf)
        found.append(SharedLibrary(path, elf.soname, elf.flags, elf.isa, elf.needed))
    return found


def test_the_cache_is_what_ldconfig_writes() -> None:
    assert ldcache.cache(tree(), libraries(), CONFS, "amd64", GENERATOR) == GOLDEN.read_bytes()


@given(st.randoms(use_true_random=False))
def test_order_of_facts_does_not_matter(order: random.Random) -> None:
    paths, known = list(tree().items()), libraries()
    order.shuffle(paths)
    order.shuffle(known)
    assert ldcache.cache(dict(paths), known, CONFS, "amd64", GENERATOR) == GOLDEN.read_bytes()


def test_a_cache_of_nothing_is_a_cache() -> None:
    empty = ldcache.cache({}, [], {}, "amd64", "x")
    assert empty.startswith(b"glibc-ld.so.cache1.1\0\0\0\0")


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        ("libz.so.9", "libz.so.10"),
        ("libz.so", "libz.so.1"),
        ("liba", "libb"),
        ("lib-x", "lib1"),
        ("libx.so.1.2", "libx.so.1.10"),
    ],
)
def test_names_compare_as_in_glibc(lesser: str, greater: str) -> None:
    assert ldcache.compare_names(lesser, greater) < 0 < ldcache.compare_names(greater, lesser)


@given(st.text("ab.019-", max_size=12))
def test_a_name_equals_itself(name: str) -> None:
    assert ldcache.compare_names(name, name) == 0


def test_links_are_followed_everywhere() -> None:
    found = tree()
    assert ldcache.resolve(found, "/lib/x86_64-linux-gnu/libz.so") == f"{HERE}/libz.so.1.2.13"
    assert ldcache.resolve(found, f"{HERE}/libblas.so.3") == f"{HERE}/blas/libblas.so.3"
    assert ldcache.resolve(found, "/opt/../opt/./tool") == "opt/tool"
    assert ldcache.resolve(found, "/opt/tool/nothing") is None


def test_a_loop_of_links_leads_nowhere() -> None:
    assert ldcache.resolve({"a": symlink_entry("b"), "b": symlink_entry("a")}, "/a") is None
