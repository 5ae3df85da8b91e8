"""The tags of a push in a real registry: which there are, where they may move, and where not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from builder.errors import BuilderError
from builder.events import silent
from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.graph.tags import Tag
from builder.oci.model import CONFIG, LAYER_ZSTD, MANIFEST, Descriptor
from builder.oci.store import Store
from builder.record.push import TagPolicy, push
from tests.integration.conftest import Place
from tests.integration.registry_server import Server
from tests.integration.test_push import _alone, hub, lock, store, target
from tests.unit.execute.stock import fill

pytestmark = pytest.mark.registries

__all__ = ["_alone", "hub", "store"]
DAYS = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")


def image(store: Store, version: str, created: str, text: str = "") -> Descriptor:
    """Store an image that says what an image of a catalog does."""
    blob = store.put_bytes((text or version + created).encode() * 1000, LAYER_ZSTD)
    config = {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"org.opencontainers.image.version": version}},
        "history": [{"created": created, "created_by": "catalog: python"}],
    }
    described = store.put_bytes(json.dumps(config).encode(), CONFIG)
    entries = [
        {"mediaType": one.media_type, "digest": one.digest, "size": one.size}
        for one in (described, blob)
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": entries[0],
        "layers": entries[1:],
    }
    return store.put_bytes(json.dumps(manifest).encode(), MANIFEST)


def policy(name: str, *tags: str, fixed: str = "", withdrawn: tuple[str, ...] = ()) -> TagPolicy:
    """The tags of one image, its own first, and perhaps one that is fixed."""
    own = [Tag(name.rpartition(":")[2]), *map(Tag, tags)]
    own += [Tag(fixed, fixed=True)] if fixed else []
    return TagPolicy(tags={name: own}, withdrawn=withdrawn)


def digest(hub: Server, tag: str) -> str:
    """Return what is behind a tag of python; empty where nothing is."""
    url = f"http://{hub.address}/v2/team/catalog/python/manifests/{tag}"
    answer = requests.head(url, headers={"Accept": MANIFEST}, timeout=10)
    return answer.headers["Docker-Content-Digest"] if answer.ok else ""


def test_every_tag_leads_to_the_image_and_a_second_push_moves_none(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    made = image(store, "py3.13", DAYS[0])
    wanted = policy("python:py3.13", "py3.13.5", "latest", fixed="py3.13-0123456789ab")
    (one,) = push(store, {"python:py3.13": made}, target(hub, tmp_path), silent, wanted)
    assert one.tags == ("py3.13", "py3.13.5", "latest", "py3.13-0123456789ab")
    assert {digest(hub, tag) for tag in one.tags} == {made.digest}
    before = hub.log.count('"PUT ')
    push(store, {"python:py3.13": made}, target(hub, tmp_path), silent, wanted)
    assert hub.log.count('"PUT ') == before


def test_a_tag_that_is_missing_is_set_without_sending_anything(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    made = {"python:py3.13": image(store, "py3.13", DAYS[0])}
    push(store, made, target(hub, tmp_path), silent)
    (one,) = push(store, made, target(hub, tmp_path), silent, policy("python:py3.13", "latest"))
    assert (one.sent, one.mounted) == (0, 0)
    assert digest(hub, "latest") == made["python:py3.13"].digest


def test_tags_move_to_what_is_newer_and_not_back(hub: Server, store: Store, tmp_path: Path) -> None:
    old, new = (image(store, "py3.13", day) for day in DAYS)
    for made in (old, new):
        push(store, {"python:py3.13": made}, target(hub, tmp_path), silent)
        assert digest(hub, "py3.13") == made.digest
    blobs = hub.blobs()
    with pytest.raises(BuilderError) as caught:
        push(store, {"python:py3.13": old}, target(hub, tmp_path), silent)
    assert caught.value.message == (
        "the tag python:py3.13 may not move to python:py3.13: its newest file is of"
        " 2026-01-01 00:00, and that there of 2026-02-01 00:00"
    )
    assert "nothing was sent" in caught.value.hint
    assert digest(hub, "py3.13") == new.digest
    assert hub.blobs() == blobs


def test_latest_goes_back_only_from_what_is_withdrawn(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    newer = {"python:py3.14": image(store, "py3.14", DAYS[1])}
    push(store, newer, target(hub, tmp_path), silent, policy("python:py3.14", "latest"))
    made = {"python:py3.13": image(store, "py3.13", DAYS[0])}
    with pytest.raises(
        BuilderError, match=r"python:latest may not .* py3\.13 is older than py3\.14"
    ):
        push(store, made, target(hub, tmp_path), silent, policy("python:py3.13", "latest"))
    assert digest(hub, "py3.13") == "", "the whole push is refused"
    yanked = policy("python:py3.13", "latest", withdrawn=("python:py3.14",))
    push(store, made, target(hub, tmp_path), silent, yanked)
    assert digest(hub, "latest") == digest(hub, "py3.13") == made["python:py3.13"].digest


def test_every_refusal_is_told_at_once(hub: Server, store: Store, tmp_path: Path) -> None:
    tags = policy("python:py3.13", "latest", fixed="py3.13-0123456789ab")
    newer = {"python:py3.13": image(store, "py3.13", DAYS[1])}
    push(store, newer, target(hub, tmp_path), silent, tags)
    older = {"python:py3.13": image(store, "py3.13", DAYS[0])}
    with pytest.raises(BuilderError) as caught:
        push(store, older, target(hub, tmp_path), silent, tags)
    first, second, third = caught.value.message.splitlines()
    assert first.startswith("the tag python:py3.13 may not move")
    assert second.startswith("the tag python:latest may not move")
    assert third.startswith("the tag python:py3.13-0123456789ab may not move")
    assert "it is fixed, and leads to sha256:" in third


def test_what_a_stranger_put_there_is_replaced(hub: Server, store: Store, tmp_path: Path) -> None:
    blob = store.put_bytes(b"x" * 1000, LAYER_ZSTD)
    config = store.put_bytes(b'{"created": 12, "config": [], "history": "x"}', CONFIG)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": config.digest, "size": config.size},
        "layers": [{"mediaType": LAYER_ZSTD, "digest": blob.digest, "size": blob.size}],
    }
    strange = store.put_bytes(json.dumps(manifest).encode(), MANIFEST)
    push(store, {"python:py3.13": strange}, target(hub, tmp_path), silent)
    made = image(store, "py3.13", DAYS[0])
    push(store, {"python:py3.13": made}, target(hub, tmp_path), silent)
    assert digest(hub, "py3.13") == made.digest


def test_the_command_pushes_under_all_tags_of_the_catalog(hub: Server, place: Place) -> None:
    path = place.root / "catalog.yaml"
    path.write_text(
        path.read_text() + 'tags: ["{tag}", "{tag}-{date}", "{tag}-{digest}", latest]\n'
    )
    lock(place)
    fill(open_project(path))
    place.done("build", "both")
    with taken(open_project(path)) as built:
        made = built["both:py3.13"].digest
    said = place.done("push", "both", "--to", f"{hub.address}/team/catalog")
    fixed = f"py3.13-{made.removeprefix('sha256:')[:12]}"
    assert f"  also py3.13-2026.01.31 {fixed} latest\n" in said
    listed = requests.get(f"http://{hub.address}/v2/team/catalog/both/tags/list", timeout=10).json()
    assert sorted(listed["tags"]) == sorted(["py3.13", "py3.13-2026.01.31", fixed, "latest"])
    rows = place.json("plan", "--json")
    assert isinstance(rows, list)
    (tags,) = [row["tags"] for row in rows if row["kind"] == "image"]
    assert tags == ["py3.13", "py3.13-2026.01.31", fixed, "latest"]
