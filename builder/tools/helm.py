"""The `helm` program: lint, render, push, pull and install charts. Values are passed on standard
input, because they may hold secrets.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.errors import BuilderError, ToolError
from builder.redact import told
from builder.tools import process
from builder.tools.limits import Limits

PROGRAM = "helm"
HINT = "install Helm 3.17 or later, or run `make setup`"
THRIFT = {
    name: os.environ.get(name, value)
    for name, value in {"GOGC": "off", "GOMEMLIMIT": "1GiB"}.items()
}
"""Go's settings. Garbage collection is a quarter of Helm's time, and a run is too short for it to
pay off."""
UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
LIMITS = Limits(seconds=60, memory=4 << 30)
"""A chart's templates may be a stranger's. Helm lets them read no file and ask no network, but loop
as long as they like."""
SECTION = re.compile(r"^==> Linting (.*)\n((?:(?!==> |Error: ).*\n?)*)", re.MULTILINE)
MESSAGE = re.compile(r"^\[(?:ERROR|WARNING)\] (.*(?:\n(?!\[|\n).*)*)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """How to reach a registry or a repository of charts, beyond what Helm's own configuration
    says.
    """

    ca_file: Path | None = None
    plain_http: bool = False

    def arguments(self) -> list[str]:
        """Return the options of Helm for it."""
        return [
            *(["--ca-file", str(self.ca_file)] if self.ca_file else []),
            *(["--plain-http"] if self.plain_http else []),
        ]


def version() -> str:
    """Return Helm's version, without a leading v.

    Raises:
        ToolError: Helm is missing.

    """
    return _run([PROGRAM, "version", "--template", "{{.Version}}"]).removeprefix("v")


def lint_command(charts: Sequence[Path]) -> list[str | Path]:
    """Return the command that lints charts."""
    return [PROGRAM, "lint", "--strict", "--quiet", *charts]


def lint(*charts: Path) -> dict[Path, list[str]]:
    """Return what `helm lint --strict` says against each chart: warnings and errors.

    Raises:
        ToolError: Helm is missing.

    """
    complaints: dict[Path, list[str]] = {chart: [] for chart in charts}
    if not charts:
        return complaints
    done = _started(lint_command(charts), check=False)
    for name, text in SECTION.findall(done.stdout.decode(errors="replace")):
        complaints[Path(name)] += [" ".join(message.split()) for message in MESSAGE.findall(text)]
    if done.returncode and not any(complaints.values()):
        complaints[charts[0]].append((done.stdout + done.stderr).decode(errors="replace").strip())
    return complaints


def template_command(
    chart: Path,
    *,
    release: str = "release",
    namespace: str = "default",
    kubernetes: str | None = None,
    options: Sequence[str] = (),
) -> list[str | Path]:
    """Return the command that renders a chart."""
    version = ["--kube-version", kubernetes] if kubernetes else []
    return [PROGRAM, "template", release, chart, "--namespace", namespace, *version, *options]


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
    """Return the manifests of a release, as `helm template` prints them; with `notes`, followed by
    the notes.

    `kubernetes` is the version that the chart is rendered for. No cluster is used: `lookup` finds
    nothing.

    Raises:
        ToolError: Helm is missing, or refuses the chart or the values.

    """
    options = [*_values(values), *(["--is-upgrade"] if upgrade else [])]
    argv = template_command(
        chart, release=release, namespace=namespace, kubernetes=kubernetes, options=options
    )
    if notes:
        argv = [
            PROGRAM,
            "install",
            release,
            chart,
            "--namespace",
            namespace,
            "--dry-run=client",
            "--debug",
            *_values(values),
        ]
    return _run(argv, values)


def push_command(archive: Path, target: str, remote: Remote | None = None) -> list[str | Path]:
    """Return the command that pushes an archive."""
    return [PROGRAM, "push", archive, target, *(remote or Remote()).arguments()]


def push(archive: Path, target: str, remote: Remote | None = None) -> str:
    """Push a chart's archive to `target` (`oci://registry/path`) and return the reference to pull
    it with: `<reference>@<digest>`.

    Raises:
        ToolError: Helm is missing.
        BuilderError: the registry refuses, or says nothing that Helm understands.

    """
    said = _started(push_command(archive, target, remote), check=False)
    if said.returncode:
        why = told((said.stderr or said.stdout).decode(errors="replace"))
        raise BuilderError(
            f"{target} does not take {archive.name}: {why}",
            hint="`helm registry login` makes its credentials known to Helm",
        )
    text = (said.stdout + said.stderr).decode(errors="replace")
    reference, digest = re.search(r"Pushed: (\S+)", text), re.search(r"Digest: (\S+)", text)
    if not reference or not digest:
        raise BuilderError(f"helm push did not say what it pushed: {told(text)}")
    return f"{reference[1]}@{digest[1]}"


def published(reference: str, version: str, remote: Remote | None = None) -> bool:
    """Tell whether a registry has a version of the chart `oci://registry/path/name`; False if the
    registry does not answer.

    Raises:
        ToolError: Helm is missing.

    """
    argv = [
        PROGRAM,
        "show",
        "chart",
        reference,
        "--version",
        version,
        *(remote or Remote()).arguments(),
    ]
    return not _started(argv, check=False).returncode


def pull(
    reference: str,
    directory: Path,
    *,
    version: str | None = None,
    repository: str | None = None,
    remote: Remote | None = None,
) -> Path:
    """Pull a chart's archive into `directory` and return its path.

    `reference` is `oci://registry/path/name`, or with `repository` (the URL of an index) a name.
    Without `version`, the newest one.

    Raises:
        ToolError: Helm is missing, or there is no such chart.

    """
    directory.mkdir(parents=True, exist_ok=True)
    before = set(directory.glob("*.tgz"))
    argv = [
        PROGRAM,
        "pull",
        reference,
        "--destination",
        str(directory),
        *(remote or Remote()).arguments(),
    ]
    argv += [
        *(["--version", version] if version else []),
        *(["--repo", repository] if repository else []),
    ]
    _run(argv)
    new = set(directory.glob("*.tgz")) - before
    if len(new) != 1:
        raise BuilderError(
            f"helm pull {reference} wrote {len(new)} archives into {directory}",
            hint="pull into an empty directory",
        )
    return new.pop()


def on(kubeconfig: Path, *argv: str, values: Mapping[str, object] | None = None) -> str:
    """Run Helm on the cluster of a kubeconfig, and return what it printed.

    Raises:
        ToolError: Helm is missing, or fails.

    """
    return _run([PROGRAM, "--kubeconfig", str(kubeconfig), *argv, *_values(values)], values)


def _values(values: Mapping[str, object] | None) -> Sequence[str]:
    return () if values is None else ("--values", "-")


def _stdin(values: Mapping[str, object] | None) -> bytes | None:
    if values is None:
        return None
    # YAML takes characters beyond U+FFFF as they are alone, and those that nobody sees not so.
    text = json.dumps(values, ensure_ascii=False)
    text = UNPRINTABLE.sub(lambda character: f"\\u{ord(character[0]):04x}", text)
    return text.encode()


def _run(argv: Sequence[str | Path], values: Mapping[str, object] | None = None) -> str:
    return _started(argv, values).stdout.decode()


def _started(
    argv: Sequence[str | Path], values: Mapping[str, object] | None = None, *, check: bool = True
) -> process.Done:
    try:
        return process.run(argv, env=THRIFT, stdin=_stdin(values), check=check, limits=LIMITS)
    except ToolError as error:
        if error.code is None:
            raise ToolError(error.argv, None, "", hint=HINT) from None
        raise
