"""The package server of Julia: the one that is set, else the one that this machine's Julia asks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from builder.errors import FetchError
from builder.lock.model import Artifact
from builder.settings import MIRROR, SCHEMES, Settings, variable

ORIGIN = "julia"
OWN = "JULIA_PKG_SERVER"
"""Julia's own variable for it."""
# get(ENV, "JULIA_PKG_SERVER", "https://…"), in the source of its package manager.
DEFAULT = re.compile(r'"JULIA_PKG_SERVER",\s*"(?P<url>https?://[^"\s]+)"')
SOURCES = "share/julia/stdlib/v*/Pkg/src/*.jl"
MOST = 4 << 20


def server(settings: Settings) -> str:
    """Return the base URL of the package server, without a slash at its end.

    Without a setting it is that of Julia: of its variable, else the default of the Julia of this
    machine.

    Raises:
        FetchError: nothing is set, and this machine has no Julia.

    """
    if mirror := settings.mirror(ORIGIN):
        return mirror
    if own := os.environ.get(OWN):
        return (own if own.startswith(SCHEMES) else f"https://{own}").rstrip("/")
    for program in _programs():
        if url := default(program):
            return url
    raise FetchError(
        "where to find Julia packages is not known on this machine",
        hint=f"set {variable(MIRROR, ORIGIN)} to the URL of a package server, or install Julia",
    )


def default(program: Path) -> str | None:
    """Return the server that a Julia asks if nothing else is said; None if it does not tell."""
    for source in sorted(program.resolve().parents[1].glob(SOURCES)):
        if source.is_file() and source.stat().st_size <= MOST:
            match = DEFAULT.search(source.read_text(errors="replace"))
            if match:
                return match["url"].rstrip("/")
    return None


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the URLs at the package server."""
    del moment
    base = server(settings)
    return {item.id: (f"{base}/{item.locator}",) for item in artifacts}


def _programs() -> Iterator[Path]:
    if found := shutil.which("julia"):
        yield Path(found)
