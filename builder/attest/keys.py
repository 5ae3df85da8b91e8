"""Public keys that signatures are checked with, in the form in which cosign and openssl write
them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from builder.attest import pem

Key = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
SHORTEST = 2048
"""Bits of a key of RSA."""
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    ec.SECP256R1.name: hashes.SHA256,
    ec.SECP384R1.name: hashes.SHA384,
    ec.SECP521R1.name: hashes.SHA512,
}
"""Curve -> the hash that Sigstore takes with it (sigstore/pkg/signature, algorithm_registry.go)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """A public key, and what a catalog calls it."""

    name: str
    hint: str
    """The Base64 of the SHA-256 of its SubjectPublicKeyInfo: by which a bundle names its key."""
    _key: Key = field(repr=False, compare=False)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether a signature of a message was made with this key's other half."""
        key = self._key
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            else:
                key.verify(signature, message, ec.ECDSA(HASHES[key.curve.name]()))
        except InvalidSignature:
            return False
        return True


def read(data: bytes, name: str) -> PublicKey:
    """Return the key of a PEM file.

    Raises:
        ValueError: it is something else; says what.

    """
    if why := pem.wrong(data):
        raise ValueError(why)
    try:
        key = serialization.load_pem_public_key(data.strip() + b"\n")
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("is damaged, or a key of an unknown kind") from None
    if isinstance(key, ed25519.Ed25519PublicKey):
        # cosign signs a hash by it (Ed25519ph, RFC 8032), which the library does not check.
        why = "is of Ed25519, which is not checked here; use P-256, as cosign does"
        raise ValueError(why)  # noqa: TRY004  the file is wrong
    if not isinstance(key, Key):
        raise ValueError("is no key of ECDSA or RSA")  # noqa: TRY004  the file is wrong
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in HASHES:
        raise ValueError(f"is of the curve {key.curve.name}; use P-256, as cosign does")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < SHORTEST:
        raise ValueError(f"has {key.key_size} bits, and {SHORTEST} are the least")
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    hint = base64.b64encode(hashlib.sha256(info).digest()).decode()
    return PublicKey(name=name, hint=hint, _key=key)
