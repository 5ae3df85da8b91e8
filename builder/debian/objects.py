"""ELF files that are loaded at run time: what the loader reads of them, and the graphics processors
that their code is for.

Layout of fat binaries: a header (magic, version, its size, size of what follows), and one entry for
each processor (kind, its size, size of its data, …, the processor at byte 28).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.sections import Section

from builder.kinds.elf import DAMAGED

FAT_BINARIES = (".nv_fatbin", "__nv_relfatbin")
"""Sections with code for graphics processors (NVIDIA's fatbinary_section.h)."""
_FAT_MAGIC, _FAT_HEAD, _FAT_ENTRY = 0xBA55ED50, 16, 32
_KINDS = {1: "compute", 2: "sm"}
"""PTX, which the driver compiles, and machine code; named as nvcc does."""
_PROCESSORS = range(10, 1000)
"""Numbers that there may be: 90 is that of compute capability 9.0."""
_LINUX = ("SYSV", "LINUX")
_MOST = 4096
"""Bytes between two fat binaries of a section, at most: they are aligned."""
_VERSIONS = 10_000
"""Versions of symbols that are read at most: in a damaged file they may go round in a circle."""
_WEAK = 0x2
"""Flag of a version that may be absent (VER_FLG_WEAK)."""
_BASE = 0x1
"""Flag of the version that names the file itself (VER_FLG_BASE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A program or a shared object, as the loader sees it."""

    path: str
    machine: str
    """Processor, width of addresses, and the system where it is another: `EM_X86_64/64`,
    `EM_X86_64/64/FREEBSD`."""
    program: bool = False
    """Whether it is started, and not loaded by another."""
    soname: str = ""
    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    """Directories of DT_RUNPATH, or else of DT_RPATH."""
    inherited: bool = False
    """Whether they hold for all that it loads, too (DT_RPATH)."""
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Library -> versions of symbols that it must define."""
    provides: tuple[str, ...] = ()
    """Versions of symbols that it defines."""
    gpu: tuple[str, ...] = ()
    """Processors that its fat binaries are for: `sm_90`, and `compute_90` for PTX."""


def read(stream: IO[bytes], path: str) -> Object | None:
    """Return the dynamic object that a seekable file is; None if it is none, or damaged."""
    try:
        return _object(ELFFile(stream), path)
    except DAMAGED:
        return None


def _object(elf: ELFFile, path: str) -> Object | None:
    dynamic = next((s for s in elf.iter_segments("PT_DYNAMIC")), None)
    if not isinstance(dynamic, DynamicSegment) or elf["e_type"] not in {"ET_DYN", "ET_EXEC"}:
        return None
    words: dict[str, list[str]] = {}
    for tag in dynamic.iter_tags():
        for name in ("needed", "soname", "rpath", "runpath"):
            if tag.entry.d_tag == f"DT_{name.upper()}":
                words.setdefault(name, []).append(getattr(tag, name))
    soname = words.get("soname", [""])[0]
    is_started = any(True for _ in elf.iter_segments("PT_INTERP"))
    runpath, rpath = words.get("runpath"), words.get("rpath")
    sections = list(elf.iter_sections())
    return Object(
        path=path,
        machine=_machine(elf),
        # The C library can be started, too: it tells its version then.
        program=elf["e_type"] == "ET_EXEC" or (is_started and not soname),
        soname=soname,
        needed=tuple(words.get("needed", ())),
        search=tuple(_directories(runpath or rpath or [])),
        inherited=bool(rpath) and not runpath,
        requires=dict(_required(sections)),
        provides=tuple(_provided(sections)),
        gpu=tuple(sorted(_processors(elf, sections))),
    )


def _machine(elf: ELFFile) -> str:
    system = str(elf["e_ident"]["EI_OSABI"]).removeprefix("ELFOSABI_")
    words = [str(elf["e_machine"]), str(elf.elfclass), *([] if system in _LINUX else [system])]
    return "/".join(words)


def _directories(values: list[str]) -> Iterator[str]:
    for value in values:
        yield from (directory for directory in value.split(":") if directory)


def _required(sections: list[Section]) -> Iterator[tuple[str, tuple[str, ...]]]:
    tables = [section for section in sections if isinstance(section, GNUVerNeedSection)]
    libraries = chain.from_iterable(table.iter_versions() for table in tables)
    for library, versions in islice(libraries, _VERSIONS):
        strong = [str(one.name) for one in versions if not one["vna_flags"] & _WEAK]
        yield str(library.name), tuple(sorted(strong))


def _provided(sections: list[Section]) -> Iterator[str]:
    tables = [section for section in sections if isinstance(section, GNUVerDefSection)]
    definitions = chain.from_iterable(table.iter_versions() for table in tables)
    for definition, names in islice(definitions, _VERSIONS):
        if not definition["vd_flags"] & _BASE:
            # The first is its name, the others are those that it includes.
            yield next(names).name


def _processors(elf: ELFFile, sections: list[Section]) -> set[str]:
    processors: set[str] = set()
    for section in sections:
        if section.name in FAT_BINARIES and section["sh_type"] != "SHT_NOBITS":
            start, size = section["sh_offset"], section["sh_size"]
            processors.update(_entries(elf.stream, start, start + size))
    return processors


def _entries(stream: IO[bytes], place: int, end: int) -> Iterator[str]:
    """Yield the processors of the fat binaries between two places of a file, each as often as it is
    there. Nothing of the code is read.
    """
    while place + _FAT_HEAD <= end:
        stream.seek(place)
        head = stream.read(_MOST)
        skipped = head.find(struct.pack("<I", _FAT_MAGIC))
        if skipped < 0 or len(head) - skipped < _FAT_HEAD:
            return
        _, length, size = struct.unpack_from("<4xHHQ", head, skipped)
        entry = place + skipped + length
        place = min(entry + size, end)
        while entry + _FAT_ENTRY <= place:
            stream.seek(entry)
            kind, length, size, processor = struct.unpack("<HxxIQ12xI", stream.read(_FAT_ENTRY))
            if kind in _KINDS and processor in _PROCESSORS:
                yield f"{_KINDS[kind]}_{processor}"
            entry += max(length + size, 1)
