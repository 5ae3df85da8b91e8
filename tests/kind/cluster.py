"""A Kubernetes cluster in Docker, and releases of charts in it: what a person does with kubectl and helm."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pykube  # type: ignore[import-untyped]
import yaml
from pytest_helm_charts.utils import wait_for_objects_condition  # type: ignore[import-untyped]

from builder.errors import ToolError
from builder.tools import process

Manifest = dict[str, Any]
PATIENCE = 300.0
"""Seconds in which what is expected has to come true, on a machine that does other things too."""

HOPELESS = {"CrashLoopBackOff", "CreateContainerConfigError", "ImagePullBackOff", "InvalidImageName"}
"""Why a container waits, where waiting longer does not help."""


def eventually(what: str, look: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Look again and again until something true is seen, and return it."""
    end = time.monotonic() + patience
    while True:
        try:
            seen, why = look(), ""
        except (ToolError, OSError) as error:
            seen, why = None, f" ({error})"
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not so after {patience:g} s{why}")
        time.sleep(0.5)


@dataclass(frozen=True)
class Cluster:
    """A cluster that a kubeconfig leads to."""

    kubeconfig: Path

    @cached_property
    def client(self) -> pykube.HTTPClient:
        """A client of its API server."""
        return pykube.HTTPClient(pykube.KubeConfig.from_file(str(self.kubeconfig)))

    def kubectl(self, *argv: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed; its messages too where it may fail."""
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), *argv]
        done = process.run(command, stdin=None if stdin is None else stdin.encode(), check=check)
        return (done.stdout + (b"" if check else done.stderr)).decode(errors="replace")

    def helm(self, *argv: str, values: Mapping[str, Any] | None = None) -> str:
        """Run helm and return what it printed; values go by standard input, as they hold secrets."""
        command = ["helm", "--kubeconfig", str(self.kubeconfig), *argv, *([] if values is None else ["--values", "-"])]
        done = process.run(command, stdin=None if values is None else json.dumps(values).encode())
        return done.stdout.decode()

    def apply(self, *manifests: Manifest) -> None:
        """Create objects, or change them."""
        self.kubectl("apply", "--server-side", "--filename", "-", stdin=yaml.safe_dump_all(manifests))

    def get(self, kind: str, name: str, namespace: str) -> Manifest:
        """Return an object as the server has it."""
        found = json.loads(self.kubectl("get", kind, name, "--namespace", namespace, "--output", "json"))
        assert isinstance(found, dict)
        return found

    def list(self, kind: str, namespace: str, selector: str = "") -> list[Manifest]:
        """Return objects as the server has them."""
        found = json.loads(self.kubectl("get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"))
        return [dict(item) for item in found["items"]]

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Make a namespace."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}})
        # Pods are refused until the namespace has its service account.
        eventually(f"namespace {name} is ready", lambda: self.kubectl("get", "serviceaccount", "default", "--namespace", name, check=True))
        return name

    @contextmanager
    def forward(self, target: str, port: int, namespace: str) -> Iterator[str]:
        """Give a pod or service an address on this machine, as the notes of a chart say; yields `127.0.0.1:<port>`."""
        local = free_port()
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), "--namespace", namespace, "port-forward", target, f"{local}:{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as forwarding:
            assert forwarding.stdout is not None
            first = forwarding.stdout.readline().decode()
            # What it says later must be read, or it blocks.
            threading.Thread(target=forwarding.stdout.read, daemon=True).start()
            assert first.startswith("Forwarding"), f"kubectl port-forward {target}: {first}"
            try:
                yield f"127.0.0.1:{local}"
            finally:
                forwarding.kill()


@dataclass(frozen=True, kw_only=True)
class Release:
    """A chart that was installed."""

    cluster: Cluster
    name: str
    namespace: str
    chart: Path
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chart_name(self) -> str:
        """The chart's name."""
        return str(yaml.safe_load((self.chart / "Chart.yaml").read_text())["name"])

    @property
    def fullname(self) -> str:
        """The name of its objects."""
        return self.name if self.chart_name in self.name else f"{self.name}-{self.chart_name}"

    @property
    def pod(self) -> str:
        """The name of its pod."""
        return f"{self.fullname}-0"

    @property
    def port(self) -> int:
        """The service's own port."""
        return int(yaml.safe_load((self.chart / "values.yaml").read_text())["networking"]["service"]["port"])

    def install(self, *options: str) -> Release:
        """Install it, or upgrade it."""
        argv = ["upgrade", "--install", self.name, str(self.chart), "--namespace", self.namespace, *options]
        self.cluster.helm(*argv, values=None if "--reuse-values" in options else self.values)
        return self

    def changed(self, chart: Path | None = None, **values: Any) -> Release:
        """Return it with another chart or other values, not yet installed."""
        return replace(self, chart=chart or self.chart, values={**self.values, **values})

    def ready(self) -> Release:
        """Wait until Onyxia would show it as started: the containers of its pod are ready."""
        pod = {"obj_type": pykube.Pod, "obj_names": [self.pod], "objs_namespace": self.namespace, "missing_ok": True}
        conditions = {"obj_condition_func": _well, "failure_condition_func": _hopeless, "timeout_sec": int(PATIENCE)}
        wait_for_objects_condition(self.cluster.client, **pod, **conditions)
        return self

    def is_ready(self) -> bool:
        """Tell whether the containers of its pod are ready."""
        return _well(pykube.Pod.objects(self.cluster.client, namespace=self.namespace).get_by_name(self.pod))

    def gone(self) -> None:
        """Wait until it has no pod."""
        eventually(f"{self.name} has stopped", lambda: not self.cluster.list("pods", self.namespace, f"app.kubernetes.io/instance={self.name}"))

    def uninstall(self) -> None:
        """Delete it, with its volume and pod."""
        self.cluster.helm("uninstall", self.name, "--namespace", self.namespace, "--ignore-not-found")
        self.gone()

    @property
    def notes(self) -> str:
        """What Helm prints when it is installed."""
        return self.cluster.helm("get", "notes", self.name, "--namespace", self.namespace)

    @property
    def password(self) -> str:
        """The password, as Onyxia finds it in the notes."""
        found = re.search(r"password: ?([^\n ]+)", self.notes, re.IGNORECASE)
        assert found, f"the notes name no password:\n{self.notes}"
        return found[1]

    @property
    def log(self) -> str:
        """What its pod printed."""
        return self.cluster.kubectl("logs", self.pod, "--namespace", self.namespace, "--all-containers", check=False)

    def run(self, script: str, *, stdin: str | None = None) -> str:
        """Run a bash script in its container, as `kubectl exec` does, in a login shell, and return what it printed."""
        argv = ["exec", "--stdin", self.pod, "--namespace", self.namespace, "--container", self.chart_name, "--"]
        return self.cluster.kubectl(*argv, "bash", "-lc", script, stdin=stdin or "")

    def object(self, kind: str, suffix: str = "") -> Manifest:
        """Return one of its objects."""
        return self.cluster.get(kind, self.fullname + suffix, self.namespace)

    @contextmanager
    def forward(self) -> Iterator[str]:
        """Give it an address on this machine."""
        with self.cluster.forward(f"service/{self.fullname}", self.port, self.namespace) as found:
            yield found


def _well(pod: pykube.Pod) -> bool:
    states = pod.obj["status"].get("containerStatuses", ())
    return "deletionTimestamp" not in pod.obj["metadata"] and bool(states) and all(container["ready"] for container in states)


def _hopeless(pod: pykube.Pod) -> bool:
    states = [*pod.obj["status"].get("initContainerStatuses", ()), *pod.obj["status"].get("containerStatuses", ())]
    return any(container["state"].get("waiting", {}).get("reason") in HOPELESS for container in states)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def gateway() -> str:
    """Return this machine's address on the network of kind's nodes."""
    networks = json.loads(process.text(["docker", "network", "inspect", "kind"]))
    addresses = [item.get("Gateway", "") for item in networks[0]["IPAM"]["Config"]]
    return str(next(address for address in addresses if "." in address))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind cluster of this project, made when it is needed."""

    name: str
    image: str
    folder: Path
    """Where the kubeconfig goes, and what its nodes see as /srv/tests."""

    def create(self) -> Cluster:
        """Make it anew."""
        self.delete()
        (self.folder / "served").mkdir(parents=True, exist_ok=True)
        mount = {"hostPath": str(self.folder / "served"), "containerPath": "/srv/tests", "readOnly": True}
        nodes = [{"role": "control-plane", "extraMounts": [mount]}]
        config = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes}
        kubeconfig = self.folder / "kubeconfig"
        argv = [
            "kind",
            "create",
            "cluster",
            "--name",
            self.name,
            "--image",
            self.image,
            "--kubeconfig",
            str(kubeconfig),
            "--config",
            "-",
            "--wait",
            "120s",
        ]
        process.run(argv, stdin=yaml.safe_dump(config).encode())
        kubeconfig.chmod(0o600)
        return Cluster(kubeconfig)

    def kept(self) -> Cluster | None:
        """Return it if an earlier run left it."""
        there = self.name in process.text(["kind", "get", "clusters"]).split()
        return Cluster(self.folder / "kubeconfig") if there and (self.folder / "kubeconfig").exists() else None

    def mirror(self, host: str, url: str) -> None:
        """Let its node pull images of a registry `host` from a URL instead, by the configuration that containerd documents."""
        folder = f"/etc/containerd/certs.d/{host}"
        text = f'[host."{url}"]\n  capabilities = ["pull", "resolve"]\n'
        write = ["docker", "exec", "--interactive", f"{self.name}-control-plane", "sh", "-c", f"mkdir -p {folder} && cat >{folder}/hosts.toml"]
        process.run(write, stdin=text.encode())

    def delete(self) -> None:
        """Remove it, if it is there."""
        process.run(["kind", "delete", "cluster", "--name", self.name, "--kubeconfig", str(self.folder / "kubeconfig")])


def missing(programs: Sequence[str], image: str) -> str:
    """Return what this machine lacks for a cluster, in words; empty when nothing."""
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if process.run(["docker", "image", "inspect", image], check=False).returncode:
        return f"the node image {image} is not in the Docker engine"
    return ""
