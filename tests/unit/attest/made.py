"""Keys and bundles made by a library, as cosign makes them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from builder.attest import bundle
from builder.tools.cosign import Cosign

PAYLOAD = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Key:
    """A private key."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def public(self) -> bytes:
        key = self.private.public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def hint(self) -> str:
        info = serialization.load_pem_public_key(self.public).public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(info).digest()).decode()

    def bundle(self, statement: bytes, *, hint: str | None = None) -> bytes:
        """Sign a statement (DSSE, protocol.md)."""
        signed = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(statement), statement)
        signature = self.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return json.dumps(
            {
                "mediaType": bundle.MEDIA_TYPE,
                "verificationMaterial": {
                    "publicKey": {"hint": self.hint if hint is None else hint}
                },
                "dsseEnvelope": {
                    "payload": base64.b64encode(statement).decode(),
                    "payloadType": PAYLOAD,
                    "signatures": [{"sig": base64.b64encode(signature).decode()}],
                },
            }
        ).encode()


@dataclass(frozen=True, kw_only=True)
class ByLibrary(Cosign):
    """Signs as cosign does, where cosign is not compiled: what it makes is as good."""

    own: Key

    def public_key(self, key: str) -> bytes:
        assert key
        return self.own.public

    def sign(self, statement: bytes, key: str | None) -> bytes:
        assert key
        return self.own.bundle(statement)
