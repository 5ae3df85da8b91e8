"""Mirrors: what is set, else what this machine's apt uses for its own release."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import FetchError
from builder.fetch.origin import Configured, configured, debian_mirror, unreachable
from builder.settings import read

RELEASE = 'ID=debian\nVERSION_CODENAME="bookworm"\n'
DEB822 = """\
# the mirror
Types: deb deb-src
URIs: http://mirror.example/debian/
# a comment between
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /keys.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


def machine(root: Path, *, release: str = RELEASE, **sources: str) -> Path:
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    (root / "etc/os-release").write_text(release)
    for name, text in sources.items():
        (root / "etc/apt/sources.list.d" / name.replace("_", ".")).write_text(text)
    return root


def test_deb822_sources(tmp_path: Path) -> None:
    root = machine(tmp_path, debian_sources=DEB822)
    settings = read(tmp_path, {})
    assert debian_mirror("debian", settings, root) == "http://mirror.example/debian"
    assert (
        debian_mirror("debian-security", settings, root) == "http://mirror.example/debian-security"
    )


def test_one_line_sources_and_others_beside_them(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        others_list=(
            "deb http://other.example/apt nodistro main\ndeb [arch=amd64 signed-by=/k]"
            " http://next.example/debian trixie main\n"
        ),
    )
    (root / "etc/apt/sources.list").write_text(
        "#deb http://old.example/debian bookworm main\ndeb http://own.example/debian bookworm main"
        " non-free # mine\n"
    )
    assert debian_mirror("debian", read(tmp_path, {}), root) == "http://own.example/debian"
    assert list(configured(root))[-1] == Configured(
        "http://next.example/debian", "trixie", ("main",)
    )


@pytest.mark.parametrize("release", [RELEASE.replace("debian", "ubuntu"), ""])
def test_on_another_system_the_setting_is_named(tmp_path: Path, release: str) -> None:
    root = machine(tmp_path, release=release, debian_sources=DEB822)
    with pytest.raises(FetchError) as caught:
        debian_mirror("debian-security", read(tmp_path, {}), root)
    assert "CATALOG_MIRROR_DEBIAN_SECURITY" in caught.value.hint


def test_what_is_set_counts_on_any_system(tmp_path: Path) -> None:
    assert (
        debian_mirror(
            "debian",
            read(tmp_path, {"CATALOG_MIRROR_DEBIAN": "https://set.example/debian/"}),
            tmp_path,
        )
        == "https://set.example/debian"
    )


@pytest.mark.parametrize(
    ("said", "host"),
    [
        (
            (
                "E: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Could not"
                " connect to mirror.example:80"
            ),
            "mirror.example",
        ),
        (
            (
                "error: Request failed\n  cause: error sending request for url"
                " (https://user:secret@index.example:8443/simple/a/)"
            ),
            "index.example:8443",
        ),
        (
            (
                "npm error network request to https://registry.example/a failed, reason:"
                " getaddrinfo ENOTFOUND registry.example"
            ),
            "registry.example",
        ),
    ],
)
def test_clients_say_in_their_own_words_that_a_host_does_not_answer(said: str, host: str) -> None:
    error = unreachable(said, "pypi")
    assert error is not None
    assert f"at {host}:" in error.message
    assert "CATALOG_MIRROR_PYPI" in error.hint


def test_other_words_are_another_failure() -> None:
    assert (
        unreachable(
            "No solution found: because a depends on b>2 and only b<=2 is available", "pypi"
        )
        is None
    )
