"""Sigstore's bundles: a signed statement, with what it is checked with (sigstore/protobuf-specs,
sigstore_bundle.proto, version 0.3).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from builder.attest import statement
from builder.attest.keys import PublicKey
from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""Also the artifact type of its manifest in a registry (cosign, specs/BUNDLE_SPEC.md)."""
MOST = 96 << 20
"""Bytes of a bundle: Base64 is a third longer than the statement."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A bundle as it was read; nothing of it is checked yet."""

    data: bytes
    payload: bytes
    """The statement that is signed."""
    signatures: tuple[bytes, ...]
    hint: str
    """What names the key; empty where a certificate is there."""

    @property
    def signed(self) -> bytes:
        """The bytes that are signed (DSSE, protocol.md, PAE)."""
        kind = statement.MEDIA_TYPE.encode()
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)

    def signer(self, keys: Sequence[PublicKey]) -> PublicKey | None:
        """Return the key of some that it is signed with; None where it is none of them, or the
        signature does not verify.
        """
        message = self.signed
        for key in keys:
            if any(key.verifies(signature, message) for signature in self.signatures):
                return key
        return None


def read(data: bytes, source: str) -> Bundle:
    """Return a bundle; `source` names it in an error.

    Raises:
        IntegrityError: it is none, or holds no statement.

    """
    try:
        return _read(data, from_json(data, most=MOST))
    except (KeyError, TypeError, AttributeError, ValueError, DocumentError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise IntegrityError(f"{source} is no bundle of Sigstore's: {why}") from None


def _read(data: bytes, value: Any) -> Bundle:  # noqa: ANN401  JSON is what it is
    if value["mediaType"] != MEDIA_TYPE:
        raise ValueError(f"its type is {str(value['mediaType'])[:80]!r}")
    envelope = value["dsseEnvelope"]
    if envelope["payloadType"] != statement.MEDIA_TYPE:
        raise ValueError("it holds something else than a statement")
    hint = (value["verificationMaterial"].get("publicKey") or {}).get("hint", "")
    return Bundle(
        data=data,
        payload=_decoded(envelope["payload"]),
        signatures=tuple(_decoded(one["sig"]) for one in envelope["signatures"]),
        hint=hint if isinstance(hint, str) else "",
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is not Base64 ({error})") from None
