"""Where the files of Debian packages are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror
from builder.lock.model import Artifact
from builder.settings import Settings

# What stands in a path as it is.
PATH = "/:@!$&'()*+,;=~"


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the pool's address, and that in a snapshot where one is set; see
    `builder.fetch.locate.Locator`.
    """
    return {artifact.id: tuple(_debian(artifact, moment, settings)) for artifact in artifacts}


def _debian(artifact: Artifact, moment: str, settings: Settings) -> Iterable[str]:
    yield f"{debian_mirror(artifact.origin, settings)}/{quote(artifact.locator, safe=PATH)}"
    base = settings.snapshot(DEBIAN)
    if base and artifact.origin in {DEBIAN, SECURITY}:
        yield f"{snapshot(base, artifact.origin, moment)}/{quote(artifact.locator, safe=PATH)}"


def snapshot(base: str, archive: str, moment: str) -> str:
    """Return the address of an archive as it was at a moment (RFC 3339)."""
    return f"{base}/archive/{archive}/{re.sub(r'[-:]', '', moment)}"
