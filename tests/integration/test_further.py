"""Images with packages of further repositories, on a real engine."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from builder.fetch.transfer import place
from builder.lock.file import read
from builder.lock.model import NAME
from builder.settings import read as read_settings
from tests.gates import AGAIN
from tests.integration.openpgp import STRANGER
from tests.integration.registries import Archive, deb, publish_wheel
from tests.integration.site import Site
from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker
GREETING = """\
description: A package that Debian does not have, on one that it has
on: [tools]
apt: [greeting/greetings]
run: grep -q hello /opt/greeting && jq --version && ! grep -r 127.0.0.1 /etc/apt
"""
NEAR = "description: Files alone\non: [tools]\nrun: install -D /dev/null /opt/near\n"
IMAGES = """\
images:
  far: {layers: [greeting, near], tag: one}
  near: {layers: [near], tag: one}
"""
NOBODY = "http://127.0.0.1:9/greetings"


def test_a_repository_fills_its_images_and_holds_back_no_others(tiny: Tiny, site: Site) -> None:
    # The cache outlives the test: this file is in none.
    package = deb("greeting", "2.0", depends="jq")
    package = replace(package, files={"./opt/greeting": b"hello " + os.urandom(8).hex().encode()})
    Archive(site, key=STRANGER).publish_repository("/greetings", "trixie-new", [package])
    (tiny.root / "greetings.gpg").write_bytes(STRANGER.keyring())
    tiny.layer("greeting", GREETING)
    tiny.layer("near", NEAR)
    catalog = tiny.root / "catalog.yaml"
    declared = (
        f"repositories:\n  greetings: {{url: '{site.url}/greetings', suite: '{{debian}}-new',"
        " key: greetings.gpg}\n"
    )
    catalog.write_text(declared + catalog.read_text().partition("images:")[0] + IMAGES)
    tiny.done("lock")
    lock = read(tiny.root / NAME)
    (artifact,) = [one for one in lock.artifacts.values() if one.name == "greeting"]
    place(artifact, read_settings(tiny.root).cache).unlink()

    ended = tiny.run("build", CATALOG_MIRROR_GREETINGS=NOBODY)
    assert ended.code == 1
    assert "for it wait: far:one\n" in ended.err
    assert "hint: set CATALOG_MIRROR_GREETINGS to a mirror that answers" in ended.err
    assert list(tiny.to_build()) == ["greeting@trixie-amd64", "far:one"], "all else is built"
    assert "far    one   127.0.0.1" in tiny.done("list").out

    tiny.build()
    facts = tiny.facts("greeting@trixie-amd64")
    assert facts.packages["deb"]["greeting"] == "2.0"
    assert "jq" in facts.packages["deb"]
    assert not [path for path in facts.entries if path.startswith("etc/apt/")]


OWN = """\
description: A wheel of a further index, with what it needs from the usual one
on: [snake]
python: [{index: wheels, packages: ["greeting>=1"]}]
run: python -c 'import importlib.metadata as m; assert "+cpu." in m.version("greeting"), m.version("greeting")'
"""


@AGAIN
def test_an_index_fills_its_images_and_holds_back_no_others(tiny: Tiny, site: Site) -> None:
    # The cache outlives the test: this version is in none.
    version = f"1.0+cpu.{os.urandom(8).hex()}x"
    publish_wheel(site, "greeting", version, ["toml"], index="/wheels")
    publish_wheel(site, "toml", "99", index="/wheels")
    tiny.layer("own", OWN)
    tiny.layer("near", NEAR)
    catalog = tiny.root / "catalog.yaml"
    declared = f"indexes:\n  wheels: {{url: '{site.url}/wheels'}}\n"
    images = IMAGES.replace("[greeting, near]", "[own, near]")
    catalog.write_text(declared + catalog.read_text().partition("images:")[0] + images)
    tiny.done("lock")

    ended = tiny.run("build", CATALOG_MIRROR_WHEELS=NOBODY)
    assert ended.code == 1
    assert f"greeting {version}: 127.0.0.1 does not answer: " in ended.err
    assert "for it wait: far:one\n" in ended.err
    assert "hint: set CATALOG_MIRROR_WHEELS to a mirror that answers" in ended.err
    assert list(tiny.to_build()) == ["own@trixie-amd64-py3.13", "far:one"], "all else is built"

    tiny.build()
    packages = tiny.facts("own@trixie-amd64-py3.13").packages["python"]
    assert packages["greeting"] == version
    assert packages["toml"] != "99"
