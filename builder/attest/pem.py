"""Whether a file has the form of a public key in PEM (RFC 7468, section 13). Which key it is, is
for `builder.attest.keys` to say: it takes a library that few commands need.
"""

from __future__ import annotations

import base64
import binascii
import re

KEY = re.compile(
    rb"\s*-----BEGIN PUBLIC KEY-----\s+(?P<body>[A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*"
)
SEQUENCE = 0x30
"""The first byte of what is within: a SubjectPublicKeyInfo in DER."""


def wrong(data: bytes) -> str:
    """Return what a file is instead of a public key; empty if it has the form of one."""
    if b"PRIVATE KEY" in data:
        return "is a private key, which whoever signs has alone"
    match = KEY.fullmatch(data)
    if match is None:
        return "is no public key in PEM (-----BEGIN PUBLIC KEY-----)"
    try:
        info = base64.b64decode(b"".join(match["body"].split()), validate=True)
    except binascii.Error:
        return "is damaged"
    return "" if info[:1] == bytes([SEQUENCE]) else "is damaged"
