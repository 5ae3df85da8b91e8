"""BuildKit through `docker buildx`: from a Dockerfile to an OCI image layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder import confined
from builder.documents import from_json
from builder.errors import BuilderError, ToolError
from builder.oci.blob import blobs_of, checked_digest
from builder.tools import process

DEFAULT, BUILDER = "default", "catalog"
# What buildx prints when it loses the connection to the engine, at any stage.
LOST = re.compile(
    r"Cannot connect to the Docker daemon|error during connect|code = Unavailable|error reading"
    r" from server|use of closed network connection"
)
EXPORTS = re.compile(r"#\d+ exporting to ")
ERROR = re.compile(r"#(?P<step>[0-9]+) ERROR: (?P<said>.*)").fullmatch
EXIT_CODE = re.compile(r"did not complete successfully: exit code: (?P<code>[0-9]+)")
INSTRUCTION = re.compile(r"Dockerfile:(?P<line>[0-9]+)").fullmatch
_PROXIES = ("ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PROXIES = (*_PROXIES, *map(str.lower, _PROXIES))
"""Variables that the client takes from its own configuration into each step, with the proxy's
password, unless they are given."""
TAIL = 20
"""How many lines of a log are shown if it does not say which step failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenStep:
    """The step of a build that failed."""

    line: int
    """Line of the Dockerfile, from 1; 0 if BuildKit does not say."""
    code: int | None
    """Its exit status, if it had one."""
    output: tuple[str, ...]
    """What it printed, in order."""


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
    """Level of zstd for the layers. The lowest by default: sending them uncompressed would take
    longer than that."""


def builder() -> str:
    """Return the buildx builder to use: the engine's own if it can export OCI layouts, else a
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
        status = from_json(
            process.text(["docker", "info", "--format", "{{json .DriverStatus}}"]) or "null"
        )
    except ToolError as error:
        raise BuilderError(
            f"no Docker engine answers: {error.tail or error.message}",
            hint="start it, or run `make setup`",
        ) from error
    return any("io.containerd.snapshotter" in value for _, value in status or ())


def is_made() -> bool:
    """Tell whether the BuildKit container exists."""
    return process.run(["docker", "buildx", "inspect", BUILDER], check=False).returncode == 0


def build(spec: Build, name: str, on_line: Callable[[str], None] | None = None) -> str:
    """Build with builder `name` into the OCI layout directory `spec.output`, and return the digest
    of the image's manifest.

    Layers that `spec.output` already holds are not written again.

    Raises:
        ToolError: the build failed; `spec.log` has all its output.
        BuilderError: the connection to the engine was lost.

    """
    output = (
        f"type=oci,tar=false,dest={spec.output},compression=zstd,compression-level={spec.level}"
    )
    _run(spec, name, output, on_line)
    index = from_json((spec.output / "index.json").read_bytes())
    return str(index["manifests"][-1]["digest"])


def export(spec: Build, name: str, on_line: Callable[[str], None] | None = None) -> None:
    """Build with builder `name`, and write the files of the image into the directory `spec.output`.

    Raises:
        ToolError, BuilderError: as `build` does.

    """
    _run(spec, name, f"type=local,dest={spec.output}", on_line)


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


def _run(spec: Build, name: str, output: str, on_line: Callable[[str], None] | None) -> None:
    command = [*_command(spec, name), f"--output={output}", spec.context]
    try:
        process.run(command, log=spec.log, on_line=on_line)
    except ToolError as error:
        if error.code is not None and (LOST.search(error.tail) or not _answers()):
            raise BuilderError(
                "the connection to the Docker engine was lost during the build",
                hint="start it, or run `make setup`, and build again: what was finished is kept",
            ) from error
        raise


def _command(spec: Build, name: str) -> list[str | Path]:
    """Return the command that builds, without its output and its context."""
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
        *[f"--build-arg={name}=" for name in PROXIES],
        *[f"--build-arg={key}={value}" for key, value in spec.arguments.items()],
    ]


def broken_step(log: Sequence[str]) -> BrokenStep:
    """Return the step that failed, from BuildKit's plain output.

    BuildKit writes `#5 ERROR: …` when a step fails, `#5 0.35 …` for each line that the step prints,
    and at the end `Dockerfile:7` with the lines around. The output that it repeats there is not
    used: it is only the last few lines.
    """
    errors = [match for match in map(ERROR, log) if match]
    if not errors:
        return BrokenStep(line=0, code=None, output=())
    number, said = errors[-1]["step"], errors[-1]["said"]
    output = re.compile(rf"#{number} [0-9]+\.[0-9]+ ?(?P<text>.*)")
    printed = [match["text"] for match in map(output.fullmatch, log) if match]
    code = EXIT_CODE.search(said)
    places = [match for match in map(INSTRUCTION, log) if match]
    return BrokenStep(
        line=int(places[-1]["line"]) if places else 0,
        code=int(code["code"]) if code else None,
        output=tuple(printed),
    )


def last_words(log: Sequence[str]) -> str:
    """Return the end of BuildKit's plain output, for a failure outside of any step."""
    return "\n".join(log[-TAIL:])


def finished(lines: Sequence[str]) -> bool:
    """Tell from BuildKit's plain output whether a build finished all of its steps."""
    return any(EXPORTS.match(line) for line in lines)


def layers(layout: Path, digest: str) -> list[Path]:
    """Return the blobs of an image's layers in an OCI layout, bottom first; those that the build
    added are compressed with zstd.
    """
    blobs = layout / "blobs" / "sha256"
    name = checked_digest(digest).removeprefix("sha256:")
    _, *added = blobs_of(from_json(confined.read(layout, f"blobs/sha256/{name}")))
    return [blobs / layer.digest.removeprefix("sha256:") for layer in added]
