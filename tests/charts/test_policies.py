"""What scanners of charts ask for: the policies of kube-linter, kube-score, checkov and Kyverno
(its restricted and its best-practice ones) that concern such charts, on every chart as it comes,
with every switch turned, and as strict as its options make it. `policies.yaml` lists what remains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.conftest import Chart, Manifest, Rendered

REMAINS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    Path(__file__).with_name("policies.yaml").read_text()
)
STRICT = {
    "security": {"sudo": False, "readOnlyRoot": True, "networkPolicy": {"enabled": True}},
    "kubernetes": {"enabled": False},
    "podDisruptionBudget": {"enabled": True},
}
CASES: Mapping[str, Callable[[Chart], Mapping[str, Any]]] = {
    "defaults": lambda _: {},
    "switches": lambda chart: chart.switches,
    "strict": lambda _: STRICT,
}
RESOURCES = ("cpu", "memory")


def pods(rendered: Rendered) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield each pod, or template of pods: its labels and its spec."""
    for document in rendered.manifests:
        template: Manifest = document
        if document["kind"] != "Pod":
            template = document.get("spec", {}).get("template", {})
        spec = template.get("spec", {})
        if "containers" in spec:
            yield template["metadata"].get("labels", {}), spec


def containers(rendered: Rendered) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield each container with its pod, init containers too."""
    for _, pod in pods(rendered):
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            yield pod, container


def selected(rendered: Rendered, kind: str, selector: str) -> bool:
    """Tell whether an object of a kind selects the pods of the service."""
    wanted = [document["spec"][selector]["matchLabels"] for document in rendered.of(kind)]
    labels = rendered.statefulset["spec"]["template"]["metadata"]["labels"]
    return any(one.items() <= labels.items() for one in wanted)


def context(pod: Manifest, container: Manifest, key: str) -> Any:
    own = container.get("securityContext", {})
    return own.get(key, pod.get("securityContext", {}).get(key))


def every(test: Callable[[Manifest, Manifest], bool]) -> Callable[[Rendered], bool]:
    return lambda rendered: all(test(pod, one) for pod, one in containers(rendered))


def in_every_pod(test: Callable[[Manifest], bool]) -> Callable[[Rendered], bool]:
    return lambda rendered: all(test(pod) for _, pod in pods(rendered))


def has(kind: str) -> Callable[[Manifest, Manifest], bool]:
    return lambda _, one: set(RESOURCES) <= set(one.get("resources", {}).get(kind, {}))


def names_each_once(_: Manifest, container: Manifest) -> bool:
    """Tell whether no variable is named twice: an API server refuses such a pod."""
    names = [variable["name"] for variable in container.get("env", ())]
    return len(names) == len(set(names))


def is_bounded(pod: Manifest) -> bool:
    scratch = [volume["emptyDir"] for volume in pod.get("volumes", ()) if "emptyDir" in volume]
    return all("sizeLimit" in one for one in scratch)


def reads_no_secret(_: Manifest, container: Manifest) -> bool:
    named = [one.get("valueFrom", {}) for one in container.get("env", ())]
    whole = container.get("envFrom", ())
    return not any("secretKeyRef" in one for one in named) and not any(
        "secretRef" in one for one in whole
    )


def asked(probe: Manifest) -> list[Any]:
    """Return what a probe asks, without how often."""
    return [probe.get(key) for key in ("httpGet", "exec", "tcpSocket")]


def has_labels(rendered: Rendered) -> bool:
    wanted = {"app.kubernetes.io/name", "app.kubernetes.io/managed-by"}
    return all(wanted <= set(one["metadata"].get("labels", {})) for one in rendered.manifests)


def has_its_namespace(rendered: Rendered) -> bool:
    return all(one["metadata"].get("namespace") == "ns" for one in rendered.manifests)


def serves_tls(rendered: Rendered) -> bool:
    return all("tls" in one["spec"] for one in [*rendered.of("Ingress"), *rendered.of("Route")])


def names_its_ports(rendered: Rendered) -> bool:
    """As service meshes take protocols from them."""
    ports: list[Manifest] = []
    for service in rendered.of("Service"):
        ports += service["spec"]["ports"]
    return all(port["name"].split("-")[0] in {"http", "tcp", "grpc"} for port in ports)


def tag(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


POLICIES: Mapping[str, Callable[[Rendered], bool]] = {
    # kube-linter: unset-cpu-requirements, unset-memory-requirements; checkov: CKV_K8S_10 to 13;
    # kube-score: container-resources; Kyverno: require-pod-requests-limits
    "requests": every(has("requests")),
    "limits": every(has("limits")),
    # kube-score: container-ephemeral-storage-request-and-limit
    "ephemeral storage": every(
        lambda _, one: "ephemeral-storage" in one.get("resources", {}).get("limits", {})
    ),
    # kube-score: environment-variable-key-duplication
    "each variable once": every(names_each_once),
    # Kyverno: require-emptydir-requests-and-limits
    "size of scratch volumes": in_every_pod(is_bounded),
    # kube-linter: no-read-only-root-fs; checkov: CKV_K8S_22; Kyverno: require-ro-rootfs
    "read-only root": every(lambda pod, one: context(pod, one, "readOnlyRootFilesystem") is True),
    # kube-linter: run-as-non-root; checkov: CKV_K8S_23; Kyverno: require-run-as-nonroot
    "not root": every(lambda pod, one: context(pod, one, "runAsNonRoot") is True),
    # checkov: CKV_K8S_40; kube-score: container-security-context-user-group-id
    "high uid": every(lambda pod, one: (context(pod, one, "runAsUser") or 0) > 10000),
    # kube-linter: privileged-container, privilege-escalation-container; checkov: CKV_K8S_16, 20
    "not privileged": every(lambda pod, one: not context(pod, one, "privileged")),
    "no more privileges": every(
        lambda pod, one: context(pod, one, "allowPrivilegeEscalation") is False
    ),
    # checkov: CKV_K8S_28, 37; Kyverno: disallow-capabilities-strict
    "no capabilities": every(
        lambda pod, one: context(pod, one, "capabilities") == {"drop": ["ALL"]}
    ),
    # checkov has this as CKV_K8S_31, Kyverno as restrict-seccomp-strict
    "seccomp": every(
        lambda pod, one: context(pod, one, "seccompProfile") == {"type": "RuntimeDefault"}
    ),
    # kube-linter: host-network, host-pid, host-ipc; checkov: CKV_K8S_17 to 19
    "nothing of the host": in_every_pod(
        lambda pod: (
            not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
            and not any("hostPath" in volume for volume in pod.get("volumes", ()))
        )
    ),
    "no port of the host": every(
        lambda _, one: not any("hostPort" in port for port in one.get("ports", ()))
    ),
    # kube-linter: latest-tag; checkov: CKV_K8S_14; Kyverno: disallow-latest-tag
    "a tag": every(lambda _, one: tag(one["image"]) not in {"", "latest"}),
    # checkov: CKV_K8S_15; kube-score: container-image-pull-policy
    "pulled always": every(lambda _, one: one["imagePullPolicy"] == "Always"),
    # kube-linter: no-liveness-probe, no-readiness-probe; checkov: CKV_K8S_8, 9
    "probes": lambda rendered: (
        {"livenessProbe", "readinessProbe", "startupProbe"} <= set(rendered.container)
    ),
    # kube-score: pod-probes-identical
    "different probes": lambda rendered: (
        asked(rendered.container["livenessProbe"]) != asked(rendered.container["readinessProbe"])
    ),
    # kube-linter: default-service-account; checkov: CKV_K8S_41
    "a service account": lambda rendered: (
        rendered.pod["serviceAccountName"] != "default" and bool(rendered.of("ServiceAccount"))
    ),
    # checkov has this as CKV_K8S_38, Kyverno as restrict-automount-sa-token
    "no token": in_every_pod(lambda pod: pod["automountServiceAccountToken"] is False),
    "no token of the account": lambda rendered: all(
        one["automountServiceAccountToken"] is False for one in rendered.of("ServiceAccount")
    ),
    # kube-linter: env-var-secret, read-secret-from-env-var; checkov: CKV_K8S_35
    "no secret in variables": every(reads_no_secret),
    # Kyverno: require-labels; kube-score: label-values
    "labels": has_labels,
    # checkov: CKV_K8S_21; kube-linter: use-namespace
    "namespace": has_its_namespace,
    # kube-score: pod-networkpolicy; checkov: CKV2_K8S_6; kube-linter: non-isolated-pod
    "network policy": lambda rendered: selected(rendered, "NetworkPolicy", "podSelector"),
    # kube-score: statefulset-has-poddisruptionbudget; Kyverno: require-pdb
    "disruption budget": lambda rendered: selected(rendered, "PodDisruptionBudget", "selector"),
    # kube-linter: exposed-services; Kyverno: restrict-nodeport; checkov: CKV_K8S_139
    "no port of nodes": lambda rendered: all(
        one["spec"].get("type") == "ClusterIP" for one in rendered.of("Service")
    ),
    # kube-score: ingress-tls
    "tls": serves_tls,
    "names of ports": names_its_ports,
    # kube-linter: access-to-secrets, cluster-admin-role-binding; checkov: CKV_K8S_49
    "no role of the cluster": lambda rendered: not rendered.of("ClusterRoleBinding"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_scanners_ask_for(chart: Chart, case: str) -> None:
    rendered = chart.render(CASES[case](chart))
    wrong = {name for name, holds in POLICIES.items() if not holds(rendered)}
    listed = {name for name, reasons in REMAINS.items() if reasons.get(case)}
    assert wrong <= listed, f"not listed in policies.yaml for {case}: {sorted(wrong - listed)}"


def test_what_is_listed_is_needed(charts: Mapping[str, Chart]) -> None:
    """A policy that all charts obey is in no list."""
    for case, values in CASES.items():
        broken: set[str] = set()
        for chart in charts.values():
            rendered = chart.render(values(chart))
            broken |= {name for name, holds in POLICIES.items() if not holds(rendered)}
        listed = {name for name, reasons in REMAINS.items() if reasons.get(case)}
        assert listed <= broken, f"no longer needed for {case}: {sorted(listed - broken)}"
    assert REMAINS.keys() <= POLICIES.keys()
