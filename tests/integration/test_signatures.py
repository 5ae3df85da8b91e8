"""What is attached to images, charts and releases, checked by cosign itself."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from builder.attest import bundle, statement
from builder.execute.project import open_project
from builder.release.attached import signer
from builder.tools.cosign import Cosign
from tests.integration.conftest import Place
from tests.integration.registry_server import Server, registry
from tests.integration.signing import PASSWORD, KeyPair, cosign, key_pair, programs, with_api
from tests.integration.test_push import lock
from tests.unit.attest.test_attest import FIXTURES
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


def test_what_cosign_itself_signed_counts(
    hub: Server, signing: Place, keys: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"{hub.address}/team/by-cosign"
    monkeypatch.delenv("CATALOG_SIGN_KEY")
    first = published(signing, "--to", at)
    code, said = signing.run("promote", "--to", at)
    assert code == 1
    assert "nobody signed it" in said
    for one in (f"releases@{first['digest']}", f"both@{digest_of(signing, 'both')}"):
        alone = ("--tlog-upload=false", "--use-signing-config=false", "--allow-http-registry")
        cosign("sign", "--yes", "--key", keys.private, *alone, f"{at}/{one}")
    signing.done("promote", "--to", at)


def test_a_key_in_a_variable_signs(
    hub: Server, signing: Place, keys: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_RELEASES", keys.private.read_text())
    monkeypatch.setenv("CATALOG_SIGN_KEY", "env://KEY_OF_RELEASES")
    at = f"{hub.address}/team/variable"
    signing.done("publish", "--to", at)
    signing.done("promote", "--to", at)


def test_a_key_that_is_not_named_signs_nothing(hub: Server, signing: Place, tmp_path: Path) -> None:
    other = key_pair(tmp_path / "other")
    at = f"{hub.address}/team/other"
    code, said = signing.run("publish", "--to", at, "--key", str(other.private))
    assert code == 1
    assert f"nobody whom catalog.yaml names signs by {other.private}" in said
    assert "release.pub" in said
    code, said = signing.run("publish", "--to", at, "--key", "keyless")
    assert code == 1
    assert "name the identity there" in said


def test_a_password_that_is_wrong_or_missing_is_told(
    hub: Server, signing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"{hub.address}/team/password"
    monkeypatch.setenv("COSIGN_PASSWORD", "wrong")
    code, said = signing.run("publish", "--to", at)
    assert code == 1
    assert "COSIGN_PASSWORD has to hold the password of the key" in said
    monkeypatch.delenv("COSIGN_PASSWORD")
    code, said = signing.run("publish", "--to", at)
    assert code == 1
    assert "COSIGN_PASSWORD has to hold the password of the key" in said


def test_a_password_is_nowhere_in_what_is_said(hub: Server, signing: Place) -> None:
    said = signing.done("publish", "--to", f"{hub.address}/team/quiet")
    assert PASSWORD not in said
    assert not [
        file
        for file in signing.root.rglob("*")
        if file.is_file() and PASSWORD.encode() in file.read_bytes()
    ]


KINDS_OF_KEYS: dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = {
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "rsa": rsa.generate_private_key(65537, 3072),
}


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize("kind", KINDS_OF_KEYS)
def test_keys_of_other_kinds_verify_as_cosign_signs_by_them(kind: str, tmp_path: Path) -> None:
    pem = KINDS_OF_KEYS[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    cosign("import-key-pair", "--key", "key.pem", cwd=tmp_path)
    by = signer(Cosign(), str(tmp_path / "import-cosign.key"))
    assert by.public is not None
    said = statement.signed(f"sha256:{1:064x}")
    made = bundle.read(by.cosign.sign(said, by.key), "x")
    assert made.payload == said
    assert made.hint == by.public.hint
    assert made.signer([by.public]) == by.public


@pytest.mark.usefixtures("signing")
def test_cosign_understands_what_it_is_asked_of_an_identity() -> None:
    """Whether it is that identity's is not tried: Sigstore's services are not reached from here."""
    said = bundle.read((FIXTURES / "bundle.json").read_bytes(), "x")
    why = Cosign().check(
        said.data, f"sha256:{1:064x}", statement.SIGNED, "me@example.org", "https://id.example.org"
    )
    assert why
    assert "flag" not in why
