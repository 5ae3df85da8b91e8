"""What a source package says of itself, and what the lock notes of it."""

from __future__ import annotations

import pytest

from builder.errors import IntegrityError
from builder.lock.backport import built, built_with, noted, packages
from builder.lock.debian_source import binaries, built_version, checksums, description, needed
from builder.lock.model import Artifact
from builder.lock.version import newest

HASH = "ab" * 32
DSC = f"""\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Format: 3.0 (quilt)
Source: engine
Binary: engine, libengine
Version: 1:2.0-3
Build-Depends: debhelper-compat (= 13), libfoo-dev
 (>= 2), clang-99 [amd64], python3:any <!nocheck>
Build-Depends-Arch: gcc | clang
Build-Depends-Indep: texlive
Checksums-Sha256:
 {HASH} 12 engine_2.0.orig.tar.xz
 {HASH} 7 engine_2.0-3.debian.tar.xz

-----BEGIN PGP SIGNATURE-----

x
-----END PGP SIGNATURE-----
"""
CONTROL = """\
Source: engine
Build-Depends: libfoo-dev

Package: engine
Architecture: any
Depends: libengine (= ${binary:Version}), ${shlibs:Depends}
Provides: engine-api-2, engine-${graphics}, motor (= ${source:Version})
Breaks: wheels (<< 3), tyres [armhf], rims <!stage1>
Description: it runs
 .
 on and on

Package: libengine
Architecture: all
Conflicts: libmotor
"""


def artifact() -> Artifact:
    return Artifact(
        id="backport:engine=1:2.0-3:sid:engine_2.0-3.dsc",
        kind="backport",
        name="engine",
        version="1:2.0-3",
        origin="debian",
        locator="pool/main/e/engine/engine_2.0-3.dsc",
        digest=f"sha256:{HASH}",
        size=3,
        extra={"release": "sid"},
    )


def test_a_signed_description_is_read() -> None:
    fields = description(DSC, "engine.dsc")
    assert fields["Version"] == "1:2.0-3"
    files = list(checksums(fields, "engine.dsc"))
    assert [(file.name, file.size) for file in files] == [
        ("engine_2.0.orig.tar.xz", 12),
        ("engine_2.0-3.debian.tar.xz", 7),
    ]


def test_what_is_no_description_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"engine.dsc is not the description"):
        description("<html>not found</html>", "engine.dsc")


def test_it_is_built_with_what_it_names_but_for_what_it_does_without() -> None:
    text = needed(description(DSC, "x"), {"clang-99"}, ["clang-19"])
    assert text == (
        "build-essential, clang-19, debhelper-compat (= 13), libfoo-dev (>= 2),"
        " python3:any <!nocheck>, gcc | clang"
    )


def test_a_built_package_is_listed_without_what_only_its_build_decides() -> None:
    stanza = binaries(CONTROL)["engine"].stanza("1:2.0-3~trixie1", "1:2.0-3", "amd64")
    assert stanza == (
        "Package: engine\nVersion: 1:2.0-3~trixie1\nArchitecture: amd64\n"
        "Provides: engine-api-2, motor (= 1:2.0-3)\nBreaks: wheels (<< 3)\n"
    )
    assert "Architecture: all\n" in binaries(CONTROL)["libengine"].stanza("1", "1", "amd64")


@pytest.mark.parametrize("version", ["5.02-1", "1:2.0-3", "3.0"])
def test_the_other_release_replaces_what_was_built(version: str) -> None:
    assert newest("deb", [built_version(version, "trixie"), version]) == version


def test_the_lock_notes_what_is_built() -> None:
    stanzas = [one.stanza("2", "1", "amd64") for one in binaries(CONTROL).values()]
    made = noted(artifact(), stanzas, description(DSC, "x"), (), ())
    assert made.extra["release"] == "sid"
    assert packages(made) == stanzas
    assert built_with(made).startswith("build-essential, debhelper-compat (= 13)")
    assert {name: one.version for name, one in built([made]).items()} == {
        "engine": "2",
        "libengine": "2",
    }
    assert not packages(artifact())
    assert not built_with(artifact())
