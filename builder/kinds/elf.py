"""What is known of ELF files before one is read."""

from __future__ import annotations

import struct

from elftools.common.exceptions import ELFError

MAGIC = b"\x7fELF"
DAMAGED = (
    ELFError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    struct.error,
)
"""What pyelftools raises for a damaged file. Packages hold some, as tests of what reads them."""
