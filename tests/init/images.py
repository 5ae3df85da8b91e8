"""Images to test the start script in: the layer as its files say, built once for each content."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from builder.tools import process

ROOT = Path(__file__).parents[2]
PYTHON = {"trixie": "3.13", "bookworm": "3.11"}
NEWEST = pytest.mark.parametrize("release", ["trixie"], indirect=True, scope="session")
# The extension is built for one version of DuckDB.
WHEELS = (
    "pip",
    "requests",
    "uv",
    "duckdb==1.5.5",
    "duckdb-cli==1.5.5",
    "duckdb-extension-httpfs==1.5.5",
)
EXTENSIONS = "/home/onyxia/.duckdb/extensions/v1.5.5/linux_amd64"
REPOSITORY = "catalog-test/init"


def image(release: str, kind: str, scratch: Path) -> str:
    """Build `kind` (base or rich) on a Debian release unless it is there, and return its name."""
    whole = yaml.safe_load((ROOT / "images/base/layer.yaml").read_text())
    layer = {
        key: whole[key]
        for key in ("apt", "files", "run", "env", "user", "workdir", "entrypoint", "cmd")
    }
    template = Path(__file__).with_name("Dockerfile.j2")
    digest = hashlib.sha256(
        repr((layer, template.read_text(), WHEELS, sorted(_contents()))).encode()
    ).hexdigest()[:12]
    name = f"{REPOSITORY}-{kind}:{release}-{digest}"
    if not _exists(name):
        _debian(release)
        _lay_out(scratch, layer, template, release)
        if kind == "rich":
            _download(scratch / "wheels", release)
        _discard_older(f"{REPOSITORY}-{kind}", release)
        # The image stays on this machine: compressing it would take as long as making it.
        output = f"--output=type=image,name={name},compression=uncompressed"
        process.run(["docker", "build", "--quiet", "--target", kind, output, scratch])
    return name


def _lay_out(context: Path, layer: dict[str, Any], template: Path, release: str) -> None:
    (context / "wheels").mkdir(parents=True)
    process.run(["cp", "-r", ROOT / "images/base/files", context / "files"])
    (context / "run").write_text(layer["run"])
    jinja = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
    (context / "Dockerfile").write_text(
        jinja.from_string(template.read_text()).render(
            layer=layer, debian=_debian_name(release), extensions=EXTENSIONS
        )
    )


def _contents() -> list[tuple[str, bytes]]:
    """What is in the image of the layer's files. The start script is not: containers mount it, so
    that a change of it builds nothing."""
    files = ROOT / "images/base/files"
    return [
        (str(path.relative_to(files)), path.read_bytes())
        for path in (files / "etc").rglob("*")
        if path.is_file()
    ]


def _debian_name(release: str) -> str:
    return f"catalog-test/debian:{release}"


def _debian(release: str) -> None:
    if _exists(_debian_name(release)):
        return
    layer = yaml.safe_load((ROOT / "images/debian/layer.yaml").read_text())
    root = process.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=apt",
            f"--include={','.join(layer['apt'])}",
            release,
            "-",
        ]
    ).stdout
    process.run(["docker", "import", "-", _debian_name(release)], stdin=root)


def _download(wheels: Path, release: str) -> None:
    platforms = [f"--platform=manylinux{tag}_x86_64" for tag in ("_2_28", "_2_17", "2014", "_2_5")]
    version = f"--python-version={PYTHON[release]}"
    process.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--dest",
            wheels,
            "--only-binary=:all:",
            version,
            *platforms,
            *WHEELS,
        ]
    )


def _exists(name: str) -> bool:
    return process.run(["docker", "image", "inspect", name], check=False).returncode == 0


def _discard_older(repository: str, release: str) -> None:
    for name in process.text(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", repository]
    ).splitlines():
        if name.startswith(f"{repository}:{release}-"):
            process.run(["docker", "rmi", name], check=False)
