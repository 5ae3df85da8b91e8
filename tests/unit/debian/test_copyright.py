"""Copyright files that a machine can read, and those that it cannot."""

from __future__ import annotations

import pytest

from builder.debian.copyright import borrowed, licences

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


def test_every_licence_of_files_is_told_once() -> None:
    text = (
        f"{FORMAT}Upstream-Name: x\nLicense: not-of-files\n\n"
        "Files: *\nCopyright: me\nLicense: GPL-2+ or\tArtistic\n The text.\n .\n More.\n\n"
        "Files: y\nCopyright: you\nLicense: Expat\n\n"
        "Files: z\nLicense: Expat\n\n"
        "License: Expat\n Its text.\n"
    )
    assert licences(text) == ("GPL-2+ or Artistic", "Expat")


@pytest.mark.parametrize(
    "text", ["", "This package was debianized by …\n\nLicense: GPL\n", "Format: mine\n\nFiles: *\n"]
)
def test_a_file_for_people_tells_nothing(text: str) -> None:
    assert licences(text) == ()


@pytest.mark.parametrize(
    ("path", "target", "pair"),
    [
        ("usr/share/doc/g++-14", "gcc-14-base", ("g++-14", "gcc-14-base")),
        ("usr/share/doc/a/copyright", "../b/copyright", ("a", "b")),
        ("usr/share/doc/a/copyright", "/usr/share/doc/b/copyright", ("a", "b")),
        ("usr/share/doc/a/copyright", "copyright.gz", ("a", "copyright.gz")),
        ("usr/share/doc/a", "a", None),
        ("usr/share/doc/a", "../../../etc/passwd", None),
        ("usr/share/doc/a/changelog.gz", "../b/changelog.gz", None),
    ],
)
def test_a_link_tells_whose_file_a_package_shares(
    path: str, target: str, pair: tuple[str, str] | None
) -> None:
    assert borrowed(path, target) == pair
