"""The engine goes away, the disk is full, bytes are not what they should be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builder.fetch.transfer import place
from builder.lock.file import read as read_lock
from builder.lock.file import write as write_lock
from builder.lock.model import NAME
from builder.settings import read as read_settings
from tests.gates import AGAIN
from tests.integration.engine_proxy import proxied
from tests.integration.tiny import SYSTEM, Tiny, begun, damage, quick, slow

pytestmark = pytest.mark.docker
TOOLS, ALPHA, BETA = (f"{name}@trixie-amd64" for name in ("tools", "alpha", "beta"))


def test_without_an_engine_it_says_so_and_how_to_get_one(tiny: Tiny) -> None:
    before = tiny.digests()
    ended = tiny.run("build", "beta", DOCKER_HOST="unix:///nowhere/engine.sock")
    assert ended.code == 1
    assert "no Docker engine answers" in ended.err
    assert "make setup" in ended.err
    assert "Traceback" not in ended.err
    assert tiny.digests() == before
    loaded = tiny.run("load", "beta", DOCKER_HOST="unix:///nowhere/engine.sock")
    assert loaded.code == 1
    assert "not built yet: beta:trixie" in loaded.err


def test_what_needs_no_engine_asks_for_none(built: Tiny) -> None:
    """Plans, and putting images together from what is built."""
    built.change("beta", 'env: {BETA: "yes"}', 'env: {BETA: "yes"}\ncmd: [sleep]')
    built.build(DOCKER_HOST="unix:///nowhere/engine.sock")
    assert built.to_build() == {}
    ended = built.run("load", "beta", DOCKER_HOST="unix:///nowhere/engine.sock")
    assert ended.code == 1
    assert "no Docker engine answers" in ended.err


def test_an_engine_that_goes_away_in_the_middle_is_named(tiny: Tiny) -> None:
    slow(tiny)
    with proxied() as proxy:
        with tiny.running("build", "beta", DOCKER_HOST=proxy.url) as process:
            begun(tiny)
            proxy.cut()
            said = process.communicate(timeout=120)[0]
        assert process.returncode == 1, said
    assert "the connection to the Docker engine was lost during the build" in said
    assert "start it, or run `make setup`" in said
    assert "Traceback" not in said
    assert tiny.digests().keys() == {SYSTEM, TOOLS}, "what was finished is kept"
    assert not tiny.damaged() + tiny.left()
    quick(tiny)
    tiny.build("beta")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 64 MB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_building_goes_on_when_there_is_space(
    tiny: Tiny, small_disk: Path
) -> None:
    store = small_disk / "store"
    subprocess.run(["cp", "-a", str(tiny.store), str(store)], check=True)
    full = tiny.with_store(store)
    filler = small_disk / "filler"
    free = os.statvfs(small_disk)
    filler.write_bytes(b"x" * (free.f_bavail * free.f_bsize - 200_000))
    before = full.digests()
    tiny.layer(
        "beta", "description: Large\non: [tools]\nrun: head -c 4000000 /dev/urandom >/opt/large\n"
    )
    ended = full.run("build", "alpha", "beta")
    assert ended.code == 1, ended.err
    assert "no space left on device" in ended.err.lower(), ended.err
    assert "free some space" in ended.err
    assert "Traceback" not in ended.err
    assert before.items() <= full.digests().items()
    assert not full.damaged() + full.left()
    filler.unlink()
    full.build("alpha", "beta")
    assert not full.damaged() + full.left()
    assert full.to_build("alpha", "beta") == {}


@pytest.mark.parametrize("harm", ["truncated", "tampered"])
def test_a_damaged_artifact_is_fetched_again(tiny: Tiny, tmp_path: Path, harm: str) -> None:
    lock = read_lock(tiny.root / NAME)
    cache, shared = tmp_path / "cache", read_settings(tiny.root).cache
    for item in lock.artifacts.values():
        place(item, cache).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place(item, shared), place(item, cache))
    (jq,) = [item for item in lock.artifacts.values() if item.name == "jq"]
    damage(place(jq, cache), harm)
    said = tiny.build("alpha", CATALOG_CACHE=str(cache)).err
    assert f"warning: jq {jq.version} is damaged in the cache, and is fetched again" in said
    assert place(jq, cache).read_bytes() == place(jq, shared).read_bytes()


@pytest.mark.parametrize(
    ("what", "harm"),
    # A delta that was tampered with is found out when its bytes are used: see test_load.
    [
        ("delta", "truncated"),
        ("facts", "tampered"),
        pytest.param("facts", "truncated", marks=AGAIN),
        pytest.param("summary", "tampered", marks=AGAIN),
        pytest.param("summary", "truncated", marks=AGAIN),
        pytest.param("manifest", "tampered", marks=AGAIN),
        pytest.param("manifest", "truncated", marks=AGAIN),
    ],
)
def test_a_damaged_blob_of_a_cell_is_made_again(built: Tiny, what: str, harm: str) -> None:
    expected = built.digests()
    store, manifest = built.opened(), built.manifest(TOOLS)
    document = store.read_json(manifest)
    found = {
        "delta": document["layers"][0]["digest"],
        "facts": document["layers"][1]["digest"],
        "summary": document["config"]["digest"],
        "manifest": manifest.digest,
    }[what]
    damage(store.path(found), harm)
    built.file("beta", "opt/beta/name", "other\n")
    said = built.build("--no-cache").err
    if (what, harm) == ("facts", "tampered"):
        # Its size is right: that it is damaged is seen by the cell that is built on it.
        assert f"blob {found} is damaged" in said
        assert TOOLS in said
    assert re.search(rf"done {TOOLS}", said), f"{TOOLS} is built again:\n{said}"
    assert not built.damaged()
    assert {
        name: digest
        for name, digest in built.digests().items()
        if name in {TOOLS, ALPHA, "alpha:trixie"}
    } == {name: expected[name] for name in (TOOLS, ALPHA, "alpha:trixie")}


@pytest.mark.parametrize("harm", ["missing", pytest.param("truncated", marks=AGAIN)])
@AGAIN
def test_a_chunk_that_is_damaged_or_missing_is_made_again(built: Tiny, harm: str) -> None:
    expected = built.digests()
    chunks = built.facts(SYSTEM).delta
    assert len(chunks) > 2
    path = built.opened().path(chunks[1].blob.digest)
    if harm == "missing":
        path.unlink()
    else:
        damage(path, harm)
    assert SYSTEM in built.to_build()
    built.build()
    assert not built.damaged()
    assert built.digests() == expected
    assert built.to_build() == {}


@pytest.mark.parametrize("what", ["manifest", "config", "seal"])
def test_a_truncated_blob_of_an_image_is_made_again(built: Tiny, what: str) -> None:
    expected = built.digests()
    store, manifest = built.opened(), built.manifest("beta:trixie")
    document = store.read_json(manifest)
    found = {
        "manifest": manifest.digest,
        "config": document["config"]["digest"],
        "seal": document["layers"][-1]["digest"],
    }[what]
    damage(store.path(found), "truncated")
    reasons = built.to_build()
    assert "beta:trixie" in reasons
    assert not [name for name in reasons if "@" in name]
    built.build()
    assert not built.damaged()
    assert built.digests() == expected


def test_a_damaged_index_is_told_and_can_be_made_anew(built: Tiny) -> None:
    index = built.store / "index.json"
    index.unlink()
    index.write_text('{"schemaVersion": 2, "manifests": [{"medi')
    ended = built.run("plan")
    assert ended.code == 1
    assert f"{index} is damaged" in ended.err
    index.unlink()
    assert len(built.to_build()) == len(built.plan())


@pytest.mark.parametrize(
    ("file", "harm", "said"),
    [
        ("lock.json", lambda text: text[: len(text) // 2], "the lock is damaged or truncated"),
        (
            "lock.json",
            lambda text: text.replace('"format": 2', '"format": 9', 1),
            "the lock has format 9",
        ),
        (
            "lock.json",
            lambda text: re.sub(r'"moment": "[^"]*"', '"moment": "yesterday"', text, count=1),
            "'yesterday'",
        ),
        (
            "layers/alpha.json",
            lambda text: re.sub(
                r'"digest": "sha256:[0-9a-f]{60}', '"digest": "sha256:', text, count=1
            ),
            "not sha256 or sha512 in hexadecimal",
        ),
        ("layers/alpha.json", lambda _: "", "the lock is damaged or truncated"),
        ("lock.json", lambda _: "null", "expected an object, found null"),
        (
            "layers/alpha.json",
            lambda text: f"<<<<<<< HEAD\n{text}=======\n>>>>>>> other\n",
            "there is a merge conflict here",
        ),
    ],
    ids=["truncated", "format", "moment", "digest", "empty", "null", "conflict"],
)
def test_a_damaged_lock_is_refused_with_its_place(
    tiny: Tiny, file: str, harm: object, said: str
) -> None:
    lock = tiny.root / NAME / file
    text = lock.read_text()
    lock.write_text(harm(text))  # type: ignore[operator]
    for command in ("plan", "build", "fetch"):
        ended = tiny.run(command)
        assert ended.code == 2, ended.err
        assert said in ended.err
        assert str(lock) in ended.err
        assert "Traceback" not in ended.err


def test_a_tampered_hash_in_the_lock_is_no_way_to_other_bytes(tiny: Tiny) -> None:
    """The mirror gives what it has, and that is not what the lock says."""
    lock = read_lock(tiny.root / NAME)
    (jq,) = [one for one in lock.artifacts.values() if one.name == "jq"]
    other = replace(jq, digest="sha256:" + "0" * 64)
    write_lock(replace(lock, artifacts={**lock.artifacts, jq.id: other}), tiny.root / NAME)
    ended = tiny.run("build", "alpha", "beta")
    assert ended.code == 1
    assert re.search(r"jq \S+ from \S+ is not the locked file", ended.err), ended.err
    assert f"held back by fetch: {ALPHA}, alpha:trixie" in ended.err
    assert tiny.digests().keys() == {
        SYSTEM,
        TOOLS,
        BETA,
        "beta:trixie",
    }, "what does not need it is built"
