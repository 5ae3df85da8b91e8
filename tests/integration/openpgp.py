"""OpenPGP cleartext signatures with a key that opens nothing: what an archive's InRelease needs
(RFC 9580, version 4 keys)."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

CREATED = 1_600_000_000
RSA, SHA256 = 1, 8
TEXT, CERTIFICATION = 0x01, 0x13
EXPONENT = 65537
# DigestInfo of SHA-256 (RFC 8017, section 9.2).
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
PRIMES = tuple(
    int(text.replace("\n", ""), 16)
    for text in (
        """
EAB71CAB529B97728B9D3F47844497A462E1FAA4491B8F6EDC59BB7F84FE09A34E1C2F72F9E1167A
3DA14A118A55FC2E5B4E6012868BEFB0D3BDC69856C1294DE2A1BCFD6F20AB1FDBE3EF75172059B2
0E8EAC3E8620E74D0D7E541AE6D9C9C45B33A9C69782277F86E1CCC098D5A3E6FAA34CD45A0322D9
48B70083EE09F973
""",
        """
FEDD353B8579F73A11E50608F76F450352506368EB38BA5BBDFCF2D4CD609E91EFB3B13B82AF614A
205CAF09D0F492148CE5D24E435457A75A30E51CCB49DB1D2E5171E2FF71DF500A3E0673B76E10C8
3FA00A4F8EBA6A34B51745918A757C035F97E3D87BF907D0B976DC40E277029642894C84F4015E18
AE85B4CE7110BB43
""",
        """
DC3FC6B4DF9619B6CC4F0E981B77D53B1631E144D9815A6D593D40768CC3F35F925B0CEC2BAC2333
779F5658EA1888A420C6B9B3BB76D3D4F834A421121ACC7C46B87F72E786C6DF1A0F28DD6B1A2464
3B909781BF3456E8C214787F36D5FF58878C6AD5585F534E387FC1364BA6674B5C3A6281346B1A20
C263EE292964B20B
""",
        """
D2142EFFF159C05D7333943D59AF3C284961DABAE0554541CD684B323555CB91012B5096A65CE54F
69D44792B7108C7F85E213A0D89FBE46F4CF7363917F883C21AF932B69FE5C71AFE0BFE9AE7F71FE
7D11F1D9B92102B55B22318BC6BB95DDFAA686ED214442FB0588CFEB6074EC4443CE06E544A481E4
0E8FF67CDE3328BB
""",
    )
)


@dataclass(frozen=True, kw_only=True)
class Key:
    """An RSA key of two primes."""

    p: int
    q: int

    @property
    def public(self) -> bytes:
        return struct.pack(">BIB", 4, CREATED, RSA) + _mpi(self.p * self.q) + _mpi(EXPONENT)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha1(
            b"\x99" + struct.pack(">H", len(self.public)) + self.public, usedforsecurity=False
        ).digest()

    def certificate(self, expires: int = 0) -> str:
        """Return the same as text; with `expires`, for that many seconds after it was made."""
        block = _armoured(self.keyring(expires))
        begin, end = (f"-----{word} PGP PUBLIC KEY BLOCK-----" for word in ("BEGIN", "END"))
        return f"{begin}\n\n{block}\n{end}\n"

    def keyring(self, expires: int = 0) -> bytes:
        """Return the public key with a user id that the key itself certifies."""
        user = b"Archive <archive@example.invalid>"
        signed = (
            b"\x99"
            + struct.pack(">H", len(self.public))
            + self.public
            + b"\xb4"
            + struct.pack(">I", len(user))
            + user
        )
        # Key flags: it may certify and sign.
        further = bytes([2, 27, 3])
        if expires:
            further += bytes([5, 9]) + struct.pack(">I", expires)
        certification = self._signature(CERTIFICATION, signed, further)
        return _packet(6, self.public) + _packet(13, user) + _packet(2, certification)

    def clearsign(self, text: str) -> str:
        """Return a text with its signature."""
        lines = text.rstrip("\n").split("\n")
        signed = "\r\n".join(line.rstrip(" \t") for line in lines).encode()
        packet = _packet(2, self._signature(TEXT, signed, b""))
        body = "\n".join("- " + line if line.startswith("-") else line for line in lines)
        return (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{body}\n-----BEGIN PGP"
            f" SIGNATURE-----\n\n{_armoured(packet)}\n-----END PGP SIGNATURE-----\n"
        )

    def _signature(self, kind: int, signed: bytes, further: bytes) -> bytes:
        hashed = (
            bytes([5, 2])
            + struct.pack(">I", CREATED)
            + bytes([22, 33, 4])
            + self.fingerprint
            + further
        )
        head = bytes([4, kind, RSA, SHA256]) + struct.pack(">H", len(hashed)) + hashed
        digest = hashlib.sha256(signed + head + b"\x04\xff" + struct.pack(">I", len(head))).digest()
        unhashed = bytes([9, 16]) + self.fingerprint[-8:]
        return (
            head
            + struct.pack(">H", len(unhashed))
            + unhashed
            + digest[:2]
            + _mpi(self._rsa(digest))
        )

    def _rsa(self, digest: bytes) -> int:
        modulus = self.p * self.q
        size = (modulus.bit_length() + 7) // 8
        padded = (
            b"\x00\x01"
            + b"\xff" * (size - len(PREFIX) - len(digest) - 3)
            + b"\x00"
            + PREFIX
            + digest
        )
        return pow(int.from_bytes(padded), pow(EXPONENT, -1, (self.p - 1) * (self.q - 1)), modulus)


ARCHIVE = Key(p=PRIMES[0], q=PRIMES[1])
STRANGER = Key(p=PRIMES[2], q=PRIMES[3])


def _mpi(number: int) -> bytes:
    return struct.pack(">H", number.bit_length()) + number.to_bytes((number.bit_length() + 7) // 8)


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0x80 | tag << 2 | 1]) + struct.pack(">H", len(body)) + body


def _armoured(data: bytes) -> str:
    return base64.encodebytes(data).decode() + "=" + base64.b64encode(_crc24(data)).decode()


def _crc24(data: bytes) -> bytes:
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return (crc & 0xFFFFFF).to_bytes(3)
