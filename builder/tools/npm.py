"""npm's resolver, on the machine's own Node.js or on one from a wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builder import settle
from builder.errors import ToolError
from builder.tools import members, process

NODE, CLI = "/bin/node", "/lib/node_modules/npm/bin/npm-cli.js"
EXECUTABLE = 0o755
# No package scripts run, nothing is reported, and the user's own configuration does not change the
# result.
ALWAYS = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_ignore_scripts": "true",
    "npm_config_lockfile_version": "3",
    "npm_config_omit_lockfile_registry_resolved": "false",
    "npm_config_update_notifier": "false",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Npm:
    """An npm program with its settings."""

    argv: tuple[str, ...]
    node: Path | None
    """Directory of its node, if that is not the one on PATH."""
    cache: Path
    registry: str | None = None
    ca_bundle: Path | None = None

    def lock(self, directory: Path) -> None:
        """Write or complete the lock file beside the package.json in `directory`; versions in it
        stay if possible.

        Raises:
            ToolError: there is no resolution, or the registry could not be fetched.

        """
        process.run(
            [*self.argv, "install", "--package-lock-only"], env=self._environment(), cwd=directory
        )

    def configured(self) -> str:
        """Return the registry that npm itself is configured with."""
        try:
            return process.text([*self.argv, "config", "get", "registry"], env=self._environment())
        except ToolError as error:
            # It keeps a URL with a password to itself, and says only that it does.
            hint = error.hint or "set CATALOG_MIRROR_NPM to the URL of the registry"
            raise ToolError(error.argv, error.code, error.tail, hint=hint) from None

    def _environment(self) -> Mapping[str, str]:
        variables = ALWAYS | {"npm_config_cache": str(self.cache)}
        if self.registry:
            variables["npm_config_registry"] = self.registry
        if self.ca_bundle:
            variables["NODE_EXTRA_CA_CERTS"] = str(self.ca_bundle)
        if self.node:
            variables["PATH"] = f"{self.node}{os.pathsep}{os.environ.get('PATH', '')}"
        return variables


def available(cache: Path) -> bool:
    """Tell whether there is an npm to run."""
    return bool(_unpacked(cache)) or shutil.which("npm") is not None


def _unpacked(cache: Path) -> list[Path]:
    """Return the roots unpacked below `cache`, the newest first."""
    roots = sorted((cache / "node").glob("*/*"), reverse=True)
    return [root for root in roots if (root / CLI.lstrip("/")).is_file()]


def command(cache: Path) -> tuple[tuple[str, ...], Path | None]:
    """Return the npm to run and the directory of its node: one unpacked below `cache`, else the
    machine's own.

    Raises:
        ToolError: there is none.

    """
    for root in _unpacked(cache):
        return in_wheel(root)
    if shutil.which("npm"):
        return ("npm",), None
    raise ToolError(
        ["npm"], None, "", hint="install npm, or set CATALOG_MIRROR_NPM to the URL of a registry"
    )


def in_wheel(root: Path) -> tuple[tuple[str, ...], Path]:
    """Return the npm of an unpacked wheel, and the directory of its node."""
    return (str(root / NODE.lstrip("/")), str(root / CLI.lstrip("/"))), root / "bin"


def unpack(wheel: Path, cache: Path) -> Path | None:
    """Unpack the Node.js and npm of a wheel below `cache`, and return their root; None if the wheel
    has none.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        top = next((name.removesuffix(CLI) for name in names if name.endswith(CLI)), None)
        if top is None or top + NODE not in names:
            return None
        target = cache / "node" / wheel.name
        if target.is_dir():
            return target / top
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as beside:
            finished = Path(beside) / "done"
            finished.mkdir()
            wanted = (f"{top}/bin/", f"{top}/lib/")
            members.unzip(
                archive,
                str(wheel),
                finished,
                lambda name: name if name.startswith(wanted) else None,
            )
            (finished / (top + NODE)).chmod(EXECUTABLE)
            settle.sync_tree(finished)
            finished.rename(target)
            settle.sync_names([target.parent])
    return target / top
