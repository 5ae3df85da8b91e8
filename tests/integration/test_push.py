"""Images to a real registry: what moves, what does not, who may, and what an interruption
leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
import requests

from builder.catalog.load import load
from builder.errors import BuilderError, IntegrityError
from builder.events import Event, silent
from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.fetch.session import session
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.lock.file import write
from builder.lock.model import NAME, Lock, Slice
from builder.oci.model import CONFIG, LAYER_ZSTD, MANIFEST, Descriptor
from builder.oci.store import Store
from builder.record.push import Pushed, PushTarget, push
from builder.settings import Settings
from builder.tools import registry as client
from tests.integration.conftest import Place
from tests.integration.registry_server import (
    HTPASSWD,
    LOGIN,
    Server,
    auth_file,
    certificate,
    registry,
    tokens,
)
from tests.unit.execute.stock import fill

pytestmark = pytest.mark.registries

SIZE = 200_000


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, proxies or authorities of the machine that runs the tests."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setattr(client, "BACKOFF", 0.01)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    with registry(tmp_path / "registry") as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def layer(store: Store, name: str, size: int = SIZE) -> Descriptor:
    """Store a layer of its own: its name, again and again."""
    return store.put_bytes((name.encode() * (size // len(name) + 1))[:size], LAYER_ZSTD)


def image(store: Store, name: str, layers: Iterable[Descriptor]) -> Descriptor:
    """Store and tag an image."""
    found = list(layers)
    config = store.put_bytes(
        json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode(), CONFIG
    )
    entries = [
        {"mediaType": one.media_type, "digest": one.digest, "size": one.size}
        for one in (config, *found)
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": entries[0],
        "layers": entries[1:],
    }
    descriptor = store.put_bytes(json.dumps(manifest).encode(), MANIFEST)
    store.tag({f"image/{name}": descriptor})
    return descriptor


def images(store: Store) -> dict[str, Descriptor]:
    return {ref.removeprefix("image/"): found for ref, found in store.refs("image/").items()}


def matrix(store: Store) -> None:
    """Fourteen images at two points, that share a base and their layers as a catalog's do."""
    for point in ("trixie", "bookworm"):
        for count in range(14):
            image(
                store,
                f"image{count}:{point}",
                [
                    layer(store, f"{point} {part}")
                    for part in ("base", f"group {count // 5}", f"own {count}")
                ],
            )


def settings(tmp_path: Path, ca_bundle: Path | None = None) -> Settings:
    return Settings(cache=tmp_path / "cache", store=tmp_path / "store", jobs=4, ca_bundle=ca_bundle)


def target(server: Server, tmp_path: Path, ca_bundle: Path | None = None) -> PushTarget:
    where = client.address(f"{server.address}/team/catalog")
    return PushTarget(
        registry=client.Registry(where, session(settings(tmp_path, ca_bundle))),
        address=where,
        jobs=4,
    )


def lock(place: Place) -> None:
    """Lock that no cell adds a package: what a push asks of a lock is that it answers the
    catalog."""
    whole = graph(load(place.root / "catalog.yaml"))
    cells = {cell.id: Slice(asks=asks(cell, whole), artifacts=()) for cell in whole.cells.values()}
    write(Lock(moment="2026-01-31T12:00:00Z", artifacts={}, cells=cells), place.root / NAME)


def sizes(store: Store, images: Mapping[str, Descriptor]) -> dict[str, int]:
    """Return the size of each blob of some images."""
    found: dict[str, int] = {}
    for manifest in images.values():
        found |= {blob.digest: blob.size for blob in _blobs(store, manifest)}
    return found


def total(pushed: Iterable[Pushed], kind: str) -> int:
    return sum(getattr(one, kind) for one in pushed)


def pulled(server: Server, repository: str, tag: str) -> dict[str, bytes]:
    """Return every blob of an image, as a client without knowledge of the store gets it."""
    base = f"http://{server.address}/v2/team/catalog/{repository}"
    manifest = requests.get(f"{base}/manifests/{tag}", headers={"Accept": MANIFEST}, timeout=10)
    manifest.raise_for_status()
    document = manifest.json()
    blobs = {"manifest": manifest.content}
    for blob in (document["config"], *document["layers"]):
        answer = requests.get(f"{base}/blobs/{blob['digest']}", timeout=10)
        answer.raise_for_status()
        assert "sha256:" + hashlib.sha256(answer.content).hexdigest() == blob["digest"]
        blobs[blob["digest"]] = answer.content
    return blobs


def test_each_blob_moves_once_and_a_second_push_moves_nothing(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    matrix(store)
    wanted = images(store)
    assert len(wanted) == 28
    first = push(store, wanted, target(hub, tmp_path), silent)
    unique = sizes(store, wanted)
    assert total(first, "sent") == sum(unique.values()), (
        "a blob was sent more than once, or not at all"
    )
    assert total(first, "mounted") > total(first, "sent"), (
        "repositories share blobs by mounting them"
    )
    blobs = hub.blobs()

    second = push(store, wanted, target(hub, tmp_path), silent)
    assert (total(second, "sent"), total(second, "mounted")) == (0, 0)
    assert hub.blobs() == blobs
    assert {one.image: one.digest for one in second} == {
        name: manifest.digest for name, manifest in wanted.items()
    }


def test_what_is_pulled_is_what_the_store_has(hub: Server, store: Store, tmp_path: Path) -> None:
    made = image(
        store,
        "python:py3.13",
        [layer(store, "base"), layer(store, "python"), layer(store, "empty", 1)],
    )
    (one,) = push(store, images(store), target(hub, tmp_path), silent)
    assert one.reference == f"{hub.address}/team/catalog/python:py3.13"
    got = pulled(hub, "python", "py3.13")
    assert got["manifest"] == store.read(made)
    assert sum(map(len, got.values())) - len(got["manifest"]) == one.sent


def test_a_further_image_sends_only_its_own_layer(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    base = layer(store, "base")
    image(store, "python:1", [base])
    push(store, images(store), target(hub, tmp_path), silent)
    image(store, "jupyter:1", [base, layer(store, "jupyter", 1000)])
    (one,) = push(store, {"jupyter:1": images(store)["jupyter:1"]}, target(hub, tmp_path), silent)
    assert one.mounted == base.size, (
        "the base is in another repository of the registry, from an earlier push"
    )
    assert one.sent < 2000


def test_a_tag_moves_to_the_new_image(hub: Server, store: Store, tmp_path: Path) -> None:
    base = layer(store, "base")
    image(store, "python:1", [base, layer(store, "old", 5000)])
    push(store, images(store), target(hub, tmp_path), silent)
    image(store, "python:1", [base, layer(store, "new", 6000)])
    (one,) = push(store, images(store), target(hub, tmp_path), silent)
    assert base.size <= one.present < 2 * base.size
    assert pulled(hub, "python", "1")["manifest"] == store.read(images(store)["python:1"])


def test_a_damaged_blob_tags_nothing_and_the_next_push_sends_only_the_rest(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    big, small = layer(store, "big", 2 * SIZE), layer(store, "small")
    image(store, "python:1", [big, small])
    path = store.path(small.digest)
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"x" * small.size)
    with pytest.raises(IntegrityError, match="is damaged"):
        push(store, images(store), replace(target(hub, tmp_path), jobs=1), silent)
    assert (
        requests.get(f"http://{hub.address}/v2/team/catalog/python/tags/list", timeout=10)
        .json()
        .get("tags")
        is None
    )
    store.put_bytes(good, LAYER_ZSTD)
    (one,) = push(store, images(store), target(hub, tmp_path), silent)
    assert one.present >= big.size, "what had arrived moved again"
    pulled(hub, "python", "1")


def test_a_registry_that_dies_is_named_and_the_next_push_goes_on(
    hub: Server, store: Store, tmp_path: Path
) -> None:
    matrix(store)
    wanted = images(store)
    where = target(hub, tmp_path)

    def kill(event: Event) -> None:
        if getattr(event, "detail", "").startswith("sent"):
            hub.kill()

    with pytest.raises(BuilderError, match=f"the registry {hub.address} does not answer") as caught:
        push(store, wanted, where, kill)
    assert "run it again" in caught.value.hint
    hub.start()
    second = push(store, wanted, where, silent)
    unique = sizes(store, wanted)
    assert 0 < total(second, "sent") < sum(unique.values())
    for name in wanted:
        pulled(hub, *name.split(":"))


def test_credentials_of_docker_login(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image(store, "python:1", [layer(store, "base")])
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    with registry(
        tmp_path / "registry",
        {"auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}},
    ) as server:
        with pytest.raises(BuilderError, match="refuses to look for") as caught:
            push(store, images(store), target(server, tmp_path), silent)
        assert f"docker login {server.address}" in caught.value.hint
        monkeypatch.setenv(
            "REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, LOGIN[0], "wrong horse"))
        )
        with pytest.raises(BuilderError) as caught:
            push(store, images(store), target(server, tmp_path), silent)
        assert "wrong horse" not in str(caught.value) + caught.value.hint
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
        to = target(server, tmp_path)
        assert total(push(store, images(store), to, silent), "sent") > SIZE

        # A client whose threads all ask before one of them has been asked who it is.
        to, repository = target(server, tmp_path), to.address.repository("python")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: to.registry.manifest(repository, "1"), range(8)))
        assert len(set(found)) == 1


def test_a_missing_auth_file_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image(store, "python:1", [layer(store, "base")])
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "nowhere"))
    with (
        registry(
            tmp_path / "other",
            {"auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}},
        ) as guarded,
        pytest.raises(BuilderError, match=r"REGISTRY_AUTH_FILE: .*nowhere is not a file"),
    ):
        push(store, images(store), target(guarded, tmp_path), silent)


def test_tokens_are_asked_for_what_is_done(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = layer(store, "base")
    image(store, "python:1", [base])
    image(store, "jupyter:1", [base])
    with (
        tokens(certificate(tmp_path / "signer")) as service,
        registry(tmp_path / "registry", service.settings) as server,
    ):
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
        done = push(store, images(store), target(server, tmp_path), silent)
    assert total(done, "mounted") == base.size
    asked = set(chain.from_iterable(service.granted))
    assert asked <= {
        f"repository:team/catalog/{name}:{may}"
        for name in ("python", "jupyter")
        for may in ("pull,push", "pull")
    }
    assert len(service.granted) <= 6, f"a token serves for many requests: {service.granted}"


def test_a_private_authority_is_a_setting(store: Store, tmp_path: Path) -> None:
    image(store, "python:1", [layer(store, "base")])
    made = certificate(tmp_path / "certificates")
    with registry(tmp_path / "registry", tls=made) as server:
        with pytest.raises(BuilderError, match="certificate verify failed") as caught:
            push(store, images(store), target(server, tmp_path), silent)
        assert "CATALOG_CA_BUNDLE" in caught.value.hint
        assert (
            total(
                push(store, images(store), target(server, tmp_path, made.authority), silent), "sent"
            )
            > SIZE
        )


def test_the_command_pushes_and_writes_digests(hub: Server, place: Place, tmp_path: Path) -> None:
    lock(place)
    fill(open_project(place.root / "catalog.yaml"))
    place.done("build", "both")
    with taken(open_project(place.root / "catalog.yaml")) as built:
        made = built["both:py3.13"]
    said = place.done(
        "push",
        "both",
        "--to",
        f"{hub.address}/team/catalog",
        "--digests",
        str(tmp_path / "digests.json"),
    )
    assert f"{hub.address}/team/catalog/both:py3.13@{made.digest}\n" in said
    assert "0.0 MB already there" in said
    assert json.loads((tmp_path / "digests.json").read_text()) == {"both:py3.13": made.digest}
    again = place.json("push", "--to", f"{hub.address}/team/catalog")
    assert isinstance(again, list)
    assert [(one["image"], one["sent"], one["present"] > 0) for one in again] == [
        ("both:py3.13", 0, True)
    ]


@pytest.mark.parametrize("wrong", ["team", "https://registry.example.org", ""])
def test_a_wrong_address_is_told_from_a_right_one(place: Place, wrong: str) -> None:
    code, said = place.run("push", "--to", wrong)
    assert code == 2
    assert "write host[:port][/path]" in said


def test_what_is_not_built_is_said_before_anything_moves(hub: Server, place: Place) -> None:
    lock(place)
    code, said = place.run("push", "--to", hub.address)
    assert code == 1
    assert "not built yet: both:py3.13" in said
    assert "catalog build both:py3.13" in said


def _blobs(store: Store, manifest: Descriptor) -> list[Descriptor]:
    document = store.read_json(manifest)
    return [
        Descriptor(blob["mediaType"], blob["digest"], blob["size"])
        for blob in (document["config"], *document["layers"])
    ]
