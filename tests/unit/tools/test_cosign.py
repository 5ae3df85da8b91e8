"""What is said where cosign cannot sign."""

from __future__ import annotations

from builder.tools.cosign import HINT, PASSWORD, advice


def test_an_old_cosign_is_told() -> None:
    assert advice("Error: unknown flag: --statement") == f"this cosign is too old: {HINT}"


def test_a_password_is_asked_for_in_the_environment() -> None:
    assert PASSWORD in advice("Error: reading key: decrypt: encrypted: decryption failed")
    assert PASSWORD in advice("Enter password for private key: Error: inappropriate ioctl")


def test_what_is_not_known_gets_no_advice() -> None:
    assert advice("Error: out of cheese") == ""
