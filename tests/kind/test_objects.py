"""Objects that the API server accepts, and what they say. No pod of these releases runs: none finds
a node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.errors import ToolError
from builder.tools.kubectl import Manifest
from builder.verify.release import eventually
from tests.kind.cluster import Cluster, Release
from tests.kind.conftest import TEAM, Launcher

pytestmark = pytest.mark.kind
NOWHERE = {"nodeSelector": {"example.org/node": "none"}}
PEER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}


@pytest.fixture(scope="module")
def routes(cluster: Cluster) -> str:
    """OpenShift's Route, as far as a chart is concerned: the API server checks its structure."""
    text = {"type": "string"}
    target = {
        "type": "object",
        "required": ["kind", "name"],
        "properties": {"kind": text, "name": text, "weight": {"type": "integer"}},
    }
    tls = {
        "type": "object",
        "required": ["termination"],
        "properties": {"termination": text, "insecureEdgeTerminationPolicy": text},
    }
    port = {"type": "object", "properties": {"targetPort": {"x-kubernetes-int-or-string": True}}}
    spec = {
        "host": text,
        "path": text,
        "to": target,
        "port": port,
        "tls": tls,
        "wildcardPolicy": text,
    }
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "required": ["to"], "properties": spec}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Route", "plural": "routes", "singular": "route"}
    cluster.apply(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "routes.route.openshift.io"},
            "spec": {
                "group": "route.openshift.io",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        }
    )
    cluster.kubectl(
        "wait", "--for=condition=Established", "crd/routes.route.openshift.io", "--timeout=60s"
    )
    return "route.openshift.io/v1"


@pytest.fixture(scope="module")
def exposed(launch: Launcher, routes: str) -> Release:
    hosts = {"hostname": "lab.example.org", "userHostname": "lab-user.example.org"}
    values: dict[str, Any] = {
        **NOWHERE,
        "ingress": {"enabled": True, "ingressClassName": "nginx", **hosts},
        "route": {"enabled": bool(routes), **hosts},
        "networking": {"user": {"enabled": True, "ports": [5000, 8501]}},
        "security": {
            "networkPolicy": {"enabled": True, "from": [PEER]},
            "allowlist": {"enabled": True, "ip": "192.0.2.0/24"},
        },
    }
    return launch("jupyter-python", "exposed", values)


def backend(rule: Manifest) -> tuple[str, str, int]:
    (path,) = rule["http"]["paths"]
    service = path["backend"]["service"]
    return rule["host"], service["name"], service["port"]["number"]


def test_an_ingress_leads_to_the_service_and_lets_sessions_last(exposed: Release) -> None:
    ingress = exposed.object("ingress", "-ui")
    assert [backend(rule) for rule in ingress["spec"]["rules"]] == [
        ("lab.example.org", exposed.fullname, exposed.port)
    ]
    annotations = ingress["metadata"]["annotations"]
    for what in ("read", "send"):
        assert int(annotations[f"nginx.ingress.kubernetes.io/proxy-{what}-timeout"]) >= 3600, (
            "web sockets that are silent for a minute break"
        )
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "0", (
        "large notebooks are refused"
    )
    assert annotations["nginx.ingress.kubernetes.io/whitelist-source-range"] == "192.0.2.0/24"


def test_each_port_of_the_user_has_its_host(exposed: Release) -> None:
    rules = [backend(rule) for rule in exposed.object("ingress", "-user")["spec"]["rules"]]
    assert rules == [
        (f"lab-user-{port}.example.org", exposed.fullname, port) for port in (5000, 8501)
    ]


def test_the_service_has_the_ports_that_ingress_and_route_name(exposed: Release) -> None:
    ports = {
        port["port"]: port["targetPort"] for port in exposed.object("service")["spec"]["ports"]
    }
    assert ports == {exposed.port: exposed.port, 5000: 5000, 8501: 8501}


def test_a_route_leads_to_the_service_and_lets_sessions_last(exposed: Release) -> None:
    route = exposed.object("route.route.openshift.io", "-ui")
    assert (
        route["spec"]["host"],
        route["spec"]["to"]["name"],
        route["spec"]["port"]["targetPort"],
    ) == (
        "lab.example.org",
        exposed.fullname,
        exposed.port,
    )
    assert route["spec"]["tls"] == {
        "termination": "edge",
        "insecureEdgeTerminationPolicy": "Redirect",
    }
    assert route["metadata"]["annotations"]["haproxy.router.openshift.io/timeout"] == "24h"


def test_network_policies_are_those_asked_for(exposed: Release) -> None:
    policies = exposed.cluster.list(
        "networkpolicy", TEAM, f"app.kubernetes.io/instance={exposed.name}"
    )
    chosen = {
        "app.kubernetes.io/instance": exposed.name,
        "app.kubernetes.io/name": "jupyter-python",
    }
    assert all(policy["spec"]["podSelector"]["matchLabels"] == chosen for policy in policies)
    assert all(policy["spec"]["policyTypes"] == ["Ingress"] for policy in policies)
    assert [policy["spec"]["ingress"][0]["from"] for policy in policies] == [
        [{"podSelector": {}}],
        [PEER],
    ]


def test_without_the_option_there_is_no_policy(launch: Launcher) -> None:
    release = launch("jupyter-python", "open", NOWHERE)
    assert (
        release.cluster.list("networkpolicy", TEAM, f"app.kubernetes.io/instance={release.name}")
        == []
    )


MAY = {
    "view": {
        ("list", "pods"): True,
        ("get", "secrets"): False,
        ("create", "deployments.apps"): False,
        ("create", "rolebindings"): False,
    },
    "edit": {
        ("list", "pods"): True,
        ("get", "secrets"): True,
        ("create", "deployments.apps"): True,
        ("create", "rolebindings"): False,
    },
    "admin": {
        ("list", "pods"): True,
        ("get", "secrets"): True,
        ("create", "deployments.apps"): True,
        ("create", "rolebindings"): True,
    },
}


@pytest.mark.parametrize("role", MAY)
def test_a_role_allows_what_it_says_and_in_no_other_namespace(launch: Launcher, role: str) -> None:
    release = launch(
        "jupyter-python", f"role-{role}", {**NOWHERE, "kubernetes": {"enabled": True, "role": role}}
    )
    account = f"--as=system:serviceaccount:{TEAM}:{release.fullname}"

    def may(verb: str, resource: str, namespace: str) -> bool:
        return (
            release.cluster.kubectl(
                "auth", "can-i", verb, resource, account, "--namespace", namespace, check=False
            ).split()[-1]
            == "yes"
        )

    eventually("the role is known", lambda: may("list", "pods", TEAM))
    assert {asked: may(*asked, TEAM) for asked in MAY[role]} == MAY[role]
    assert not any(may(*asked, "default") for asked in MAY[role])


def test_without_access_the_pod_gets_no_token(launch: Launcher) -> None:
    release = launch("jupyter-python", "tokenless", {**NOWHERE, "kubernetes": {"enabled": False}})
    pod = eventually("its pod is there", lambda: release.object("statefulset"))["spec"]["template"][
        "spec"
    ]
    assert pod["automountServiceAccountToken"] is False
    account = f"--as=system:serviceaccount:{TEAM}:{release.fullname}"
    assert (
        release.cluster.kubectl(
            "auth", "can-i", "list", "pods", account, "--namespace", TEAM, check=False
        ).split()[-1]
        == "no"
    )


def test_the_restricted_namespace_would_refuse_sudo(cluster: Cluster, launch: Launcher) -> None:
    """What the other tests run there proves something only if this is refused."""
    release = launch("jupyter-python", "rooted", {"security": {"sudo": True}}, "restricted")
    said = eventually(
        "the pod is refused",
        lambda: [
            one["message"]
            for one in cluster.list("events", "restricted")
            if one["involvedObject"]["name"] == release.fullname
        ],
    )
    assert "violates PodSecurity" in " ".join(said)


def test_values_that_the_schema_refuses_are_named(launch: Launcher) -> None:
    with pytest.raises(ToolError) as caught:
        launch(
            "jupyter-python",
            "wrong",
            {"service": {"image": {"pullPolicy": "Sometimes"}}, "persistence": {"size": "much"}},
        )
    assert "/service/image/pullPolicy" in str(caught.value)
    assert "/persistence/size" in str(caught.value)


def test_a_release_name_that_is_too_long_is_refused(
    cluster: Cluster, charts: Mapping[str, Path]
) -> None:
    release = Release(
        cluster=cluster, name="a" * 54, namespace=TEAM, chart=charts["jupyter-python"]
    )
    with pytest.raises(ToolError, match="release name is invalid"):
        release.install()


def waits_for(release: Release, reason: str) -> str:
    """Return why the pod does not run, as its user would find it."""

    def look() -> str:
        events = release.cluster.list("events", release.namespace)
        return " ".join(
            one["message"]
            for one in events
            if one["reason"] == reason and release.fullname in one["involvedObject"]["name"]
        )

    return str(eventually(f"{release.name} says {reason}", look))


def test_more_memory_than_any_node_has_is_said(launch: Launcher) -> None:
    release = launch("jupyter-python", "greedy", {"resources": {"requests": {"memory": "900Gi"}}})
    assert "Insufficient memory" in waits_for(release, "FailedScheduling")


def test_a_storage_class_that_is_not_there_is_said(launch: Launcher) -> None:
    release = launch("jupyter-python", "classless", {"persistence": {"storageClass": "nowhere"}})
    assert 'storageclass.storage.k8s.io "nowhere" not found' in waits_for(
        release, "ProvisioningFailed"
    )


def test_a_cluster_without_a_default_storage_class_is_said(
    cluster: Cluster, launch: Launcher
) -> None:
    default = "storageclass.kubernetes.io/is-default-class"
    cluster.kubectl("annotate", "storageclass", "standard", f"{default}=false", "--overwrite")
    try:
        release = launch("jupyter-python", "homeless")
        assert "no storage class is set" in waits_for(release, "FailedBinding")
    finally:
        cluster.kubectl("annotate", "storageclass", "standard", f"{default}=true", "--overwrite")


def test_without_ingress_the_notes_say_how_to_get_there(launch: Launcher) -> None:
    release = launch("jupyter-python", "unexposed", NOWHERE)
    assert (
        f"kubectl --namespace {TEAM} port-forward service/{release.fullname} 8080:{release.port}"
        in release.notes
    )


def test_an_image_that_is_not_there_is_said(launch: Launcher) -> None:
    image = {
        "custom": {"enabled": True, "version": "localhost:5000/catalog/jupyter-python:nowhere"}
    }
    release = launch(
        "jupyter-python", "lost", {"service": {"image": image}, "persistence": {"enabled": False}}
    )
    assert "jupyter-python:nowhere" in waits_for(release, "Failed")


def test_gpus_are_asked_for_and_given(cluster: Cluster, launch: Launcher) -> None:
    release = launch(
        "jupyter-python-gpu",
        "gpu",
        {"resources": {"limits": {"nvidia.com/gpu": "1"}}, "persistence": {"enabled": False}},
    )
    assert "Insufficient nvidia.com/gpu" in waits_for(release, "FailedScheduling")
    (node,) = json.loads(cluster.kubectl("get", "nodes", "--output", "json"))["items"]
    capacity = json.dumps({"status": {"capacity": {"nvidia.com/gpu": "1"}}})
    cluster.kubectl(
        "patch",
        "node",
        node["metadata"]["name"],
        "--subresource=status",
        "--type=merge",
        "--patch",
        capacity,
    )
    assert waits_for(release, "Scheduled")
