"""What databases call packages of images."""

from __future__ import annotations

import pytest

from builder.kinds.model import Described
from builder.lock.osv import OsvPackage
from builder.vulnerabilities.names import held, named


@pytest.mark.parametrize(
    ("kind", "name", "version", "source", "expected"),
    [
        ("deb", "libssl3t64", "3.5.1-1+b2", "openssl 3.5.1-1", ("Debian:13", "openssl", "3.5.1-1")),
        ("deb", "bash", "5.2-1+b3", "", ("Debian:13", "bash", "5.2-1")),
        ("python", "A_b", "1.0", "", ("PyPI", "A_b", "1.0")),
        ("npm", "@s/in", "1.2.3", "", ("npm", "@s/in", "1.2.3")),
        ("maven", "g:a", "1", "", ("Maven", "g:a", "1")),
        ("go", "x.org/c", "v0.1.0", "", ("Go", "x.org/c", "v0.1.0")),
        ("go", "stdlib", "go1.25.1", "", ("Go", "stdlib", "1.25.1")),
        ("r", "r1", "1-2", "", ("CRAN", "r1", "1-2")),
        ("crate", "serde", "1.0.0", "", ("crates.io", "serde", "1.0.0")),
        ("julia", "HTTP", "1.10.0", "", ("Julia", "HTTP", "1.10.0")),
        ("archive", "duckdb", "1.4", "", None),
        ("python", "nameless", "", "", None),
    ],
)
def test_each_kind_has_its_ecosystem(
    kind: str, name: str, version: str, source: str, expected: tuple[str, str, str] | None
) -> None:
    package = Described(kind=kind, name=name, version=version, source=source)
    assert named(package, "13") == (OsvPackage(*expected) if expected else None)


def test_a_release_that_is_not_known_is_any() -> None:
    package = Described(kind="deb", name="bash", version="5", source="bash 5", architecture="amd64")
    assert named(package, "") == OsvPackage("Debian", "bash", "5")
    made = held(package, "base", {"ID": "debian", "VERSION_ID": "13"})
    assert made.url == "pkg:deb/debian/bash@5?arch=amd64&distro=debian-13"
    assert (made.cell, made.osv) == ("base", OsvPackage("Debian:13", "bash", "5"))
