from __future__ import annotations

from typing import Any

import pytest

from builder.documents import DocumentError
from builder.verify.manifests import VERSIONS, manifests, problems

CLAIM: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "c"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def test_a_valid_object() -> None:
    assert problems([CLAIM]) == []


def test_a_wrong_type_has_its_place() -> None:
    (found,) = problems([{**CLAIM, "spec": {"accessModes": "ReadWriteOnce"}}])
    assert found.startswith("PersistentVolumeClaim/c: spec.accessModes: ")


def test_an_unknown_field_is_wrong() -> None:
    (found,) = problems([{**CLAIM, "spec": {"acessModes": []}}])
    assert "acessModes" in found


def test_a_kind_that_kubernetes_does_not_have() -> None:
    assert problems([{"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "t"}}]) == [
        "Thing/t: Kubernetes has no v1 Thing"
    ]


def test_a_field_that_only_newer_versions_have() -> None:
    claim = {**CLAIM, "spec": {**CLAIM["spec"], "volumeAttributesClassName": "fast"}}
    (found,) = problems([claim], ("1.25", "1.34"))
    assert found.endswith("(Kubernetes 1.25)")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_its_schemas(version: str) -> None:
    assert problems([CLAIM], (version,)) == []


def test_a_route_that_passes_through_has_no_path() -> None:
    spec = {
        "to": {"kind": "Service", "name": "s"},
        "tls": {"termination": "passthrough"},
        "path": "/",
    }
    route = {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": {"name": "r"},
        "spec": spec,
    }
    assert problems([route])
    assert not problems([{**route, "spec": {**spec, "tls": {"termination": "edge"}}}])


@pytest.mark.parametrize(
    "wrong",
    [
        {"hostnames": ["A.example.org"]},
        {"hostnames": ["example.org:443"]},
        {"parentRefs": [{"name": "public", "namespace": "Gateways"}]},
        {"parentRefs": [{"name": "public", "sectionName": ""}]},
        {"parentRefs": [{"name": "p" * 254}]},
    ],
)
def test_a_route_of_a_gateway_has_names_that_its_api_takes(wrong: dict[str, Any]) -> None:
    backend = {"name": "s", "port": 8888}
    rules = [{"backendRefs": [backend]}]
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r"},
        "spec": {"hostnames": ["*.example.org"], "parentRefs": [{"name": "p"}], "rules": rules},
    }
    assert not problems([route])
    assert problems([{**route, "spec": {"rules": rules, **wrong}}])


def test_empty_documents_are_none() -> None:
    assert manifests("---\n# nothing\n---\nkind: A\n") == [{"kind": "A"}]
    with pytest.raises(DocumentError):
        manifests("a: [")
