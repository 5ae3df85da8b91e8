"""Crates of programs in Rust, as `cargo auditable` writes them into these."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

from elftools.elf.elffile import ELFFile

from builder.documents import DocumentError, from_json
from builder.kinds.elf import DAMAGED, MAGIC
from builder.kinds.model import ArtifactKind, Described, Statement

SECTION = ".dep-v0"
"""Holds JSON, packed by zlib: https://github.com/rust-secure-code/cargo-auditable, PARSING.md."""
MOST = 8 << 20
"""Bytes of that."""
KIND = "crate"


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    """Yield the crates that run in a program, and not those that helped to build it."""
    crates = _crates(stream)
    names = [str(crate.get("name", "")) for crate in crates]
    for crate, name in zip(crates, names, strict=True):
        version, needed = crate.get("version"), crate.get("dependencies", [])
        if name and isinstance(version, str) and crate.get("kind", "runtime") == "runtime":
            indexes = needed if isinstance(needed, list) else []
            known = [one for one in indexes if isinstance(one, int) and 0 <= one < len(names)]
            requires = tuple(names[one] for one in known)
            yield Described(kind=KIND, name=name, version=version, path=path, requires=requires)


def _crates(stream: IO[bytes]) -> list[dict[str, Any]]:
    """Return what a file says of its crates; nothing if it does not, or is damaged."""
    try:
        section = ELFFile(stream).get_section_by_name(SECTION)
        if section is None:
            return []
        value = from_json(zlib.decompressobj().decompress(section.data(), MOST), most=MOST)
        packages = value["packages"]
        return [one for one in packages if isinstance(one, dict)]
    except (DocumentError, zlib.error, *DAMAGED):
        return []


CRATE = ArtifactKind(
    name=KIND,
    statement=Statement(path=re.compile(r".*"), read=_described, magic=MAGIC),
    url="cargo",
)
