"""npm with this machine's settings."""

from __future__ import annotations

from pathlib import Path

from builder.fetch.session import bundle
from builder.settings import Settings
from builder.tools.npm import Npm, command, in_wheel

ORIGIN = "npm"


def program(settings: Settings, root: Path | None = None) -> Npm:
    """Return npm: that of an unpacked wheel where `root` names it, else any that this machine has.

    Raises:
        ToolError: there is none.

    """
    argv, node = in_wheel(root) if root else command(settings.cache)
    return Npm(
        argv=argv,
        node=node,
        cache=settings.cache / "npm",
        registry=settings.mirror(ORIGIN),
        ca_bundle=bundle(settings),
    )


def registry(settings: Settings) -> str:
    """Return the registry's base URL, without a slash at its end: the one that is set, else the one
    npm is configured with.
    """
    return (settings.mirror(ORIGIN) or program(settings).configured()).rstrip("/")
