"""Debian source packages built into images, on a real engine."""

from __future__ import annotations

import hashlib
import os

import pytest

from builder.lock.file import read
from builder.lock.model import NAME
from builder.settings import read as read_settings
from tests.integration.tiny import Tiny

pytestmark = [
    pytest.mark.docker,
    pytest.mark.whole("a Debian source package takes minutes to build"),
]
TRAIN, BESIDE = "train@trixie-amd64", "beside@trixie-amd64"
# From the image's own release, whose archive has it for years: its bytes are others all the same.
LAYER = """\
description: A source package, built
on: [tools]
backports:
  sl:
    source: {release: trixie}
    packages: [sl]
    needs: [libncurses6]
    adapt: |
      : NONCE
      grep --quiet '^Source: sl$' debian/control
run: |
  test -x /usr/games/sl
  ! command -v gcc
  ! ls /build
"""
IMAGES = """\
images:
  train: {layers: [train], tag: one}
  beside: {layers: [beside], tag: one}
"""


def built(tiny: Tiny) -> dict[str, str]:
    """Return the packages in the cache with their hashes, by their paths. It outlives the test."""
    found = (read_settings(tiny.root).cache / "backports").rglob("*.deb")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def change(tiny: Tiny, name: str, old: str, new: str) -> None:
    """Change a layer's text."""
    text = (tiny.root / "images" / name / "layer.yaml").read_text()
    assert old in text
    tiny.layer(name, text.replace(old, new))


@pytest.fixture
def train(tiny: Tiny) -> Tiny:
    """Return a catalog with a layer that builds a source package, and one that does not."""
    tiny.layer("train", LAYER.replace("NONCE", os.urandom(8).hex()))
    tiny.layer(
        "beside", "description: Files alone\non: [tools]\nrun: install -D /dev/null /opt/x\n"
    )
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().partition("images:")[0] + IMAGES)
    tiny.done("lock")
    return tiny


def test_a_source_package_is_built_once_and_one_that_breaks_holds_back_its_own(
    train: Tiny,
) -> None:
    before = built(train)
    train.build()
    facts = train.facts(TRAIN)
    (version,) = {
        one.version for one in read(train.root / NAME).artifacts.values() if one.kind == "backport"
    }
    assert facts.packages["deb"]["sl"] == f"{version}~trixie1"
    assert set(facts.packages["deb"]) == {"sl", "libncurses6"}, "what builds it is not in the image"
    first = built(train).items() - before.items()
    assert len(first) == 1

    # Other words of the layer do not build it again; nor is it other bytes when it is.
    change(train, "train", "test -x", "test -f")
    assert "from its source" not in train.build().said
    change(train, "train", "grep --quiet", "true; grep --quiet")
    assert "building sl from its source" in train.build().said
    again = built(train).items() - before.items() - first
    assert [digest for _, digest in again] == [digest for _, digest in first]

    change(train, "train", "true; grep", "echo no locomotive; false; grep")
    change(train, "beside", "/opt/x", "/opt/y")
    ended = train.run("build")
    assert ended.code == 1
    assert f"sl {version} does not build for trixie: `adapt` exited 1" in ended.err
    assert "  no locomotive\n" in ended.err
    assert "layer.yaml:3: " in ended.err
    assert list(train.to_build()) == [TRAIN, "train:one"], "all else is built"
