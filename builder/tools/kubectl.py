"""A Kubernetes cluster by `kubectl`: what a person does with it. Manifests go by standard input, as
they may hold secrets.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from builder.tools import process

PROGRAM = "kubectl"
Manifest = dict[str, Any]
"""An object as a server has it: what it holds is Kubernetes' to say."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that a kubeconfig leads to."""

    kubeconfig: Path

    def command(self, *argv: str) -> list[str | Path]:
        """Return the command that does something here."""
        return [PROGRAM, "--kubeconfig", self.kubeconfig, *argv]

    def kubectl(self, *argv: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed; its messages too where it may fail.

        Raises:
            ToolError: kubectl is missing, or (with `check`) fails.

        """
        done = process.run(
            self.command(*argv), stdin=None if stdin is None else stdin.encode(), check=check
        )
        return (done.stdout + (b"" if check else done.stderr)).decode(errors="replace")

    def apply(self, *manifests: Mapping[str, object]) -> None:
        """Create objects, or change them."""
        self.kubectl(
            "apply", "--server-side", "--filename", "-", stdin=yaml.safe_dump_all(manifests)
        )

    def get(self, kind: str, name: str, namespace: str) -> Manifest:
        """Return an object as the server has it."""
        manifest: Manifest = json.loads(
            self.kubectl("get", kind, name, "--namespace", namespace, "--output", "json")
        )
        return manifest

    def list(self, kind: str, namespace: str, selector: str = "") -> list[Manifest]:
        """Return objects as the server has them."""
        answer = json.loads(
            self.kubectl(
                "get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"
            )
        )
        return [dict(item) for item in answer["items"]]

    @contextlib.contextmanager
    def forward(self, target: str, port: int, namespace: str) -> Iterator[str]:
        """Give a pod or service an address on this machine while the context lasts; yields
        `127.0.0.1:<port>`.

        Raises:
            ToolError: kubectl is missing, or says why not.

        """
        local = free_port()
        argv = self.command("--namespace", namespace, "port-forward", target, f"{local}:{port}")
        with process.running(argv, lambda line: line.startswith("Forwarding from 127.0.0.1")):
            yield f"127.0.0.1:{local}"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
