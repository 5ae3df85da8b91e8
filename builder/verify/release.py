"""A chart installed on a cluster, as its user sees it: it starts, its own test passes, its page
answers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import requests

from builder.documents import from_json
from builder.errors import BuilderError, ToolError
from builder.tools import helm, web
from builder.tools.kubectl import Cluster, Manifest
from builder.verify.manifests import manifests

T = TypeVar("T")
PATIENCE = 300.0
"""Seconds to wait for what is expected, on a machine that may be busy."""
HOPELESS = {
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "ImagePullBackOff",
    "InvalidImageName",
}
"""Reasons of a waiting container for which waiting longer does not help."""
WORKLOADS = {"Deployment", "StatefulSet"}
UNPLACED = 30.0
"""Seconds after which an unschedulable pod is taken to stay so."""
HOOK = "helm.sh/hook"
PASSWORD = re.compile(r"password: ?([^\n ]+)", re.IGNORECASE)
"""How Onyxia finds the password in the notes."""


def eventually(what: str, look: Callable[[], T], patience: float = PATIENCE) -> T:
    """Poll until there is something true to return; `what` says in a sentence what is waited for.

    Raises:
        BuilderError: nothing was true within `patience` seconds.

    """
    end = time.monotonic() + patience
    while True:
        try:
            seen, why = look(), ""
        except (ToolError, OSError) as error:
            seen, why = None, f" ({error})"
        if seen:
            return seen
        if time.monotonic() > end:
            raise BuilderError(f"timed out after {patience:g} s waiting until {what}{why}")
        time.sleep(0.5)


@dataclass(frozen=True, kw_only=True)
class Release:
    """A chart, installed or about to be."""

    cluster: Cluster
    name: str
    namespace: str
    chart: Path
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def helm(self, *argv: str, values: Mapping[str, object] | None = None) -> str:
        """Run Helm in the release's namespace."""
        return helm.on(self.cluster.kubeconfig, *argv, "--namespace", self.namespace, values=values)

    def kubectl(self, *argv: str, check: bool = True) -> str:
        """Run kubectl in the release's namespace."""
        return self.cluster.kubectl(*argv, "--namespace", self.namespace, check=check)

    def install(self, *options: str) -> Self:
        """Install it, or upgrade it.

        Raises:
            ToolError: Helm or the server refuses.

        """
        argv = ["upgrade", "--install", self.name, str(self.chart), *options]
        self.helm(*argv, values=None if "--reuse-values" in options else self.values)
        return self

    def state(self) -> str | None:
        """Return its status in Helm, such as `deployed` or `pending-install`; None if it does not
        exist.
        """
        try:
            answer = self.helm("status", self.name, "--output", "json")
        except ToolError as error:
            if "not found" in error.tail:
                return None
            raise
        return str(from_json(answer)["info"]["status"])

    @property
    def selector(self) -> str:
        """The label selector of its pods."""
        return f"app.kubernetes.io/instance={self.name}"

    @cached_property
    def objects(self) -> list[Mapping[str, Any]]:
        """Its objects, as Helm rendered them."""
        return self._objects("manifest")

    def _objects(self, what: str) -> list[Mapping[str, Any]]:
        return [dict(one) for one in manifests(self.helm("get", what, self.name))]

    @property
    def notes(self) -> str:
        """The notes that Helm prints when it is installed."""
        return self.helm("get", "notes", self.name)

    @property
    def password(self) -> str:
        """The password, as Onyxia finds it in the notes.

        Raises:
            BuilderError: there is none in the notes.

        """
        notes = self.notes
        match = PASSWORD.search(notes)
        if match is None:
            raise BuilderError(f"there is no password in the notes of {self.name}:\n{notes}")
        return match[1]

    def pods(self) -> list[Manifest]:
        """Return its pods, except those of its tests."""
        pods = self.cluster.list("pods", self.namespace, self.selector)
        return [pod for pod in pods if HOOK not in pod["metadata"].get("annotations", {})]

    def ready(self, patience: float = PATIENCE) -> None:
        """Wait until Onyxia would show it as started: the containers of all its pods are ready, and
        its Jobs have ended.

        Raises:
            BuilderError: it timed out, or something failed that waiting does not fix.

        """
        began = time.monotonic()

        def look() -> bool:
            late = time.monotonic() - began > UNPLACED
            for pod in self.pods():
                why = next(iter(_hopeless(pod, late=late)), None)
                if why is not None:
                    raise BuilderError(why)
            ended = [_ended(job) for job in self._live({"Job"})]
            return all(ended) and all(_rolled_out(one) for one in self.workloads())

        eventually(f"{self.name} is ready", look, patience)

    def workloads(self) -> list[Manifest]:
        """Return the controllers of its pods, as the server has them."""
        return self._live(WORKLOADS)

    def _live(self, kinds: Collection[str]) -> list[Manifest]:
        """Return its objects of some kinds, as the server has them."""
        names = [
            (str(one["kind"]), one["metadata"]["name"])
            for one in self.objects
            if one["kind"] in kinds
        ]
        return [self.cluster.get(kind, name, self.namespace) for kind, name in names]

    def page(self) -> tuple[str, int, str] | None:
        """Return the Service that leads to the HTTP readiness probe of its pods, its port, and the
        probe's path; None if there is no such probe.
        """
        ports = list(self._service_ports())
        for container in self._containers():
            asked = container.get("readinessProbe", {}).get("httpGet")
            names = _port_names(container, asked["port"]) if asked else set()
            for service, port in ports:
                if port.get("targetPort", port["port"]) in names:
                    return service, port["port"], asked.get("path", "/")
        return None

    def _containers(self) -> Iterator[Mapping[str, Any]]:
        for pod in self.pods():
            yield from pod["spec"]["containers"]

    def _service_ports(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the ports of its Services, each with the name of the Service."""
        for one in self.objects:
            if one["kind"] == "Service":
                for port in one["spec"].get("ports", ()):
                    yield one["metadata"]["name"], port

    @contextmanager
    def reach(self, service: str, port: int) -> Iterator[str]:
        """Give one of its services an address on this machine while the context lasts."""
        with self.cluster.forward(f"service/{service}", port, self.namespace) as address:
            yield address

    def uninstall(self) -> None:
        """Delete it, with its volume and the pods of its tests, and wait until its pods are
        gone.
        """
        hooks = self._objects("hooks") if self.state() else []
        tests = [str(one["metadata"]["name"]) for one in hooks if one["kind"] == "Pod"]
        self.helm("uninstall", self.name, "--ignore-not-found")
        if tests:
            self.kubectl("delete", "pods", *tests, "--ignore-not-found", "--wait=false")
        eventually(
            f"{self.name} has stopped",
            lambda: not self.cluster.list("pods", self.namespace, self.selector),
        )

    def report(self, since: datetime) -> str:
        """Return what the cluster says about it: pods, volumes, logs, and the events since a
        moment.
        """
        pods = [
            pod["metadata"]["name"]
            for pod in self.cluster.list("pods", self.namespace, self.selector)
        ]
        said = (
            [
                self.kubectl(
                    "get", "pods,pvc", "--selector", self.selector, "--output", "wide", check=False
                )
            ]
            if pods
            else []
        )
        names = {*pods, *(str(one["metadata"]["name"]) for one in self.objects)}
        events = [
            one
            for one in self.cluster.list("events", self.namespace)
            if one["involvedObject"]["name"] in names and _moment(one) >= since
        ]
        told = [
            f"{one['involvedObject']['name']}: {one['reason']}: {one['message']}"
            for one in sorted(events, key=_moment)
        ]
        said += ["--- events", *dict.fromkeys(told)] if told else []
        for name in pods:
            log = self.kubectl(
                "logs", name, "--all-containers", "--prefix", "--tail", "60", check=False
            ).strip()
            said += [f"--- log of {name}", log or "(empty)"]
        return "\n".join(said)


def answer(address: str, path: str) -> int:
    """Return the status of a page. Redirects are followed, proxies are not used.

    Raises:
        BuilderError: it does not answer, or answers with an error.

    """
    session = requests.Session()
    session.trust_env = False
    try:
        response = session.get(f"http://{address}{path}", timeout=30)
    except (requests.RequestException, ValueError) as error:
        raise BuilderError(f"{path} does not answer: {web.reason(error)}") from error
    if not response.ok:
        raise BuilderError(f"{path} answers {response.status_code} {response.reason}")
    return response.status_code


def _port_names(container: Mapping[str, Any], port: int | str) -> set[int | str]:
    """Return the number and the name of a container's port, given either."""
    names = {port}
    for one in container.get("ports", ()):
        number = one["containerPort"]
        both = {number, one.get("name", number)}
        if port in both:
            names |= both
    return names


def _moment(event: Manifest) -> datetime:
    text = (
        event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"]["creationTimestamp"]
    )
    return datetime.fromisoformat(text)


def _rolled_out(workload: Manifest) -> bool:
    """Tell whether all its pods are of the newest revision, and ready: what `kubectl rollout
    status` waits for.
    """
    status, wanted = workload.get("status", {}), workload["spec"].get("replicas", 1)
    counts = [int(status.get(key, 0)) for key in ("replicas", "updatedReplicas", "readyReplicas")]
    is_seen = bool(status.get("observedGeneration", 0) >= workload["metadata"]["generation"])
    return is_seen and counts == [wanted] * 3


def _ended(job: Manifest) -> bool:
    """Tell whether a Job has completed.

    Raises:
        BuilderError: it has failed for good.

    """
    status = job.get("status", {})
    states = {one["type"]: one for one in status.get("conditions", ()) if one["status"] == "True"}
    if failed := states.get("Failed"):
        name = job["metadata"]["name"]
        raise BuilderError(f"{name}: {failed.get('reason', '')}: {failed.get('message', '')}")
    return "Complete" in states


def _hopeless(pod: Manifest, *, late: bool) -> Iterator[str]:
    """Yield why a pod will never start."""
    name, status = pod["metadata"]["name"], pod["status"]
    for state in [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]:
        waiting = state["state"].get("waiting", {})
        if waiting.get("reason") in HOPELESS:
            ended = state.get("lastState", {}).get("terminated", {})
            last = (
                f" (it ended with {ended.get('exitCode')}: {ended.get('reason')})" if ended else ""
            )
            yield f"{name}: {waiting['reason']}: {waiting.get('message', '')}{last}"
    if not late:
        return
    for condition in status.get("conditions", ()):
        # Other reasons, such as a conflict of the scheduler's own writes, are temporary.
        unplaced = condition["type"] == "PodScheduled" and condition["status"] == "False"
        if unplaced and condition.get("reason") == "Unschedulable":
            yield f"{name}: {condition.get('reason')}: {condition.get('message', '')}"
