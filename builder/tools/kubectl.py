"""A Kubernetes cluster through `kubectl`, as a person uses it. Manifests are passed on standard
input, because they may hold secrets.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from builder.documents import from_json
from builder.tools import process

PROGRAM = "kubectl"
Manifest = dict[str, Any]
"""An object as the server has it; Kubernetes defines its fields."""


@dataclass(frozen=True)
class Cluster:
    """The cluster of a kubeconfig."""

    kubeconfig: Path

    def command(self, *argv: str) -> list[str | Path]:
        """Return the kubectl command for this cluster."""
        return [PROGRAM, "--kubeconfig", self.kubeconfig, *argv]

    def kubectl(self, *argv: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed; without `check`, its error messages too.

        Raises:
            ToolError: kubectl is missing, or (with `check`) fails.

        """
        done = process.run(
            self.command(*argv), stdin=None if stdin is None else stdin.encode(), check=check
        )
        return (done.stdout + (b"" if check else done.stderr)).decode(errors="replace")

    def apply(self, *manifests: Mapping[str, object]) -> None:
        """Create or update objects."""
        self.kubectl(
            "apply", "--server-side", "--filename", "-", stdin=yaml.safe_dump_all(manifests)
        )

    def get(self, kind: str, name: str, namespace: str) -> Manifest:
        """Return an object as the server has it."""
        manifest: Manifest = from_json(
            self.kubectl("get", kind, name, "--namespace", namespace, "--output", "json")
        )
        return manifest

    def list(self, kind: str, namespace: str, selector: str = "") -> list[Manifest]:
        """Return objects as the server has them."""
        answer = from_json(
            self.kubectl(
                "get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"
            )
        )
        return [dict(item) for item in answer["items"]]

    @contextlib.contextmanager
    def forward(self, target: str, port: int, namespace: str) -> Iterator[str]:
        """Forward a port of this machine to a pod or service while the context lasts; yield
        `127.0.0.1:<port>`.

        Raises:
            ToolError: kubectl is missing, or fails.

        """
        local = free_port()
        argv = self.command("--namespace", namespace, "port-forward", target, f"{local}:{port}")
        with process.running(argv, lambda line: line.startswith("Forwarding from 127.0.0.1")):
            yield f"127.0.0.1:{local}"


def free_port() -> int:
    """Return a free port of the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
