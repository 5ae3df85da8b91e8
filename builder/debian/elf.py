"""ELF shared libraries: what ldconfig reads of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from builder.kinds.elf import MAGIC

HEAD = 64
"""Bytes that `is_elf` and `read` need at once."""
_DYN, _PT_LOAD, _PT_DYNAMIC, _PT_PROPERTY = 3, 1, 2, 0x6474E553
_NEEDED, _STRTAB, _STRSZ, _SONAME = 1, 5, 10, 14
_X86_64, _AARCH64 = 62, 183
# Flags of ld.so.cache: 3 is "ELF, libc6"; the rest names the ABI (sysdeps/*/dl-cache.h).
FLAGS = {(_X86_64, 2): 0x0303, (_X86_64, 1): 0x0803, (_AARCH64, 2): 0x0A03, (3, 1): 0x0003}
_X86_ISA_NEEDED = 0xC0008002


@dataclass(frozen=True, slots=True)
class Elf:
    """The dynamic section of one shared object."""

    soname: str
    flags: int
    isa: int
    needed: tuple[str, ...]


def read(at: Callable[[int, int], bytes]) -> Elf | None:
    """Return the dynamic section of a shared object; None if the bytes are not one that ldconfig
    would use.

    `at(offset, size)` returns bytes of the file, fewer at its end. Only little-endian files are
    read.
    """
    head = at(0, HEAD)
    if (
        len(head) < HEAD
        or head[:4] != MAGIC
        or head[5] != 1
        or struct.unpack_from("<H", head, 16)[0] != _DYN
    ):
        return None
    wide = head[4] == 2
    try:
        return _ElfReader(at, head, wide=wide).elf()
    except (struct.error, ValueError):
        return None


class _ElfReader:
    def __init__(self, at: Callable[[int, int], bytes], head: bytes, *, wide: bool) -> None:
        self.at, self.wide = at, wide
        self.machine: int = struct.unpack_from("<H", head, 18)[0]
        offset, size, count = (
            struct.unpack_from("<Q", head, 32) + struct.unpack_from("<HH", head, 54)
            if wide
            else struct.unpack_from("<I", head, 28) + struct.unpack_from("<HH", head, 42)
        )
        table = at(offset, size * count)
        self.segments = [self._segment(table, index * size) for index in range(count)]

    def _segment(self, table: bytes, base: int) -> tuple[int, int, int, int]:
        """Return type, file offset, address and size in the file."""
        if self.wide:
            kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", table, base)
        else:
            kind, offset, address, _, size = struct.unpack_from("<IIIII", table, base)
        return kind, offset, address, size

    def elf(self) -> Elf | None:
        dynamic = next((s for s in self.segments if s[0] == _PT_DYNAMIC), None)
        if dynamic is None:
            return None
        pairs = self._pairs(self.at(dynamic[1], dynamic[3]))
        values = dict(reversed(pairs))
        if _STRTAB not in values:
            return None
        strings = self.at(self._offset(values[_STRTAB]), values.get(_STRSZ, 0))
        return Elf(
            soname=_string(strings, values[_SONAME]) if _SONAME in values else "",
            flags=FLAGS.get((self.machine, 2 if self.wide else 1), 0x0003),
            isa=self._isa(),
            needed=tuple(_string(strings, value) for tag, value in pairs if tag == _NEEDED),
        )

    def _pairs(self, data: bytes) -> list[tuple[int, int]]:
        step, form = (16, "<QQ") if self.wide else (8, "<II")
        pairs = []
        for tag, value in struct.iter_unpack(form, data[: len(data) // step * step]):
            if tag == 0:
                break
            pairs.append((tag, value))
        return pairs

    def _offset(self, address: int) -> int:
        for kind, offset, start, size in self.segments:
            if kind == _PT_LOAD and start <= address < start + size:
                return offset + address - start
        raise ValueError(address)

    def _isa(self) -> int:
        """Return the x86 ISA level of the GNU property note; 0 for the baseline or no note."""
        note = next((s for s in self.segments if s[0] == _PT_PROPERTY), None)
        if self.machine != _X86_64 or note is None:
            return 0
        data = self.at(note[1], note[3])
        position, align = 16, 8 if self.wide else 4
        while position + 8 <= len(data):
            kind, size = struct.unpack_from("<II", data, position)
            if kind == _X86_ISA_NEEDED:
                bits: int = struct.unpack_from("<I", data, position + 8)[0]
                return max(bits.bit_length() - 1, 0)
            position += 8 + -(-size // align) * align
        return 0


def _string(strings: bytes, offset: int) -> str:
    return strings[offset : strings.index(b"\0", offset)].decode("utf-8", "surrogateescape")
