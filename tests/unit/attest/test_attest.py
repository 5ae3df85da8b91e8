"""Statements, bundles and keys: what cosign wrote, and what is odd."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from builder.attest import bundle, keys, pem, statement
from builder.errors import IntegrityError
from tests.unit.attest.made import Key

FIXTURES = Path(__file__).parents[2] / "fixtures" / "cosign"
DIGEST = f"sha256:{1:064x}"
OTHER = f"sha256:{2:064x}"
MINE = Key()


def test_a_bundle_of_cosign_is_read_and_verifies() -> None:
    """cosign 3.1.3 wrote both files: `cosign attest-blob --statement`."""
    public = keys.read((FIXTURES / "release.pub").read_bytes(), "release.pub")
    made = bundle.read((FIXTURES / "bundle.json").read_bytes(), "bundle.json")
    assert made.signer([keys.read(MINE.public, "mine"), public]) == public
    assert made.hint == public.hint
    said = statement.read(made.payload, "x")
    assert (said.subjects, said.kind) == ((DIGEST,), statement.SIGNED)
    assert json.loads(made.payload) == json.loads(statement.signed(DIGEST))


def test_a_signature_is_of_its_very_bytes() -> None:
    public = keys.read(MINE.public, "mine")
    data = MINE.bundle(statement.signed(DIGEST))
    assert bundle.read(data, "x").signer([public]) == public
    changed = json.loads(data)
    changed["dsseEnvelope"]["payload"] = base64.b64encode(statement.signed(OTHER)).decode()
    assert bundle.read(json.dumps(changed).encode(), "x").signer([public]) is None
    assert bundle.read(Key().bundle(statement.signed(DIGEST)), "x").signer([public]) is None


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("mediaType",), "application/json", "its type is 'application/json'"),
        (("dsseEnvelope", "payloadType"), "text/plain", "something else than a statement"),
        (("dsseEnvelope", "payload"), "%", "it is not Base64"),
        (("dsseEnvelope", "payload"), 5, "argument should be a bytes-like object"),
        (("dsseEnvelope", "signatures"), [{"keyid": ""}], "it lacks 'sig'"),
        (("dsseEnvelope",), [], "list indices"),
        (("verificationMaterial",), None, "NoneType"),
    ],
)
def test_an_odd_bundle_is_refused(path: tuple[str, ...], value: object, said: str) -> None:
    odd = json.loads(MINE.bundle(statement.signed(DIGEST)))
    _set(odd, path, value)
    with pytest.raises(IntegrityError, match=f"x is no bundle of Sigstore's: .*{said}"):
        bundle.read(json.dumps(odd).encode(), "x")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1", "its type is 'https://in-toto.io"),
        ("predicateType", 5, "its predicate is none"),
        ("predicate", "text", "its predicate is none"),
        ("subject", [], "its subject has no sha256"),
        ("subject", [{"digest": {"sha1": "x"}}], "it lacks 'sha256'"),
        ("subject", [{"digest": {"sha256": "x"}}], "its subject has no sha256"),
        ("subject", 5, "not iterable"),
    ],
)
def test_an_odd_statement_is_refused(key: str, value: object, said: str) -> None:
    odd = json.loads(statement.signed(DIGEST)) | {key: value}
    with pytest.raises(IntegrityError, match=f"x is no in-toto statement: .*{said}"):
        statement.read(json.dumps(odd).encode(), "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), JSON))
def test_a_statement_is_read_as_it_was_written(predicate: dict[str, Any]) -> None:
    data = statement.write(DIGEST, statement.PROVENANCE, predicate, name="a:b")
    assert data == statement.write(DIGEST, statement.PROVENANCE, predicate, name="a:b")
    said = statement.read(data, "x")
    assert said == statement.Statement(
        subjects=(DIGEST,), kind=statement.PROVENANCE, predicate=predicate
    )


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
)
def test_keys_of_these_kinds_are_known(private: Any) -> None:
    data = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert pem.wrong(data) == ""
    assert keys.read(data, "a.pub").name == "a.pub"
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert pem.wrong(secret) == "is a private key, which whoever signs has alone"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no public key in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n", "is no public key"),
        (b"-----BEGIN PUBLIC KEY-----\nMA\n-----END PUBLIC KEY-----\n", "is damaged"),
        (b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "is damaged"),
        (
            rsa.generate_private_key(65537, 1024)  # noqa: S505  it is refused
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "has 1024 bits, and 2048 are the least",
        ),
        (
            ec.generate_private_key(ec.SECP256K1())
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "is of the curve secp256k1",
        ),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "is of Ed25519, which is not checked here; use P-256",
        ),
    ],
)
def test_what_is_no_good_key_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        keys.read(data, "a.pub")


def _set(value: Any, path: tuple[str, ...], to: object) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = to
