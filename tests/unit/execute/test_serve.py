from __future__ import annotations

import hashlib
import json
from pathlib import Path

import requests

from builder.execute.serve import Tagged, registry

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def put(blobs: Path, data: bytes) -> str:
    name = hashlib.sha256(data).hexdigest()
    (blobs / name).write_bytes(data)
    return f"sha256:{name}"


def test_a_registry_client_finds_manifests_by_tag_and_blobs_by_digest(tmp_path: Path) -> None:
    blob = put(tmp_path, b"x" * 100_000)
    manifest = put(tmp_path, json.dumps({"mediaType": MEDIA_TYPE}).encode())
    # On one connection, an answer is the proof that the request before it was done with.
    with (
        registry(Tagged(tmp_path, {"python:py3.13": manifest})) as served,
        requests.Session() as client,
    ):
        base = f"http://{served.address}/v2"
        found = client.get(f"{base}/python/manifests/py3.13", timeout=10)
        assert found.headers["Content-Type"] == MEDIA_TYPE
        assert found.headers["Docker-Content-Digest"] == manifest
        assert (
            client.head(f"{base}/python/blobs/{blob}", timeout=10).headers["Content-Length"]
            == "100000"
        )
        assert client.get(
            f"{base}/python/manifests/py3.13?ns=registry.example.org", timeout=10
        ).ok, "containerd says whose mirror it asks"
        assert blob not in served.sent, "HEAD moves nothing"
        assert client.get(f"{base}/python/blobs/{blob}", timeout=10).content == b"x" * 100_000
        assert client.get(f"{base}/", timeout=10).status_code == 200
        assert served.sent == {manifest, blob}


def test_a_damaged_blob_is_not_served(tmp_path: Path) -> None:
    blob = put(tmp_path, b"x" * 100_000)
    (tmp_path / blob.removeprefix("sha256:")).write_bytes(b"x" * 99_999 + b"y")
    with registry(Tagged(tmp_path, {})) as served:
        assert (
            requests.get(f"http://{served.address}/v2/python/blobs/{blob}", timeout=10).status_code
            == 404
        )
        assert not served.sent


def test_nothing_but_blobs_is_served(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("no")
    with registry(Tagged(tmp_path, {})) as served:
        for path in (
            "/v2/python/manifests/latest",
            "/v2/python/blobs/secret",
            "/v2/python/blobs/..%2fsecret",
            "/secret",
            "/v2/a/blobs/sha256:00",
        ):
            assert requests.get(f"http://{served.address}{path}", timeout=10).status_code == 404, (
                path
            )
