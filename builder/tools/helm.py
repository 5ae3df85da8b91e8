"""The `helm` program: lint, render, push and pull charts. Values go by standard input, as they may hold secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.errors import BuilderError, ToolError
from builder.tools import process

PROGRAM = "helm"
HINT = "install Helm 3.17 or later, or run `make setup`"


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """How to reach a registry or a repository of charts, beyond what Helm's own configuration says."""

    ca_file: Path | None = None
    plain_http: bool = False

    def arguments(self) -> list[str]:
        """Return the options for Helm."""
        return [*(["--ca-file", str(self.ca_file)] if self.ca_file else []), *(["--plain-http"] if self.plain_http else [])]


def version() -> str:
    """Return Helm's version, without a leading v.

    Raises:
        ToolError: Helm is missing.

    """
    return _run([PROGRAM, "version", "--template", "{{.Version}}"]).removeprefix("v")


def lint(chart: Path, values: Mapping[str, object] | None = None) -> list[str]:
    """Return what `helm lint --strict` says against a chart: warnings and errors.

    Raises:
        ToolError: Helm is missing.

    """
    argv = [PROGRAM, "lint", "--strict", "--quiet", str(chart), *_values(values)]
    done = process.run(argv, stdin=_stdin(values), check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    found = re.findall(r"^\[(?:ERROR|WARNING)\] (.*(?:\n(?!\[|\n|==>|Error:).*)*)", said, re.MULTILINE)
    if done.returncode and not found:
        found = [said.strip()]
    return [" ".join(message.split()) for message in found]


def template(
    chart: Path,
    values: Mapping[str, object] | None = None,
    *,
    release: str = "release",
    namespace: str = "default",
    kubernetes: str | None = None,
    upgrade: bool = False,
    notes: bool = False,
) -> str:
    """Return the manifests of a release, as `helm template` prints them; with `notes`, the notes behind them.

    `kubernetes` is the version that the chart is told to run on. No cluster is asked: `lookup` finds nothing.

    Raises:
        ToolError: Helm is missing, or refuses the chart or the values.

    """
    argv = [PROGRAM, "template", release, str(chart), "--namespace", namespace, *_values(values)]
    argv += [*(["--kube-version", kubernetes] if kubernetes else []), *(["--is-upgrade"] if upgrade else [])]
    if notes:
        argv = [PROGRAM, "install", release, str(chart), "--namespace", namespace, "--dry-run=client", "--debug", *_values(values)]
    return _run(argv, values)


def push(archive: Path, target: str, remote: Remote | None = None) -> str:
    """Push a chart's archive to `target` (`oci://registry/path`) and return what it can be pulled by: `<reference>@<digest>`.

    Raises:
        ToolError: Helm is missing, or the registry refuses.

    """
    said = process.run([PROGRAM, "push", str(archive), target, *(remote or Remote()).arguments()])
    text = (said.stdout + said.stderr).decode(errors="replace")
    reference, digest = re.search(r"Pushed: (\S+)", text), re.search(r"Digest: (\S+)", text)
    if not reference or not digest:
        raise BuilderError(f"helm push said nothing of what it pushed: {text.strip()}")
    return f"{reference[1]}@{digest[1]}"


def published(reference: str, version: str, remote: Remote | None = None) -> bool:
    """Tell whether a registry has a version of the chart `oci://registry/path/name`; a registry that does not answer has none.

    Raises:
        ToolError: Helm is missing.

    """
    argv = [PROGRAM, "show", "chart", reference, "--version", version, *(remote or Remote()).arguments()]
    return not process.run(argv, check=False).returncode


def pull(reference: str, directory: Path, *, version: str | None = None, repository: str | None = None, remote: Remote | None = None) -> Path:
    """Pull a chart's archive into `directory` and return its path.

    `reference` is `oci://registry/path/name`, or with `repository` (the URL of an index) a name. Without `version`, the newest.

    Raises:
        ToolError: Helm is missing, or there is no such chart.

    """
    directory.mkdir(parents=True, exist_ok=True)
    before = set(directory.glob("*.tgz"))
    argv = [PROGRAM, "pull", reference, "--destination", str(directory), *(remote or Remote()).arguments()]
    argv += [*(["--version", version] if version else []), *(["--repo", repository] if repository else [])]
    _run(argv)
    new = set(directory.glob("*.tgz")) - before
    if len(new) != 1:
        raise BuilderError(f"helm pull {reference} brought {len(new)} archives into {directory}", hint="pull into an empty directory")
    return new.pop()


def _values(values: Mapping[str, object] | None) -> Sequence[str]:
    return () if values is None else ("--values", "-")


def _stdin(values: Mapping[str, object] | None) -> bytes | None:
    return None if values is None else json.dumps(values).encode()


def _run(argv: Sequence[str], values: Mapping[str, object] | None = None) -> str:
    try:
        return process.run(argv, stdin=_stdin(values)).stdout.decode()
    except ToolError as error:
        if error.code is None:
            raise ToolError(argv, None, "", hint=HINT) from None
        raise
