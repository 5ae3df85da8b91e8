"""R packages, which come inside Debian's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import IO

from builder.deb822 import field, fields
from builder.kinds.model import ArtifactKind, Bytes, Described, Statement, Trace

DESCRIPTION = re.compile(r"(?:.*/)?(?:library|site-library)/[^/]+/DESCRIPTION")

NEEDED = ("Depends", "Imports", "LinkingTo")
"""Fields of packages without which one cannot be used ("Writing R Extensions")."""
MOST = 4 << 20
"""Bytes of a description that are read."""


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    text = read(0, size).decode("utf-8", "replace")
    yield field(text, "Package") or "", field(text, "Version") or ""


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    values = fields(stream.read(MOST).decode("utf-8", "replace"))
    name, version = values.get("Package", ""), values.get("Version", "")
    licence = " ".join(values.get("License", "").split())
    if name and version:
        yield Described(
            kind="r",
            name=name,
            version=version,
            path=path,
            licences=(licence,) if licence else (),
            requires=tuple(_needed(values)),
        )


def _needed(values: Mapping[str, str]) -> Iterator[str]:
    for name in NEEDED:
        for word in values.get(name, "").split(","):
            package = word.partition("(")[0].strip()
            if package and package != "R":
                yield package


R = ArtifactKind(
    name="r",
    trace=Trace(ends=("DESCRIPTION",), path=DESCRIPTION, read=_installed),
    statement=Statement(ends=("/DESCRIPTION",), path=DESCRIPTION, read=_described),
    url="cran",
)
