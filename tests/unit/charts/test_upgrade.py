"""Each row of docs/chart-versions.md, as two forms of a chart that differ by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from builder.charts.changes import about_changes, schema_changes
from builder.charts.levels import ChartChange
from builder.charts.upgrade.release import upgrade_changes

Object = dict[str, Any]
Case = tuple[Sequence[ChartChange], str]

TABLE = Path(__file__).parents[3] / "docs" / "chart-versions.md"
IMAGE = "registry.example/a/app:1.2.3"
LOST = "what users saved there is hidden"


def upgraded(old: list[Object], new: list[Object]) -> list[ChartChange]:
    return list(upgrade_changes(old, new))


def made(kind: str, spec: object = None, /, name: str = "x", **rest: Any) -> Object:
    metadata = {"name": name, "annotations": rest.pop("annotations", {})}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, **rest}


def claim(size: str = "1Gi", policy: str = "") -> Object:
    spec = {"resources": {"requests": {"storage": size}}}
    annotations = {"helm.sh/resource-policy": policy} if policy else {}
    return made("PersistentVolumeClaim", spec, annotations=annotations)


def container(**fields: Any) -> Object:
    return {"name": "app", "image": IMAGE, **fields}


def workload(pod: Object | None = None, labels: object = None, **spec: Any) -> Object:
    inner = {"containers": [container()], **(pod or {})}
    template = {"metadata": {"labels": labels or {}}, "spec": inner}
    return made("StatefulSet", {"template": template, **spec})


def running(**fields: Any) -> Object:
    return workload({"containers": [container(**fields)]})


def saving(
    path: str = "/home/work", *, volume: Object | None = None, more: object = (), **mount: Any
) -> Object:
    """Return a workload that mounts a volume at a path."""
    mounts = [{"name": "home", "mountPath": path, **mount}, *([more] if more else [])]
    volumes = [
        {"name": "home", **(volume or {"persistentVolumeClaim": {"claimName": "c"}})},
        {"name": "tmp", "emptyDir": {}},
    ]
    return workload({"containers": [container(volumeMounts=mounts)], "volumes": volumes})


def secured(*, saved: bool, **context: Any) -> Object:
    one = saving() if saved else workload()
    one["spec"]["template"]["spec"]["securityContext"] = context
    return one


def service(*ports: Object, **spec: Any) -> Object:
    return made("Service", {"ports": list(ports or ({"port": 80, "name": "http"},)), **spec})


def ingress(host: str = "a.example", path: str = "/", **spec: Any) -> Object:
    rule = {"host": host, "http": {"paths": [{"path": path}]}}
    return made("Ingress", {"rules": [rule], **spec})


def route(*paths: str) -> Object:
    rules = [{"matches": [{"path": {"value": path}}]} for path in paths]
    return made("HTTPRoute", {"hostnames": ["a.example"], "rules": rules})


def virtual_service(*paths: str) -> Object:
    rules = [{"match": [{"uri": {"prefix": path}}]} for path in paths]
    return made("VirtualService", {"hosts": ["a.example"], "http": rules})


def policy(*ports: int) -> Object:
    return made("NetworkPolicy", {"ingress": [{"ports": [{"port": port}]} for port in ports]})


def of_schema(old: Object, new: Object) -> list[ChartChange]:
    before, after = ({"properties": {"a": node} if node else {}} for node in (old, new))
    return list(schema_changes(before, after))


def about(**changed: object) -> list[ChartChange]:
    old = {"name": "x", "kubeVersion": ">= 1.25.0-0"}
    return list(about_changes(old, {**old, **changed}))


FROM_CONFIG = {"envFrom": [{"configMapRef": {"name": "x"}}]}
TEXT = {"type": "string", "title": "A", "description": "a", "default": "x"}
RESTART = "patch: StatefulSet/x: its pods restart"
SET = "StatefulSet/x"
REFUSED = "Kubernetes refuses this, so delete the object before the upgrade"
CASES: dict[str, Case] = {
    "a volume is mounted at another path": (
        upgraded([saving("/home/work")], [saving("/work")]),
        f"{SET}: what users saved in /home/work is now in /work",
    ),
    "a volume is mounted with another directory (`subPath`)": (
        upgraded([saving(subPath="a")], [saving(subPath="b")]),
        f"{SET}: /home/work shows b of its volume (was a): {LOST}",
    ),
    "a path is on another volume claim": (
        upgraded([saving()], [saving(volume={"persistentVolumeClaim": {"claimName": "d"}})]),
        f"{SET}: /home/work is on the claim d (was on the claim c): {LOST}",
    ),
    "a path no longer outlives the pod": (
        upgraded([saving()], [saving(volume={"emptyDir": {}})]),
        f"{SET}: /home/work no longer outlives the pod: {LOST}",
    ),
    "a volume is no longer mounted": (
        upgraded([saving()], [workload()]),
        f"{SET}: /home/work is no longer mounted: {LOST}",
    ),
    "a mount becomes read-only": (
        upgraded([saving()], [saving(readOnly=True)]),
        f"{SET}: /home/work can no longer be written to",
    ),
    "a new mount lies below a path that holds files": (
        upgraded([saving()], [saving(more={"name": "tmp", "mountPath": "/home/work/b"})]),
        f"{SET}: a new mount hides what users saved in /home/work/b",
    ),
    "a path outlives the pod from now on": (
        upgraded([workload()], [saving()]),
        f"{SET}: /home/work outlives the pod",
    ),
    "a volume claim is removed": (
        upgraded([claim()], []),
        "PersistentVolumeClaim/x is gone: the upgrade deletes its data",
    ),
    "a volume claim that Helm keeps is removed": (
        upgraded([claim(policy="keep")], []),
        "PersistentVolumeClaim/x is gone",
    ),
    "a volume claim is no longer kept": (
        upgraded([claim(policy="keep")], [claim()]),
        "PersistentVolumeClaim/x is no longer kept: deleting the release deletes its data",
    ),
    "a volume claim grows": (
        upgraded([claim("1Gi")], [claim("2Gi")]),
        "PersistentVolumeClaim/x grows to 2Gi: its storage class must allow volumes to be expanded",
    ),
    "a volume claim shrinks": (
        upgraded([claim("2Gi")], [claim("1Gi")]),
        f"PersistentVolumeClaim/x: spec.resources.requests.storage cannot shrink: {REFUSED}",
    ),
    "another user or group, with a volume": (
        upgraded([secured(saved=True, runAsUser=1)], [secured(saved=True, runAsUser=2)]),
        f"{SET}: app has runAsUser 2 (was 1), and saved files keep their owner",
    ),
    "another user or group, without a volume": (
        upgraded([secured(saved=False)], [secured(saved=False, runAsGroup=2)]),
        f"{SET}: app has runAsGroup 2 (was of the image)",
    ),
    "another group for volumes (`fsGroup`)": (
        upgraded([secured(saved=True, fsGroup=1)], [secured(saved=True, fsGroup=2)]),
        f"{SET} has fsGroup 2 (was 1)",
    ),
    "processes may do less": (
        upgraded([running()], [running(securityContext={"allowPrivilegeEscalation": False})]),
        f"{SET}: app has allowPrivilegeEscalation: false",
    ),
    "processes may do more": (
        upgraded([running(securityContext={"runAsNonRoot": True})], [running()]),
        f"{SET}: app has runAsNonRoot: false",
    ),
    "a capability is dropped": (
        upgraded([running()], [running(securityContext={"capabilities": {"drop": ["CHOWN"]}})]),
        f"{SET}: app loses the capabilities CHOWN",
    ),
    "another service account": (
        upgraded([workload({"serviceAccountName": "a"})], [workload({"serviceAccountName": "b"})]),
        f"{SET} runs as the service account b (was a)",
    ),
    "no access to the API of Kubernetes": (
        upgraded([workload()], [workload({"automountServiceAccountToken": False})]),
        f"{SET} no longer has access to the API of Kubernetes",
    ),
    "access to the API of Kubernetes": (
        upgraded([workload({"automountServiceAccountToken": False})], [workload()]),
        f"{SET} has access to the API of Kubernetes",
    ),
    "an image's major version moves": (
        upgraded([running()], [running(image="registry.example/a/app:2.0.0")]),
        f"{SET} runs registry.example/a/app:2.0.0 (was {IMAGE})",
    ),
    "an image's version goes back": (
        upgraded([running()], [running(image="registry.example/a/app:1.2.2")]),
        f"{SET} runs registry.example/a/app:1.2.2 (was {IMAGE})",
    ),
    "another variant of an image, or another image": (
        upgraded([running()], [running(image="registry.example/a/other:1.2.3")]),
        f"{SET} runs registry.example/a/other:1.2.3 (was {IMAGE})",
    ),
    "an image's minor version moves": (
        upgraded([running()], [running(image="registry.example/a/app:1.3.0")]),
        f"{SET} runs registry.example/a/app:1.3.0 (was {IMAGE})",
    ),
    "an image comes from another registry": (
        upgraded([running()], [running(image="other.example/a/app:1.2.3")]),
        f"{SET} runs other.example/a/app:1.2.3 (was {IMAGE})",
    ),
    "an image's patch version or build date moves": (
        upgraded([running()], [running(image="registry.example/a/app:1.2.4")]),
        f"{SET} runs registry.example/a/app:1.2.4 (was {IMAGE})",
    ),
    "an image's tag has other bytes": (
        upgraded([running()], [running(image=f"{IMAGE}@sha256:{'1' * 64}")]),
        f"{SET} runs {IMAGE}@sha256:{'1' * 64} (was {IMAGE})",
    ),
    "a container loses an environment variable": (
        upgraded(
            [running(**FROM_CONFIG), made("ConfigMap", data={"A": "1", "B": "2"})],
            [running(env=[{"name": "A"}]), made("ConfigMap", data={"A": "1", "B": "2"})],
        ),
        f"{SET}: app no longer has the variables B",
    ),
    "a container gets an environment variable": (
        upgraded([running()], [running(env=[{"name": "A"}])]),
        f"{SET}: its pods restart",
    ),
    "other requests and limits": (
        upgraded([running()], [running(resources={"limits": {"cpu": 1}})]),
        f"{SET}: app has other requests and limits",
    ),
    "other rules for the choice of nodes": (
        upgraded([workload()], [workload({"nodeSelector": {"gpu": "true"}})]),
        f"{SET}: its pods are placed on nodes by another nodeSelector",
    ),
    "another number of replicas": (
        upgraded([workload(replicas=1)], [workload(replicas=2)]),
        f"{SET} has 2 pods",
    ),
    "no replicas": (
        upgraded([workload(replicas=1)], [workload(replicas=0)]),
        f"{SET} has no pods: the service is stopped",
    ),
    "a container is removed": (
        upgraded([workload({"containers": [container(), {"name": "b"}]})], [workload()]),
        f"{SET}: the container b is gone",
    ),
    "pods lose a label": (
        upgraded([workload(labels={"a": "b"})], [workload(labels={"a": "c"})]),
        f"{SET}: its pods no longer have the label a: b",
    ),
    "anything else in the template of pods": (
        upgraded([running()], [running(command=["a"])]),
        f"{SET}: its pods restart",
    ),
    "a Service is removed or renamed": (
        upgraded([service()], [made("Service", name="y")]),
        "Service/x is gone: what connects to it by name fails",
    ),
    "a Service's port is removed or has another number": (
        upgraded([service({"port": 80})], [service({"port": 81})]),
        "Service/x no longer has the port 80/TCP",
    ),
    "a Service's port has another name": (
        upgraded([service({"port": 80, "name": "a"})], [service({"port": 80, "name": "b"})]),
        "Service/x: the port 80/TCP is named b (was a)",
    ),
    "a Service's port is added": (
        upgraded([service({"port": 80})], [service({"port": 80}, {"port": 81})]),
        "Service/x also has the port 81/TCP",
    ),
    "a Service can be reached from fewer places": (
        upgraded([service(type="LoadBalancer")], [service()]),
        "Service/x is a ClusterIP (was LoadBalancer)",
    ),
    "a Service can be reached from more places": (
        upgraded([service()], [service(type="NodePort")]),
        "Service/x is a NodePort (was ClusterIP)",
    ),
    "a Service selects pods by other labels": (
        upgraded([service(selector={"a": "b"})], [service(selector={"a": "c"})]),
        "Service/x selects pods by other labels",
    ),
    "an Ingress, HTTPRoute, Route or VirtualService is removed": (
        upgraded([ingress()], []),
        "Ingress/x is gone: its addresses no longer answer",
    ),
    "an address is removed or changed": (
        upgraded([ingress(path="/a")], [ingress(path="/b")]),
        "Ingress/x no longer answers at a.example/a",
    ),
    "an address is added": (
        upgraded([route("/a")], [route("/a", "/b")]),
        "HTTPRoute/x answers at a.example/b",
    ),
    "an address no longer has TLS": (
        upgraded([ingress(tls=[{"hosts": ["a.example"]}])], [ingress()]),
        "Ingress/x no longer answers over TLS",
    ),
    "an address has TLS from now on": (
        upgraded(
            [made("Route", {"host": "a"})],
            [made("Route", {"host": "a", "tls": {"termination": "edge"}})],
        ),
        "Route/x answers over TLS",
    ),
    "a NetworkPolicy is added": (
        upgraded([], [policy()]),
        "NetworkPolicy/x is new: connections that it does not allow are refused",
    ),
    "a NetworkPolicy loses a rule": (
        upgraded([policy(80, 81)], [policy(80)]),
        "NetworkPolicy/x may refuse connections that it allowed",
    ),
    "a NetworkPolicy gets a rule": (
        upgraded([policy(80)], [policy(80, 81)]),
        "NetworkPolicy/x allows more connections",
    ),
    "a Secret is removed or renamed": (
        upgraded([made("Secret")], [made("Secret", name="y")]),
        "Secret/x is gone: what reads it by name fails, and generated passwords are lost",
    ),
    "a Secret loses a key": (
        upgraded([made("Secret", stringData={"a": ""})], [made("Secret", data={"b": ""})]),
        "Secret/x no longer has a",
    ),
    "a ConfigMap is removed or renamed": (
        upgraded([made("ConfigMap")], [made("ConfigMap", name="y")]),
        "ConfigMap/x is gone",
    ),
    "a ConfigMap loses a key": (
        upgraded([made("ConfigMap", data={"a": ""})], [made("ConfigMap", data={"b": ""})]),
        "ConfigMap/x no longer has a",
    ),
    "an object that other services discover is removed": (
        upgraded([made("ConfigMap", annotations={"onyxia/discovery": "hive"})], []),
        "ConfigMap/x is gone: other services no longer discover it",
    ),
    "an object is no longer discovered": (
        upgraded(
            [made("ConfigMap", annotations={"onyxia/discovery": "hive"})], [made("ConfigMap")]
        ),
        "ConfigMap/x: other services no longer discover it",
    ),
    "a field that Kubernetes does not let change (a selector, for one)": (
        upgraded([made("Deployment", {"selector": 1})], [made("Deployment", {"selector": 2})]),
        f"Deployment/x: spec.selector cannot be changed: {REFUSED}",
    ),
    "a workload is removed or renamed": (
        upgraded([made("Deployment")], []),
        "Deployment/x is gone: its pods are deleted",
    ),
    "a RoleBinding, Role or ServiceAccount is removed or renamed": (
        upgraded([made("RoleBinding")], []),
        "RoleBinding/x is gone: the service loses its rights",
    ),
    "another object is removed": (
        upgraded([made("CronJob")], []),
        "CronJob/x is gone",
    ),
    "an object is added": (upgraded([], [made("Secret")]), "Secret/x is new"),
    "a hook comes, goes or changes": (
        upgraded([made("Pod", annotations={"helm.sh/hook": "test"})], []),
        "Pod/x (helm.sh/hook) is gone",
    ),
    "an object differs in any other way": (
        upgraded([made("Secret", data={"a": "1"})], [made("Secret", data={"a": "2"})]),
        "Secret/x differs",
    ),
    "an option is removed or renamed": (of_schema(TEXT, {}), "removed the option a"),
    "an option is added": (of_schema({}, TEXT), "added the option a"),
    "an option takes fewer values (type, enum, bound, pattern, required …)": (
        of_schema(TEXT, {**TEXT, "enum": ["x"]}),
        "a accepts only x",
    ),
    "an option takes more values": (
        of_schema({**TEXT, "enum": ["x"]}, TEXT),
        "a accepts any value",
    ),
    "an option has another default": (
        of_schema(TEXT, {**TEXT, "default": "y"}),
        "a is y by default (was x)",
    ),
    "the form offers other suggestions": (
        of_schema({**TEXT, "listEnum": ["x"]}, {**TEXT, "listEnum": ["x", "y"]}),
        "a offers y",
    ),
    "Onyxia injects another value": (
        of_schema(TEXT, {**TEXT, "x-onyxia": {"overwriteDefaultWith": "user.name"}}),
        "a is injected from user.name",
    ),
    "an administrator's schema no longer overrides an option": (
        of_schema({**TEXT, "x-onyxia": {"overwriteSchemaWith": "s.json"}}, TEXT),
        "a takes its schema from nothing (was s.json)",
    ),
    "another schema may override an option": (
        of_schema(TEXT, {**TEXT, "x-onyxia": {"overwriteSchemaWith": "s.json"}}),
        "a takes its schema from s.json",
    ),
    "the chart asks for a newer Kubernetes": (
        about(kubeVersion=">= 1.28.0-0"),
        "Kubernetes must be >= 1.28.0-0 (was >= 1.25.0-0)",
    ),
    "the chart takes an older Kubernetes": (
        about(kubeVersion=">= 1.24.0-0"),
        "Kubernetes must be >= 1.24.0-0 (was >= 1.25.0-0)",
    ),
    "the chart becomes a library": (
        about(type="library"),
        "the chart is of type library (was application)",
    ),
    "the chart is deprecated": (about(deprecated=True), "the chart is deprecated"),
}
ELSEWHERE = {
    # Several levels: tests/unit/charts/test_tags.py.
    "an option's default is an image whose version moves",
    # Told by no object and no schema: tests/charts/test_diff.py.
    "words change (titles, descriptions, README)",
}


def table() -> Iterator[tuple[str, str]]:
    """Yield each change of the document, and the number that it raises."""
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "change":
            yield cells[0], cells[1]


def test_each_change_is_documented_and_tested() -> None:
    assert sorted(change for change, _ in table()) == sorted([*CASES, *ELSEWHERE])


@pytest.mark.parametrize("change", CASES)
def test_what_a_change_means(change: str) -> None:
    changes, text = CASES[change]
    level = dict(table())[change]
    assert f"{level}: {text}" in [str(one) for one in changes]
    greatest = max(one.level for one in changes)
    assert str(greatest) == level, f"another change of the case is greater: {changes}"


def test_a_default_that_names_an_image_follows_the_image() -> None:
    old, new = (
        of_schema({**TEXT, "default": IMAGE}, {**TEXT, "default": f"registry.example/a/app:{tag}"})
        for tag in ("1.2.4", "2.0.0")
    )
    assert [str(one.level) for one in (*old, *new)] == ["patch", "major"]


def test_a_variable_that_moves_between_objects_is_not_lost() -> None:
    from_secret = {"envFrom": [{"secretRef": {"name": "y"}}]}
    changes = upgraded(
        [running(**FROM_CONFIG), made("ConfigMap", data={"A": "1"})],
        [running(**from_secret), made("Secret", name="y", stringData={"A": "1"})],
    )
    assert [str(change) for change in changes] == [
        "minor: ConfigMap/x is gone",
        "patch: Secret/y is new",
        RESTART,
    ]


def test_what_is_refused_is_told_beside_what_is_lost() -> None:
    old, new = saving("/home/work"), saving("/work")
    new["spec"]["serviceName"] = "other"
    assert [str(change) for change in upgraded([old], [new])][:2] == [
        f"major: {SET}: spec.serviceName cannot be changed: {REFUSED}",
        f"major: {SET}: what users saved in /home/work is now in /work",
    ]


def test_objects_of_two_namespaces_are_not_confused() -> None:
    one, other = made("Secret"), made("Secret")
    one["metadata"]["namespace"], other["metadata"]["namespace"] = "a", "b"
    assert [str(change) for change in upgraded([one, other], [one])] == [
        "major: Secret/b/x is gone: what reads it by name fails, and generated passwords are lost"
    ]


def test_addresses_of_istio_are_addresses() -> None:
    changes = upgraded([virtual_service("/a")], [virtual_service("/b")])
    assert [str(change) for change in changes] == [
        "major: VirtualService/x no longer answers at a.example/a",
        "minor: VirtualService/x answers at a.example/b",
    ]
