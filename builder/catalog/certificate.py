"""Whether a file has the form of an OpenPGP certificate (RFC 9580). Whether it signs a repository
is for apt to say.
"""

from __future__ import annotations

import binascii
import itertools
import re

BEGIN = re.compile(rb"-----BEGIN ([A-Z ]{1,40})-----")
PRIVATE_KEY, PUBLIC_KEY = 5, 6
"""Types of packets (section 5)."""


def is_armoured(data: bytes) -> bool:
    """Tell whether a file is text (section 6)."""
    return data.lstrip().startswith(b"-----BEGIN ")


def wrong(data: bytes) -> str:
    """Return what a file is instead of a certificate; empty if it is one."""
    packets = data
    if is_armoured(data):
        begin = BEGIN.search(data)
        what = begin[1].decode().lower() if begin else "text"
        if "private" in what:
            return "is a private key"
        if "public key block" not in what:
            return f"is a {what}"
        packets = _body(data)
    kind = _first(packets)
    if kind == PRIVATE_KEY:
        return "is a private key"
    if kind == PUBLIC_KEY:
        return ""
    return "is damaged" if is_armoured(data) else "is something else"


def _body(data: bytes) -> bytes:
    """Return the packets of a text; nothing if it is damaged. The checksum is apt's to look at."""
    lines = [line.strip() for line in data.strip().splitlines()]
    # Headers end at an empty line, the body at the checksum or at the last line.
    start = lines.index(b"") if b"" in lines else len(lines)
    encoded = itertools.takewhile(lambda line: line[:1] not in {b"=", b"-"}, lines[start + 1 :])
    try:
        return binascii.a2b_base64(b"".join(encoded))
    except binascii.Error:
        return b""


def _first(packets: bytes) -> int:
    """Return the type of the first packet (section 4.2); 0 where there is none."""
    head = packets[0] if packets else 0
    if not head & 0x80:
        return 0
    is_new = head & 0x40
    return head & 0x3F if is_new else (head & 0x3C) >> 2
