"""One service on a cluster, from installation to deletion, each step with its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from builder.errors import BuilderError, ToolError
from builder.events import Monitor, Output, Plain, silent
from builder.tools import process
from builder.tools.kubectl import free_port
from builder.verify.image import Outcome
from builder.verify.release import PATIENCE, Release, answer, eventually

LEFT = "statefulsets,deployments,jobs,services,secrets,configmaps,serviceaccounts,rolebindings,pvc"
"""Kinds of objects that a deleted release must not leave behind."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How a service is tested."""

    release: Release
    shown: Path
    """The chart to name in the commands that are printed for pasting."""
    values: Path | None = None
    """The file with the release's values."""
    keep: bool = False
    patience: float = PATIENCE
    monitor: Monitor = silent
    outcomes: list[Outcome] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))


def attempt(trial: Trial) -> list[Outcome]:
    """Install a service, wait until it is ready, run its own test, request its page, and delete it;
    return how each step ended.

    After a step that failed, only the deletion follows. A release that is to be kept and already
    exists is upgraded.
    """
    release, steps = trial.release, _steps(trial)
    for name, step in steps.items():
        if not _done(trial, name, step):
            break
    if not trial.keep:
        _tell(trial, ["helm", "uninstall", release.name, "--namespace", release.namespace])
        _done(trial, "end", lambda: _end(release))
    return trial.outcomes


def _steps(trial: Trial) -> Mapping[str, Callable[[], object]]:
    return {
        "install": lambda: _install(trial),
        "start": lambda: _start(trial),
        "test": lambda: _test(trial),
        "page": lambda: _page(trial),
    }


def _done(trial: Trial, name: str, step: Callable[[], object]) -> bool:
    """Do a step, and tell whether it succeeded; the outcome of a failure holds what the cluster
    says about it.
    """
    release, began = trial.release, time.monotonic()
    trial.monitor(Output(release.name, name))
    try:
        said, ok = str(step() or ""), True
    except BuilderError as error:
        said, ok = f"{error.message}\n{_report(trial)}".strip(), False
    trial.outcomes.append(
        Outcome(test=f"{release.name} {name}", ok=ok, seconds=time.monotonic() - began, output=said)
    )
    return ok


def _report(trial: Trial) -> str:
    try:
        return trial.release.report(trial.began)
    except ToolError:
        # The release or the cluster no longer exists: there is nothing to report.
        return ""


def _install(trial: Trial) -> None:
    release = trial.release
    if not (trial.keep and release.state() == "deployed"):
        release.uninstall()
    given: list[str | Path] = ["--values", trial.values] if trial.values else []
    verb = ["upgrade", "--install"] if trial.keep else ["install"]
    _tell(
        trial,
        [
            "helm",
            *verb,
            release.name,
            trial.shown,
            "--namespace",
            release.namespace,
            "--create-namespace",
            *given,
        ],
    )
    release.install("--create-namespace")


def _start(trial: Trial) -> None:
    release = trial.release
    for workload in release.workloads():
        _tell(
            trial,
            [
                "kubectl",
                "rollout",
                "status",
                f"{workload['kind']}/{workload['metadata']['name']}".lower(),
                "--namespace",
                release.namespace,
            ],
        )
    release.ready(trial.patience)


def _test(trial: Trial) -> str:
    release = trial.release
    argv = ["test", release.name, "--timeout", f"{trial.patience:.0f}s"]
    _tell(trial, ["helm", *argv, "--namespace", release.namespace])
    return release.helm(*argv)


def _page(trial: Trial) -> str:
    release = trial.release
    page = release.page()
    if page is None:
        return "has no page"
    service, port, path = page
    local = free_port()
    forward = process.quote(
        [
            "kubectl",
            "port-forward",
            f"service/{service}",
            f"{local}:{port}",
            "--namespace",
            release.namespace,
        ]
    )
    trial.monitor(
        Plain(
            f"{forward} & sleep 2; curl --fail --location http://127.0.0.1:{local}{path}; kill $!"
        )
    )
    with release.reach(service, port) as address:
        return f"{path} answers {answer(address, path)}"


def _end(release: Release) -> None:
    release.uninstall()
    eventually(f"nothing is left of {release.name}", lambda: not list(_left(release)))


def _left(release: Release) -> Iterator[str]:
    for one in release.cluster.list(LEFT, release.namespace, release.selector):
        yield f"{one['kind']}/{one['metadata']['name']}"


def _tell(trial: Trial, argv: list[str | Path]) -> None:
    trial.monitor(Plain(process.quote(argv)))
