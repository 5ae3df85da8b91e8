"""What tests do with a cluster and with releases in it, beyond what `catalog chart test` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pykube  # type: ignore[import-untyped]
import yaml
from pytest_helm_charts.utils import wait_for_objects_condition  # type: ignore[import-untyped]

from builder.tools import helm, kubectl
from builder.tools.kubectl import Manifest
from builder.verify import release
from builder.verify.release import HOPELESS, PATIENCE, eventually


@dataclass(frozen=True)
class Cluster(kubectl.Cluster):
    """A cluster that a kubeconfig leads to."""

    @cached_property
    def client(self) -> pykube.HTTPClient:
        """A client of its API server."""
        return pykube.HTTPClient(pykube.KubeConfig.from_file(str(self.kubeconfig)))

    def helm(self, *argv: str) -> str:
        """Run helm and return what it printed."""
        return helm.on(self.kubeconfig, *argv)

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Make a namespace."""
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": dict(labels or {})},
            }
        )
        # Pods are refused until the namespace has its service account.
        eventually(
            f"namespace {name} is ready",
            lambda: self.kubectl("get", "serviceaccount", "default", "--namespace", name),
        )
        return name


@dataclass(frozen=True, kw_only=True)
class Release(release.Release):
    """A chart of this catalog that was installed: its objects are named as the library names
    them."""

    cluster: Cluster

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
        return int(
            yaml.safe_load((self.chart / "values.yaml").read_text())["networking"]["service"][
                "port"
            ]
        )

    def changed(self, chart: Path | None = None, **values: Any) -> Release:
        """Return it with another chart or other values, not yet installed."""
        return replace(self, chart=chart or self.chart, values={**self.values, **values})

    def started(self) -> Release:
        """Wait until Onyxia would show it as started: the containers of its pod are ready."""
        pod = {
            "obj_type": pykube.Pod,
            "obj_names": [self.pod],
            "objs_namespace": self.namespace,
            "missing_ok": True,
        }
        conditions = {
            "obj_condition_func": _well,
            "failure_condition_func": _hopeless,
            "timeout_sec": int(PATIENCE),
        }
        wait_for_objects_condition(self.cluster.client, **pod, **conditions)
        return self

    def killed(self) -> Release:
        """Kill the pod without a warning; return the release with another one that has started."""

        def uid() -> str:
            return str(self.cluster.get("pod", self.pod, self.namespace)["metadata"]["uid"])

        before, at_once = uid(), ("--grace-period", "0", "--force")
        self.kubectl("delete", "pod", self.pod, *at_once)
        eventually("another pod has started", lambda: uid() != before)
        return self.started()

    def is_ready(self) -> bool:
        """Tell whether the containers of its pod are ready."""
        return _well(
            pykube.Pod.objects(self.cluster.client, namespace=self.namespace).get_by_name(self.pod)
        )

    def gone(self) -> None:
        """Wait until it has no pod."""
        eventually(
            f"{self.name} has stopped",
            lambda: not self.cluster.list("pods", self.namespace, self.selector),
        )

    @property
    def log(self) -> str:
        """What its pod printed."""
        return self.kubectl("logs", self.pod, "--all-containers", check=False)

    def run(self, script: str, *, stdin: str | None = None) -> str:
        """Run a bash script in its container, as `kubectl exec` does, in a login shell, and return
        what it printed."""
        argv = [
            "exec",
            "--stdin",
            self.pod,
            "--namespace",
            self.namespace,
            "--container",
            self.chart_name,
            "--",
        ]
        return self.cluster.kubectl(*argv, "bash", "-lc", script, stdin=stdin or "")

    def object(self, kind: str, suffix: str = "") -> Manifest:
        """Return one of its objects."""
        return self.cluster.get(kind, self.fullname + suffix, self.namespace)

    @contextmanager
    def forward(self) -> Iterator[str]:
        """Give it an address on this machine."""
        with self.reach(self.fullname, self.port) as found:
            yield found


def _well(pod: pykube.Pod) -> bool:
    states = pod.obj["status"].get("containerStatuses", ())
    return (
        "deletionTimestamp" not in pod.obj["metadata"]
        and bool(states)
        and all(container["ready"] for container in states)
    )


def _hopeless(pod: pykube.Pod) -> bool:
    states = [
        *pod.obj["status"].get("initContainerStatuses", ()),
        *pod.obj["status"].get("containerStatuses", ()),
    ]
    return any(
        container["state"].get("waiting", {}).get("reason") in HOPELESS for container in states
    )
