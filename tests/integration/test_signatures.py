"""What is attached to images, charts and releases, checked by cosign itself."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from builder.execute.project import open_project
from tests.integration.conftest import Place
from tests.integration.registry_server import Server, registry
from tests.integration.signing import PASSWORD, KeyPair, cosign, key_pair, programs, with_api
from tests.integration.test_push import lock
from tests.unit.execute.stock import fill

pytestmark = [
    pytest.mark.registries,
    pytest.mark.whole("cosign takes minutes to compile"),
]
LOOSE = ("--insecure-ignore-tlog=true", "--allow-http-registry")
"""A key's signatures are in no public log, and the registry has no TLS."""
KINDS = {
    "spdxjson": "https://spdx.dev/Document",
    "cyclonedx": "https://cyclonedx.org/bom",
    "slsaprovenance1": "https://slsa.dev/provenance/v1",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def signing(place: Place, keys: KeyPair, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A catalog with an image that is built, whose releases a key has to sign."""
    lock(place)
    fill(open_project(place.root / "catalog.yaml"))
    place.done("build")
    shutil.copy(keys.public, place.root / "release.pub")
    with (place.root / "catalog.yaml").open("a") as file:
        file.write("signed_by: {keys: [release.pub]}\n")
    monkeypatch.setenv("CATALOG_SIGN_KEY", str(keys.private))
    monkeypatch.setenv("COSIGN_PASSWORD", PASSWORD)
    monkeypatch.setenv("PATH", str(programs()), prepend=":")
    return place


def published(place: Place, *to: str) -> dict[str, Any]:
    found = place.json("publish", *to)
    assert isinstance(found, dict)
    return found


def digest_of(place: Place, image: str) -> str:
    project = open_project(place.root / "catalog.yaml")
    return next(one.digest for ref, one in project.store.refs("image/").items() if image in ref)


def check(at: str, keys: KeyPair, image: str, release: str) -> None:
    """Check the signatures and attestations of an image and of the release as strangers do."""
    for one in (image, release):
        said = json.loads(cosign("verify", "--key", keys.public, *LOOSE, f"{at}/{one}"))
        assert said, one
    for kind, one in (*((kind, image) for kind in KINDS), ("slsaprovenance1", release)):
        argv = ("verify-attestation", "--key", keys.public, "--type", kind, *LOOSE)
        (line,) = cosign(*argv, f"{at}/{one}").splitlines()
        said = json.loads(base64.b64decode(json.loads(line)["payload"]))
        assert said["predicateType"] == KINDS[kind]
        assert [f"sha256:{subject['digest']['sha256']}" for subject in said["subject"]] == [
            one.partition("@")[2]
        ]


def test_cosign_verifies_what_was_published(hub: Server, signing: Place, keys: KeyPair) -> None:
    at = f"{hub.address}/team/verified"
    first = published(signing, "--to", at)
    # Of the image three documents, the same signed, and a signature; of the release one.
    assert first["attached"] == 3 + 4 + 1 + 2
    image = f"both@{digest_of(signing, 'both')}"
    check(at, keys, image, f"releases@{first['digest']}")
    assert published(signing, "--to", at) == first | {"new": False, "attached": 0}


def test_cosign_verifies_it_in_a_registry_with_the_api(signing: Place, keys: KeyPair) -> None:
    with with_api() as address:
        at = f"{address}/team/verified"
        first = published(signing, "--to", at)
        check(at, keys, f"both@{digest_of(signing, 'both')}", f"releases@{first['digest']}")
        assert published(signing, "--to", at) == first | {"new": False, "attached": 0}
