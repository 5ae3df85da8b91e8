"""R packages, which come inside Debian's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.deb822 import field
from builder.kinds.model import ArtifactKind, Bytes, Trace

DESCRIPTION = re.compile(r"(?:.*/)?(?:library|site-library)/[^/]+/DESCRIPTION")


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    text = read(0, size).decode("utf-8", "replace")
    yield field(text, "Package") or "", field(text, "Version") or ""


R = ArtifactKind(name="r", trace=Trace(ends=("DESCRIPTION",), path=DESCRIPTION, read=_installed))
