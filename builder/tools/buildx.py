"""BuildKit through `docker buildx`: a Dockerfile to an OCI image layout."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from builder.errors import BuilderError, ToolError
from builder.tools import process

DEFAULT, BUILDER = "default", "catalog"
# How buildx says that it lost the engine, wherever it was just then.
LOST = re.compile(
    r"Cannot connect to the Docker daemon|error during connect|code = Unavailable|error reading"
    r" from server|use of closed network connection"
)
EXPORTS = re.compile(r"#\d+ exporting to ")
FAILED_AT = re.compile(r"Dockerfile:(\d+)$")


@dataclass(frozen=True, kw_only=True)
class Build:
    """One BuildKit build. `contexts` names further contexts: a directory, or
    `oci-layout://DIR@DIGEST`.
    """

    context: Path
    output: Path
    contexts: Mapping[str, str]
    log: Path
    arguments: Mapping[str, str]
    cache: bool = True
    level: int = 1
    """Of zstd, for the layers. Least by default: to send them uncompressed takes more time than
    that."""


def builder() -> str:
    """Return the buildx builder to use: the engine's own where it can export OCI layouts, else a
    BuildKit container.

    Raises:
        BuilderError: no engine answers.

    """
    if is_default_able():
        return DEFAULT
    if not is_made():
        process.run(
            ["docker", "buildx", "create", "--name", BUILDER, "--driver", "docker-container"]
        )
    return BUILDER


def is_default_able() -> bool:
    """Tell whether the engine's own builder can export OCI layouts.

    Raises:
        BuilderError: no engine answers.

    """
    try:
        status = json.loads(
            process.text(["docker", "info", "--format", "{{json .DriverStatus}}"]) or "null"
        )
    except ToolError as error:
        raise BuilderError(
            f"no Docker engine answers: {error.tail or error.message}",
            hint="start it, or run `make setup`",
        ) from error
    return any("io.containerd.snapshotter" in value for _, value in status or ())


def is_made() -> bool:
    """Tell whether the BuildKit container is there."""
    return process.run(["docker", "buildx", "inspect", BUILDER], check=False).returncode == 0


def build(spec: Build, name: str, on_line: Callable[[str], None] | None = None) -> str:
    """Build with builder `name` into the OCI layout directory `spec.output`, and return the digest
    of the image's manifest.

    Layers that `spec.output` already holds are not written again.

    Raises:
        ToolError: the build failed; `spec.log` has all its output.
        BuilderError: the engine went away.

    """
    try:
        _run(spec, name, on_line)
    except ToolError as error:
        if error.code is not None and (LOST.search(error.tail) or not _answers()):
            raise BuilderError(
                "the Docker engine went away during the build",
                hint="start it, or run `make setup`, and build again: what was finished is kept",
            ) from error
        raise
    index = json.loads((spec.output / "index.json").read_bytes())
    return str(index["manifests"][-1]["digest"])


def load(spec: Build, name: str, tag: str, on_line: Callable[[str], None] | None = None) -> None:
    """Build with builder `name` into the Docker engine, as an image called `tag`; nothing is
    written to `spec.output`.

    Raises:
        ToolError: the build failed; `spec.log` has all its output.

    """
    command = [*_command(spec, name), "--load", f"--tag={tag}", spec.context]
    process.run(command, log=spec.log, on_line=on_line)


def _answers() -> bool:
    return (
        process.run(
            ["docker", "version", "--format", "{{.Server.Version}}"], check=False
        ).returncode
        == 0
    )


def _run(spec: Build, name: str, on_line: Callable[[str], None] | None) -> None:
    output = (
        f"type=oci,tar=false,dest={spec.output},compression=zstd,compression-level={spec.level}"
    )
    command = [*_command(spec, name), f"--output={output}", spec.context]
    process.run(command, log=spec.log, on_line=on_line)


def _command(spec: Build, name: str) -> list[str | Path]:
    """Return the command that builds, without where to, and without the context."""
    return [
        "docker",
        "buildx",
        "build",
        f"--builder={name}",
        "--progress=plain",
        "--provenance=false",
        "--network=none",
        *([] if spec.cache else ["--no-cache"]),
        *[f"--build-context={key}={value}" for key, value in spec.contexts.items()],
        *[f"--build-arg={key}={value}" for key, value in spec.arguments.items()],
    ]


def failure(lines: Sequence[str]) -> str:
    """Return from BuildKit's plain output what tells why a build failed: the last lines of the step
    that did.

    BuildKit repeats them at its end, under a line ` > [step] command:` and above a rule of dashes.
    """
    starts = [number for number, line in enumerate(lines) if line.startswith(" > [")]
    if not starts:
        return "\n".join(lines[-20:])
    block = takewhile(lambda line: not line.startswith("---"), lines[starts[-1] + 1 :])
    return "\n".join(re.sub(r"^[0-9.]+ ", "", line) for line in block)


def failed_line(lines: Sequence[str]) -> int | None:
    """Return the line of the Dockerfile, from 1, at which a build failed by BuildKit's plain
    output; None where it does not say.
    """
    numbers = [match[1] for line in lines if (match := FAILED_AT.match(line))]
    return int(numbers[-1]) if numbers else None


def finished(lines: Sequence[str]) -> bool:
    """Tell from BuildKit's plain output whether a build went through all of its steps."""
    return any(EXPORTS.match(line) for line in lines)


def layers(layout: Path, digest: str) -> list[Path]:
    """Return the blobs of an image's layers in an OCI layout, bottom first; those that the build
    added are compressed by zstd.
    """
    blobs = layout / "blobs" / "sha256"
    manifest = json.loads((blobs / digest.removeprefix("sha256:")).read_bytes())
    return [blobs / layer["digest"].removeprefix("sha256:") for layer in manifest["layers"]]
