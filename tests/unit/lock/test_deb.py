"""Debian's indexes, status files and apt's words, as text."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.deb import (
    Index,
    Stanza,
    complaints,
    file_name,
    packages_file,
    pins,
    simulation,
    status,
)

PACKAGES = """\
Package: tool
Version: 2:1.5
Architecture: amd64
Depends: libtwo (>= 1)
Filename: pool/main/t/tool/tool_1.5_amd64.deb
Size: 10
MD5sum: 0
SHA256: aa
Description: a tool
 with a line
Description-md5: 1

Package: tool
Version: 2:1.4
Architecture: all
Filename: pool/old.deb
Size: 9
SHA256: bb

Package: dpkg
Essential: yes
Version: 1
Architecture: amd64
Filename: pool/d.deb
Size: 8
SHA256: cc
"""
SIMULATED = """\
Reading package lists...
The following NEW packages will be installed:
  libtwo tool
Inst libtwo (1.0 Debian:13/stable [amd64])
Inst tool (2:1.5 Debian:13/stable, Debian-Security:13/stable-security [all]) []
Inst libone [1.0-1] (1.1 Debian:13/stable [amd64])
Remv other [3]
Conf libtwo (1.0 Debian:13/stable [amd64])
"""


def index() -> Index:
    made = Index()
    made.add(PACKAGES, "debian")
    return made


def test_a_package_is_found_by_name_version_and_architecture() -> None:
    found = index().find("tool", "2:1.5", "amd64")
    assert found is not None
    artifact = found.artifact()
    assert (artifact.id, artifact.locator, artifact.digest, artifact.size) == (
        "deb:tool=2:1.5:amd64",
        "pool/main/t/tool/tool_1.5_amd64.deb",
        "sha256:aa",
        10,
    )
    assert index().find("tool", "2:1.4", "amd64") is not None, (
        "packages for all architectures fit each"
    )
    assert index().find("tool", "9", "amd64") is None
    assert index().find("tool", "2:1.5", "arm64") is None


@pytest.mark.parametrize("order", [("debian", "debian-security"), ("debian-security", "debian")])
def test_a_file_of_two_archives_has_one_origin_in_whatever_order_they_are_read(
    order: tuple[str, str],
) -> None:
    made = Index()
    for origin in order:
        made.add(PACKAGES, origin)
    stanza = made.find("tool", "2:1.5", "amd64")
    assert stanza is not None
    assert stanza.origin == "debian-security"


def test_a_further_repository_stands_in_for_debian_nowhere() -> None:
    made = index()
    own = (
        "Package: {}\nVersion: {}\nArchitecture: amd64\nEssential: yes\nSHA256: bb\nProvides: mta\n"
    )
    made.add(own.format("tool", "2:1.5"), "pgdg")
    made.add(own.format("only", "1"), "pgdg")
    debians, theirs = (made.find("tool", "2:1.5", "amd64", origin) for origin in ("", "pgdg"))
    assert debians is not None
    assert theirs is not None
    assert (debians.origin, theirs.origin) == ("debian", "pgdg")
    assert theirs.artifact().id == "deb:tool=2:1.5:pgdg:amd64"
    assert file_name(theirs.artifact()) == "tool_2%3a1.5_amd64.deb"
    assert not made.knows("only")
    assert not made.knows("mta")
    assert made.knows("only", "pgdg")
    assert not made.knows("libone", "pgdg")
    assert made.essential() == ["dpkg"]
    assert (made.nearest("onlyy"), made.nearest("onlyy", "pgdg")) == ("", "did you mean only?")
    assert made.origins("only") == ["pgdg"]
    assert made.origins("dpkg") == []


def test_essential_packages_and_near_names() -> None:
    assert index().essential() == ["dpkg"]
    assert index().nearest("toool") == "did you mean tool?"
    assert not index().nearest("entirely-different")


def test_an_installed_package_has_a_status_and_nothing_of_its_file() -> None:
    found = index().find("tool", "2:1.5", "amd64")
    assert found is not None
    assert (
        found.installed()
        == "Package: tool\nStatus: install ok installed\nVersion: 2:1.5\nArchitecture: amd64\n"
        "Depends: libtwo (>= 1)\nDescription: a tool\n with a line\n"
    )


@given(st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=8), unique=True, max_size=10))
def test_a_status_file_holds_each_package_once_in_its_own_paragraph(names: list[str]) -> None:
    stanzas = [
        Stanza(f"Package: {name}\nVersion: 1\nArchitecture: amd64\nFilename: x\n", "debian")
        for name in names
    ]
    blocks = [block for block in status(stanzas).split("\n\n") if block.strip()]
    assert [block.splitlines()[0] for block in blocks] == [
        f"Package: {name}" for name in sorted(names)
    ]
    assert all(
        "Status: install ok installed" in block and "Filename" not in block for block in blocks
    )


def test_a_simulation_tells_what_comes_moves_and_goes() -> None:
    found = simulation(SIMULATED)
    assert found.install == (("libtwo", "1.0", "amd64"), ("tool", "2:1.5", "all"))
    assert found.upgrade == (("libone", "1.0-1", "1.1"),)
    assert found.remove == ("other",)


def test_what_apt_finds_broken_is_told_by_package() -> None:
    said = (
        "The following packages have unmet dependencies:\n red : Conflicts: blue but 1 is"
        " installed\n a:amd64 : PreDepends: b (>= 2)\nE: Unmet\n"
    )
    first, second = complaints(said)
    assert str(first) == "red : Conflicts: blue but 1 is installed"
    assert (first.package, first.relation, first.wants) == ("red", "Conflicts", "blue")
    assert (second.package, second.relation, second.wants) == ("a", "PreDepends", "b (>= 2)")
    assert complaints(said + said) == [first, second], "each is told once"


def test_a_flat_repository_lists_its_files() -> None:
    found = index().find("tool", "2:1.5", "amd64")
    assert found is not None
    artifact = found.artifact()
    assert file_name(artifact) == "tool_2%3a1.5_amd64.deb"
    text = packages_file(
        {artifact.id: "Package: tool\nVersion: 2:1.5\nArchitecture: amd64\n"}, [artifact], "deb"
    )
    assert (
        text == "Package: tool\nVersion: 2:1.5\nArchitecture: amd64\nFilename:"
        " deb/tool_2%3a1.5_amd64.deb\nSize: 10\nSHA256: aa\n"
    )


def test_pins_hold_versions() -> None:
    assert (
        pins({"b": "2", "a": "1"})
        == "Package: a\nPin: version 1\nPin-Priority: 1001\n\nPackage: b\nPin: version"
        " 2\nPin-Priority: 1001\n\n"
    )


def test_a_package_that_no_index_has_any_more_is_found_again() -> None:
    made, artifact = index(), index().find("tool", "2:1.5", "amd64")
    assert artifact is not None
    gone = artifact.artifact()
    empty = Index()
    empty.put(gone, "Package: tool\nVersion: 2:1.5\nArchitecture: amd64\n")
    again = empty.find("tool", "2:1.5", "amd64")
    assert again is not None
    assert again.artifact() == gone
    assert made.find("tool", "2:1.5", "amd64") == artifact
