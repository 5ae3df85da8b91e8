"""Addresses of artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.fetch.debian import locate, snapshot
from builder.fetch.pypi import LAST, made_for
from builder.lock.model import Artifact
from builder.settings import read


@pytest.mark.parametrize(
    ("wheel", "python"),
    [
        ("a-1-cp313-cp313-manylinux_2_28_x86_64.whl", "3.13"),
        ("a-1-cp39-none-any.whl", "3.9"),
        ("a-1-cp39-abi3-manylinux_2_28_x86_64.whl", LAST),
        ("a-1-py3-none-any.whl", LAST),
        ("a-1-1-py2.py3-none-any.whl", LAST),
    ],
)
def test_a_wheel_is_asked_for_on_a_python_that_lists_it(wheel: str, python: str) -> None:
    assert made_for(wheel) == python


def test_a_package_is_in_the_pool_and_then_in_the_snapshot_of_the_moment(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        {
            "CATALOG_MIRROR_DEBIAN": "http://m.example/debian",
            "CATALOG_SNAPSHOT_DEBIAN": "http://s.example",
        },
    )
    artifact = Artifact(
        id="deb:g++=1:amd64",
        kind="deb",
        name="g++",
        version="1",
        origin="debian",
        locator="pool/main/g/g++_1 x.deb",
        digest="sha256:aa",
        size=1,
    )
    assert locate([artifact], "2026-01-03T12:00:00Z", settings) == {
        artifact.id: (
            "http://m.example/debian/pool/main/g/g++_1%20x.deb",
            "http://s.example/archive/debian/20260103T120000Z/pool/main/g/g++_1%20x.deb",
        ),
    }
    assert (
        snapshot("http://s.example", "debian-security", "2026-01-03T12:00:00Z")
        == "http://s.example/archive/debian-security/20260103T120000Z"
    )
