"""What people reported of charts like ours: one small test for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import helm_python
import pytest

from builder.charts.model import walk
from builder.charts.switches import joined
from builder.verify.manifests import problems
from tests.charts.conftest import (
    Chart,
    all_charts,
    pytest_generate_tests,
)

__all__ = ["pytest_generate_tests"]  # one test for each chart

Values = dict[str, Any]
JUPYTER = all_charts()["jupyter-python"]


# apache/couchdb-helm#100, bitnami/charts#3611: `annotations: []` where there is a map
@pytest.mark.parametrize("section", ["ingress", "route", "httproute", "istio", "serviceAccount"])
def test_an_empty_list_of_annotations(interactive: Chart, section: str) -> None:
    rendered = interactive.render({section: {"enabled": True, "annotations": []}})
    assert problems(rendered.manifests) == []


def test_a_list_that_is_not_empty_is_no_map(interactive: Chart) -> None:
    with pytest.raises(helm_python.HelmValuesError, match="/ingress/annotations"):
        interactive.render({"ingress": {"annotations": ["a"]}})


# goharbor/harbor-helm#2351, thanos-community/helm-charts#199: timeouts are extended support of
# the Gateway API, and only there when somebody asks for them
def test_a_route_has_the_timeouts_that_were_asked_for(interactive: Chart) -> None:
    (route,) = interactive.render({"httproute": {"enabled": True}}).of("HTTPRoute")
    assert "timeouts" not in route["spec"]["rules"][0]
    values = {"httproute": {"enabled": True, "timeouts": {"request": "0s"}}}
    (route,) = interactive.render(values).of("HTTPRoute")
    assert route["spec"]["rules"][0]["timeouts"] == {"request": "0s"}


# bitnami/charts#10730, bitnami/charts#6037: policies of a cluster ask for a label on everything
def test_common_labels_are_on_every_object(chart: Chart) -> None:
    given: Values = {"team": "a", "app.kubernetes.io/instance": "other"}
    rendered = chart.render(joined(chart.switches, {"commonLabels": given}))
    for document in rendered.manifests:
        assert document["metadata"]["labels"]["team"] == "a", document["kind"]
    template = rendered.statefulset["spec"]["template"]["metadata"]["labels"]
    assert template["team"] == "a"
    assert template["app.kubernetes.io/instance"] == "rel"
    assert "team" not in rendered.statefulset["spec"]["selector"]["matchLabels"]


# helm/helm#6261, bedag/helm-charts#135, billimek/billimek-charts#168: data that goes with a release
def test_a_volume_that_is_kept(chart: Chart) -> None:
    values = {"persistence": {"keep": True, "annotations": {"example.org/backup": "daily"}}}
    rendered = chart.render(values)
    (claim,) = rendered.of("PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {
        "helm.sh/resource-policy": "keep",
        "example.org/backup": "daily",
    }
    assert "deleted with the service" not in rendered.notes
    assert "annotations" not in chart.render().of("PersistentVolumeClaim")[0]["metadata"]


# jupyterhub/zero-to-jupyterhub-k8s#534, SwissDataScienceCenter/renku#1541: who may go where; a rule
# without names of hosts is of no use
def test_rules_for_what_a_pod_may_connect_to(chart: Chart) -> None:
    rule = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}
    policies = chart.render({"security": {"networkPolicy": {"egress": [rule]}}}).of("NetworkPolicy")
    (policy,) = policies
    assert policy["spec"]["policyTypes"] == ["Egress"]
    names, same, given = policy["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert same == {"to": [{"podSelector": {}}]}
    assert given == rule


# bitnami/charts#2199: Istio takes the protocol from the name of a port
def test_names_of_ports_tell_their_protocol(chart: Chart) -> None:
    values = {"networking": {"user": {"enabled": True, "ports": [65535, 5000]}}}
    (service,) = chart.render(values).of("Service")
    names = [port["name"] for port in service["spec"]["ports"]]
    assert all(re.fullmatch(r"(http|tcp)(-[a-z0-9-]+)?", name) for name in names), names
    assert max(len(name) for name in names) <= 15


# joeferner/redis-commander#545: a VirtualService, only when it is asked for, with annotations
def test_a_virtual_service(interactive: Chart) -> None:
    assert not interactive.render().of("VirtualService")
    istio = {
        "enabled": True,
        "gateways": ["istio-system/public"],
        "hostname": "jo-0.example.org",
        "annotations": {"example.org/team": "a"},
    }
    rendered = interactive.render({"istio": istio})
    (service,) = rendered.of("VirtualService")
    assert service["spec"]["hosts"] == ["jo-0.example.org"]
    assert service["spec"]["gateways"] == ["istio-system/public"]
    destination = service["spec"]["http"][0]["route"][0]["destination"]
    assert destination["host"] == f"rel-{interactive.name}.ns.svc"
    assert "https://jo-0.example.org/" in rendered.notes
    assert not interactive.render({"istio": istio, "global": {"suspend": True}}).of(
        "VirtualService"
    )


@pytest.mark.parametrize(
    ("given", "requests", "limits"),
    [
        ({}, {"cpu": "100m", "memory": "512Mi"}, {"cpu": "30", "memory": "50Gi"}),
        (
            {"limits": {"cpu": "50m", "memory": "256Mi"}},
            {"cpu": "50m", "memory": "256Mi"},
            {"cpu": "50m", "memory": "256Mi"},
        ),
        (
            {"requests": {"memory": "64Gi"}},
            {"cpu": "100m", "memory": "64Gi"},
            {"cpu": "30", "memory": "64Gi"},
        ),
        (
            {"limits": {"cpu": "0", "memory": "0"}},
            {"cpu": "100m", "memory": "512Mi"},
            {},
        ),
    ],
)
def test_requests_and_limits_that_fit(
    given: Values, requests: Mapping[str, str], limits: Mapping[str, str]
) -> None:
    found = JUPYTER.render({"resources": given}).container["resources"]
    assert (found["requests"], found["limits"]) == (requests, limits)


@pytest.mark.parametrize(
    "values",
    [
        {"ingress": {"hostname": "My_Host.example.org"}},
        {"ingress": {"hostname": ""}},
        {"ingress": {"hostname": "a..b"}},
        {"ingress": {"hostname": "-a.b"}},
        {"ingress": {"hostname": "https://a.b"}},
        {"ingress": {"hostname": "a" * 64 + ".b"}},
        {"route": {"hostname": "*.example.org"}},
        {"httproute": {"timeouts": {"request": "1 minute"}}},
        {"httproute": {"userHostname": "a_b"}},
        {"ingress": {"tlsSecretName": "a..b"}},
        {"s3": {"secretName": "a.-b"}},
        {"serviceAccount": {"name": "A"}},
        {"persistence": {"size": "0Gi"}},
        {"persistence": {"size": "10GB"}},
        {"persistence": {"size": "-1Gi"}},
        {"persistence": {"storageClass": "a..b"}},
        {"resources": {"limits": {"memory": "2 Gi"}}},
        {"resources": {"limits": {"cpu": "two"}}},
        {"sharedMemory": {"sizeLimit": "0Gi"}},
        {"podLabels": {"team": "a b"}},
        {"podLabels": {"a b": "a"}},
        {"commonLabels": {"team": "a" * 64}},
        {"commonLabels": {"/a": "a"}},
        {"nodeSelector": {"a b": "c"}},
        {"podAnnotations": {"a b": "c"}},
        {"ingress": {"annotations": {"a/b/c": "d"}}},
        {"certificates": {"pathToCaBundle": "/a:b"}},
        {"networking": {"clusterIP": "1.2"}},
        {"service": {"image": {"version": "a b"}}},
        {"service": {"image": {"custom": {"version": ""}}}},
        {"podDisruptionBudget": {"minAvailable": "half"}},
        {"security": {"allowlist": {"ip": "10.0.0.0/8;1.2.3.4"}}},
        {"istio": {"gateways": ["a b"]}},
        {"imagePullSecrets": [{"name": "a..b"}]},
    ],
    ids=str,
)
def test_what_kubernetes_would_refuse_is_refused_before(values: Values) -> None:
    with pytest.raises(helm_python.HelmValuesError):
        JUPYTER.render(values)


@pytest.mark.parametrize(
    "values",
    [
        {"resources": {"limits": {"memory": "1e9"}}},
        {"resources": {"limits": {"cpu": "0.5"}}},
        {"persistence": {"size": "0.5Ti"}},
        {"ingress": {"hostname": "*.example.org"}},
        {"podLabels": {"example.org/team": ""}},
        {"networking": {"clusterIP": "fd00::1"}},
        {"nodeSelector": {"node-role.kubernetes.io/gpu": ""}},
        {"security": {"allowlist": {"ip": "10.0.0.0/8, 2001:db8::/32"}}},
    ],
    ids=str,
)
def test_what_kubernetes_takes_is_taken(values: Values) -> None:
    assert problems(JUPYTER.render(values).manifests, ("1.34",)) == []


@pytest.mark.parametrize(
    "given",
    [
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
        "bm8gY2VydGlmaWNhdGU=",
    ],
)
def test_a_bad_certificate_is_told_in_a_sentence(given: str) -> None:
    with pytest.raises(helm_python.HelmError, match=r"certificates\.cacerts: (this is no|only)"):
        JUPYTER.render({"certificates": {"cacerts": given}})


def test_a_bad_certificate_of_a_route() -> None:
    values = {"route": {"enabled": True, "tls": {"certificate": "x"}}}
    with pytest.raises(helm_python.HelmError, match=r"route\.tls\.certificate: this is no"):
        JUPYTER.render(values)


# Helm takes release names that a Service may not have
@pytest.mark.parametrize("release", ["1st", "my.release"])
def test_a_release_whose_name_no_service_may_have(chart: Chart, release: str) -> None:
    (service,) = chart.render(release=release).of("Service")
    assert re.fullmatch(r"[a-z][-a-z0-9]*", service["metadata"]["name"])


def test_the_token_is_there_for_what_uses_it(interactive: Chart) -> None:
    without: Values = {"kubernetes": {"enabled": False}}
    vault = {"enabled": True, "url": "https://vault.example.org"}
    for values, wanted in (
        (without, False),
        ({**without, "vault": vault}, True),
        ({**without, "vault": {**vault, "token": "t"}}, False),
        ({}, True),
    ):
        rendered = interactive.render(values)
        assert rendered.pod["automountServiceAccountToken"] is wanted
        (account,) = rendered.of("ServiceAccount")
        assert account["automountServiceAccountToken"] is False


# What Onyxia's own charts bind: the assistants of later versions, and the script's checksum
def test_what_is_injected(interactive: Chart) -> None:
    properties = interactive.schema["properties"]
    provider = properties["ai"]["properties"]["activeProvider"]["properties"]
    for key in ("id", "name", "provider", "apiBase", "apiKey", "selectedModel", "models"):
        assert (
            provider[key]["x-onyxia"]["overwriteDefaultWith"] == f"{{{{ai.activeProvider.{key}}}}}"
        )
    assert properties["ai"]["properties"]["enabled"]["x-onyxia"]["overwriteDefaultWith"] == (
        "ai.enabled"
    )
    checksum = properties["init"]["properties"]["regionInitCheckSum"]["x-onyxia"]
    assert checksum["overwriteDefaultWith"] == "{{k8s.initScriptCheckSum}}"


def test_names_of_objects_have_no_empty_part(chart: Chart) -> None:
    """Kubernetes takes `a.b` for the name of a Secret, and refuses `a..b` and `a.-b`."""
    loose = []
    for path, option in walk(chart.composition.options):
        pattern = option.pattern or ""
        is_name = path[-1] != "role" and re.search(pattern, "a.b") and not re.search(pattern, "a_b")
        if pattern and is_name and path[-1].endswith(("Secret", "Name", "name", "Class", "Claim")):
            loose += [path for name in ("a..b", "a.-b") if re.search(pattern, name)]
    assert loose == []
