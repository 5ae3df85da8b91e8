from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from builder.charts.objects import ObjectChange, object_changes
from builder.charts.upgrade.release import upgrade_changes


def made(
    kind: str,
    spec: Mapping[str, object] | None = None,
    annotations: Mapping[str, str] | None = None,
    **rest: object,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "x", "annotations": dict(annotations or {})},
        "spec": dict(spec or {}),
        **rest,
    }


def claim(size: str, **spec: object) -> dict[str, Any]:
    return made("PersistentVolumeClaim", {"resources": {"requests": {"storage": size}}, **spec})


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [str(change) for change in upgrade_changes([old], [new])]


REFUSED = "Kubernetes refuses this, so delete the object before the upgrade"
SET = made("StatefulSet", {"serviceName": "s"})


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (SET, SET, []),
        (
            SET,
            made("StatefulSet", {"serviceName": "t"}),
            [f"major: StatefulSet/x: spec.serviceName cannot be changed: {REFUSED}"],
        ),
        (
            SET,
            made("StatefulSet", {"serviceName": "s", "podManagementPolicy": "Parallel"}),
            ["major"],
        ),
        (SET, made("StatefulSet", {"serviceName": "s", "volumeClaimTemplates": []}), ["major"]),
        (
            SET,
            made("StatefulSet", {"serviceName": "s", "template": {"spec": {"a": 1}}}),
            ["patch: StatefulSet/x: its pods restart"],
        ),
        (
            SET,
            made("StatefulSet", {"serviceName": "s", "template": {"metadata": {"a": 1}}}),
            ["patch: StatefulSet/x: its pods restart"],
        ),
        (
            SET,
            made("StatefulSet", {"serviceName": "s", "replicas": 0}),
            ["major: StatefulSet/x has no pods: the service is stopped"],
        ),
        (claim("1Gi"), claim("2Gi"), ["minor"]),
        (
            claim("2Gi"),
            claim("1900Mi"),
            [
                "major: PersistentVolumeClaim/x: spec.resources.requests.storage cannot shrink: "
                + REFUSED
            ],
        ),
        (claim("1G"), claim("1Gi"), ["minor"]),
        (claim("1Gi"), claim("1Gi", storageClassName="a"), ["major"]),
        (
            made("RoleBinding", roleRef={"name": "view"}),
            made("RoleBinding", roleRef={"name": "edit"}),
            ["major"],
        ),
        (made("Service", {"clusterIP": "None"}), made("Service"), ["major"]),
        (
            made("ConfigMap", immutable=True, data={"a": "1"}),
            made("ConfigMap", immutable=True, data={"a": "2"}),
            ["major"],
        ),
        (
            made("ConfigMap", data={"a": "1"}),
            made("ConfigMap", data={"a": "2"}),
            ["patch: ConfigMap/x differs"],
        ),
        (made("Job", {"template": 1}), made("Job", {"template": 2}), ["major"]),
        (
            made("Job", {"template": 1}),
            made("Job", {"template": 2}, {"helm.sh/hook": "test"}),
            ["patch: Job/x (helm.sh/hook) differs"],
        ),
    ],
)
def test_an_object_that_changes(
    old: Mapping[str, Any], new: Mapping[str, Any], changes: list[str]
) -> None:
    found = compared(old, new)
    assert [one if one in changes else one.split(":")[0] for one in found] == changes


def test_objects_that_come_and_go() -> None:
    service = {"kind": "Service", "metadata": {"name": "s"}}
    found = upgrade_changes([claim("1Gi"), service], [SET])
    assert [str(change) for change in found] == [
        "major: PersistentVolumeClaim/x is gone: the upgrade deletes its data",
        "major: Service/s is gone: what connects to it by name fails",
        "patch: StatefulSet/x is new",
    ]


def test_a_volume_that_is_kept_is_not_lost() -> None:
    kept = made("PersistentVolumeClaim", {}, {"helm.sh/resource-policy": "keep"})
    assert [str(change) for change in upgrade_changes([kept], [])] == [
        "minor: PersistentVolumeClaim/x is gone"
    ]


def test_the_difference_of_an_object_is_one_of_its_text() -> None:
    (found,) = object_changes([claim("1Gi")], [claim("2Gi")])
    assert found.kind == "changed"
    assert [line for line in found.diff.splitlines()[2:] if line[0] in "+-"] == [
        "-      storage: 1Gi",
        "+      storage: 2Gi",
    ]
    assert ObjectChange(name="a/b", old=None, new=SET).kind == "added"
