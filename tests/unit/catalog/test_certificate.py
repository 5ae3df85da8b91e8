from __future__ import annotations

import pytest

from builder.catalog.certificate import is_armoured, wrong
from tests.integration.openpgp import ARCHIVE

TEXT = ARCHIVE.certificate()
SECRET = b"\x95" + ARCHIVE.keyring()[1:]
"""The same bytes as a packet of a private key."""


@pytest.mark.parametrize(
    "data",
    [
        ARCHIVE.keyring(),
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("BLOCK-----\n", "BLOCK-----\nComment: of a team\nVersion: 1\n", 1).encode(),
        b"\n\n" + TEXT.encode(),
    ],
)
def test_a_certificate_is_one_as_text_and_as_bytes(data: bytes) -> None:
    assert wrong(data) == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is something else"),
        (b"<!DOCTYPE html>", "is something else"),
        (SECRET, "is a private key"),
        (TEXT.replace("PUBLIC", "PRIVATE").encode(), "is a private key"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is a certificate"),
        (TEXT.split("\n\n")[0].encode(), "is damaged"),
        (TEXT.replace("\nmQ", "\nm", 1).encode(), "is damaged"),
    ],
)
def test_what_is_none_is_named(data: bytes, what: str) -> None:
    assert wrong(data) == what


def test_the_two_forms_are_told_apart() -> None:
    assert is_armoured(TEXT.encode())
    assert not is_armoured(ARCHIVE.keyring())
