"""A Kubernetes cluster in Docker, through `kind` and `docker`."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from builder.documents import from_json
from builder.errors import BuilderError, ToolError
from builder.events import Monitor, Plain, silent
from builder.tools import process
from builder.tools.kubectl import Cluster
from builder.tree import File, replace

PROGRAMS = ("docker", "kind", "kubectl", "helm")
NODE = "kindest/node"
"""The repository of kind's node images."""
PATIENCE = "120s"
ANSWER = 60.0
"""Seconds within which a started cluster must answer."""
SETUP = "run `make setup`"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A cluster made by kind. Its kubeconfig is a separate file: the user's is not changed."""

    name: str
    kubeconfig: Path
    monitor: Monitor = silent

    def exists(self) -> bool:
        """Tell whether it exists.

        Raises:
            ToolError: kind or Docker is missing, or no engine answers.

        """
        return self.name in process.text(["kind", "get", "clusters"]).split()

    def connect(self) -> Cluster:
        """Return the existing cluster; nodes that stopped with the engine are started again.

        Raises:
            ToolError: it does not exist.
            BuilderError: it does not answer.

        """
        process.run(["docker", "start", *self.nodes()])
        kubeconfig = process.run(["kind", "get", "kubeconfig", "--name", self.name]).stdout
        replace(self.kubeconfig, File(kubeconfig, 0o600))
        cluster, end = Cluster(self.kubeconfig), time.monotonic() + ANSWER
        while "ok" not in cluster.kubectl("get", "--raw", "/readyz", check=False):
            if time.monotonic() > end:
                hint = (
                    f"look at `docker logs {self.nodes()[0]}`, or create a new one: `kind delete"
                    f" cluster --name {self.name}`"
                )
                raise BuilderError(f"the cluster {self.name} does not answer", hint=hint)
            time.sleep(0.5)
        return cluster

    def nodes(self) -> list[str]:
        """Return the containers that are its nodes."""
        return process.text(["kind", "get", "nodes", "--name", self.name]).split()

    def create(self, image: str, mounts: Mapping[Path, str] | None = None) -> Cluster:
        """Create it, from a node image that the engine has; `mounts` maps directories of this
        machine to paths in the node.

        Raises:
            ToolError: kind failed.

        """
        argv: list[str | Path] = [
            "kind",
            "create",
            "cluster",
            "--name",
            self.name,
            "--image",
            image,
            "--wait",
            PATIENCE,
        ]
        self.monitor(Plain(process.quote([*argv, "--kubeconfig", self.kubeconfig])))
        volumes = [
            {"hostPath": str(path), "containerPath": there, "readOnly": True}
            for path, there in (mounts or {}).items()
        ]
        nodes = [{"role": "control-plane", **({"extraMounts": volumes} if volumes else {})}]
        config = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes}
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        process.run(
            [*argv, "--kubeconfig", self.kubeconfig, "--config", "-"],
            stdin=yaml.safe_dump(config).encode(),
        )
        self.kubeconfig.chmod(0o600)
        return Cluster(self.kubeconfig)

    def delete(self) -> None:
        """Delete it, if it exists."""
        argv: list[str | Path] = [
            "kind",
            "delete",
            "cluster",
            "--name",
            self.name,
            "--kubeconfig",
            self.kubeconfig,
        ]
        self.monitor(Plain(process.quote(argv)))
        process.run(argv)
        self.kubeconfig.unlink(missing_ok=True)

    @contextlib.contextmanager
    def mirror(self, host: str, url: str) -> Iterator[None]:
        """While the context lasts, let its nodes pull images of a registry `host` from a URL first:
        containerd reads this setting at each pull.
        """
        folder = f"/etc/containerd/certs.d/{host}"
        text = f'[host."{url}"]\n  capabilities = ["pull", "resolve"]\n'
        nodes = self.nodes()
        before = {
            node: process.run(["docker", "exec", node, "cat", f"{folder}/hosts.toml"], check=False)
            for node in nodes
        }
        for node in nodes:
            _write(node, folder, text.encode())
        try:
            yield
        finally:
            # If the cluster is gone, there is nothing to restore.
            with contextlib.suppress(ToolError):
                for node, file in before.items():
                    _write(node, folder, b"" if file.returncode else file.stdout)


def _write(node: str, folder: str, data: bytes) -> None:
    """Write a node's hosts.toml; without data, remove it."""
    script = f"mkdir -p {folder} && cat >{folder}/hosts.toml" if data else f"rm -rf {folder}"
    process.run(["docker", "exec", "--interactive", node, "sh", "-c", script], stdin=data)


def node_image(wanted: str | None = None) -> str:
    """Return the node image for a new cluster: the wanted one, else the newest that the engine has.

    Raises:
        BuilderError: the engine has none, or not the wanted one, or does not answer; or a program
        is missing.

    """
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        raise BuilderError(
            f"a cluster needs {' and '.join(absent)}, which {'is' if len(absent) == 1 else 'are'}"
            " not installed",
            hint=SETUP,
        )
    images = sorted(_images(), key=_version, reverse=True)
    if wanted is None and not images:
        pulling = f"`docker pull {NODE}:v…` with a version of Kubernetes that your kind supports"
        hint = f"{SETUP}, or {pulling}"
        raise BuilderError(f"the Docker engine has no node image of kind ({NODE})", hint=hint)
    if (
        wanted is not None
        and wanted not in images
        and process.run(["docker", "image", "inspect", wanted], check=False).returncode
    ):
        raise BuilderError(
            f"the Docker engine has no node image {wanted}",
            hint=f"{SETUP}, or `docker pull {wanted}`; it is set by CATALOG_NODE_IMAGE",
        )
    return wanted or images[0]


def gateway() -> str:
    """Return this machine's address on the network of kind's nodes.

    Raises:
        BuilderError: there is no such network.

    """
    networks = from_json(process.text(["docker", "network", "inspect", "kind"]))
    addresses = [str(item.get("Gateway", "")) for item in networks[0]["IPAM"]["Config"]]
    gateway_address = next((address for address in addresses if "." in address), None)
    if gateway_address is None:
        raise BuilderError(
            "Docker's network of kind's nodes has no IPv4 gateway",
            hint="`docker network rm kind`, and create the cluster again",
        )
    return gateway_address


def _images() -> Iterator[str]:
    try:
        listing = process.text(
            ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", NODE]
        )
    except ToolError as error:
        raise BuilderError(
            f"no Docker engine answers: {error.tail or error.message}",
            hint="start it, or run `make setup`",
        ) from error
    yield from (name for name in listing.split() if not name.endswith(":<none>"))


def _version(image: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", image.rpartition(":")[2])]
