"""Archives by address: locked without their host, and what is said where it is away, or has another
file."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from builder.fetch.transfer import place as place_of
from tests.integration.conftest import Place
from tests.integration.tiny import Tiny

DATA = b"an archive"
SHA256 = hashlib.sha256(DATA).hexdigest()
AWAY = "nowhere.invalid"
"""A host that never is (RFC 6761)."""
PATH = "/releases/app-1.tgz"


def asking(place: Place, *, url: str = "", sha256: str = SHA256, more: str = "") -> str:
    """Have a layer ask for an archive; return the place where it does."""
    text = (
        f"description: left\non: [snake]\narchives:\n  app: {{url: '{url or place.site.url + PATH}'"
    )
    place.layer("left", f"{text}, version: '1', sha256: '{sha256}'{more}}}\nrun: 'true'\n")
    return f"{place.root}/images/left/layer.yaml:4"


@pytest.mark.registries
def test_it_is_locked_while_its_host_is_away_and_fetched_once_it_is_there(place: Place) -> None:
    asking(place)
    place.done("lock")
    assert PATH not in place.site.asked
    artifact = place.lock.artifacts["archive:app=1"]
    assert (artifact.digest, artifact.size) == (f"sha256:{SHA256}", 0)
    place.site.files[PATH] = DATA
    place.done("fetch")
    assert place_of(artifact, place.settings.cache).read_bytes() == DATA
    asking(place, more=f", size: {len(DATA)}")
    place.done("lock")
    assert place.lock.artifacts["archive:app=1"].size == len(DATA)
    assert place.site.asked.count(PATH) == 1


@pytest.mark.registries
def test_a_wrong_hash_is_told_when_it_is_fetched_at_its_place(place: Place) -> None:
    spot = asking(place, sha256="0" * 64)
    place.done("lock")
    place.site.files[PATH] = DATA
    code, said = place.run("fetch")
    assert code == 1
    assert f"{spot}: app 1 from {place.site.url}{PATH} is not the locked file: its sha256" in said
    assert "if the file is the right one, correct `sha256`, and run `catalog lock`" in said
    asking(place)
    place.done("lock")
    place.done("fetch")


@pytest.mark.registries
@pytest.mark.parametrize("size", [1, 50])
def test_a_wrong_size_is_told_when_it_is_fetched_at_its_place(place: Place, size: int) -> None:
    spot = asking(place, more=f", size: {size}")
    place.done("lock")
    place.site.files[PATH] = DATA
    code, said = place.run("fetch")
    assert code == 1
    assert f"{spot}: app 1 from {place.site.url}{PATH} " in said
    assert "correct `sha256` or `size`" in said


@pytest.mark.registries
def test_an_archive_that_is_gone_is_told_at_its_place(place: Place) -> None:
    spot = asking(place)
    place.done("lock")
    code, said = place.run("fetch")
    assert code == 1
    assert f"{spot}: app 1 is not there (HTTP 404 at {place.site.url}{PATH})" in said
    assert "correct `url`, or set CATALOG_MIRROR_ARCHIVE to what has the file" in said


@pytest.mark.registries
def test_a_host_that_is_away_is_named_with_what_waits_for_it_and_all_else_is_fetched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    spot = asking(place, url=f"https://{AWAY}/app-1.tgz")
    place.done("lock")
    place.say()
    code, said = place.run("-q", "fetch", "--json")
    assert code == 1
    printed, _, errors = said.partition("error:")
    document = json.loads(printed)
    assert document["away"] == {AWAY: ["both:py3.13"]}
    assert document["fetched"] + document["kept"] == len(place.lock.artifacts) - 1
    assert f"app 1 ({spot}): {AWAY} does not answer: " in errors
    for setting in ("CATALOG_MIRROR_ARCHIVE", "https_proxy", "CATALOG_CA_BUNDLE"):
        assert setting in errors
    place.site.files["/mirror/app-1.tgz"] = DATA
    monkeypatch.setenv("CATALOG_MIRROR_ARCHIVE", f"{place.site.url}/mirror")
    assert "1 files fetched" in place.done("fetch")


@pytest.mark.registries
def test_a_mirror_that_is_away_keeps_nobody_from_the_address_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking(place)
    place.done("lock")
    place.site.files[PATH] = DATA
    monkeypatch.setenv("CATALOG_MIRROR_ARCHIVE", f"http://{AWAY}/mirror")
    place.done("fetch")


FAR = """\
description: What one host alone has
on: [tools]
archives: {far: {url: 'https://nowhere.invalid/far-1.tgz', version: '1', sha256: '%s'}}
run: install -D -t /opt/far /artifacts/archives/far/far-1.tgz
"""
NEAR = "description: Files alone\non: [tools]\nrun: install -D /dev/null /opt/near\n"


@pytest.mark.docker
def test_a_host_that_is_away_holds_back_the_images_that_need_it_alone(tiny: Tiny) -> None:
    # The cache outlives the test: what is in it is asked for nowhere.
    data = os.urandom(32)
    tiny.layer("far", FAR % hashlib.sha256(data).hexdigest())
    tiny.layer("near", NEAR)
    images = "images:\n  far: {layers: [far, near], tag: one}\n  near: {layers: [near], tag: one}\n"
    catalog = tiny.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().partition("images:")[0] + images)
    tiny.done("lock")
    ended = tiny.run("build")
    assert ended.code == 1
    assert f"failed fetch from {AWAY}\n" in ended.err
    assert f"images/far/layer.yaml:3): {AWAY} does not answer: " in ended.err
    assert "for it wait: far:one\n" in ended.err
    assert "hint: set CATALOG_MIRROR_ARCHIVE to a directory that has such files" in ended.err
    assert f"held back by fetch from {AWAY}: far@trixie-amd64, far:one\n" in ended.err
    assert list(tiny.to_build()) == ["far@trixie-amd64", "far:one"], "all else is built"
    # With the file at hand, the rest follows.
    mirror = tiny.root.parent / "mirror"
    mirror.mkdir()
    (mirror / "far-1.tgz").write_bytes(data)
    tiny.done("build", CATALOG_MIRROR_ARCHIVE=mirror.as_uri())
    assert tiny.to_build() == {}
