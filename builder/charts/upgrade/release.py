"""From two renderings of a chart to what `helm upgrade` from one to the other means for a release
whose values stay the same. `docs/chart-versions.md` has the decisions as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from builder.charts.levels import ChartChange, Level
from builder.charts.objects import (
    HOOK,
    KubernetesObject,
    ObjectChange,
    annotations_of,
    object_changes,
)
from builder.charts.upgrade import network, pods, storage

Effects = Callable[[str, KubernetesObject, KubernetesObject], Iterator[ChartChange]]
"""What follows from a change of one object, given its name and both forms of it."""

CHANGED: Mapping[str, Effects] = {
    "ConfigMap": storage.key_changes,
    "HTTPRoute": network.address_changes,
    "Ingress": network.address_changes,
    "NetworkPolicy": network.policy_changes,
    "PersistentVolumeClaim": storage.claim_changes,
    "Route": network.address_changes,
    "Secret": storage.key_changes,
    "Service": network.service_changes,
    "VirtualService": network.address_changes,
}
"""Kind -> what follows from a change of it, for kinds without pods."""
REMOVED: Mapping[str, str] = {
    "ClusterRole": "the service loses its rights",
    "ClusterRoleBinding": "the service loses its rights",
    "DaemonSet": "its pods are deleted",
    "Deployment": "its pods are deleted",
    "HTTPRoute": "its addresses no longer answer",
    "Ingress": "its addresses no longer answer",
    "Role": "the service loses its rights",
    "RoleBinding": "the service loses its rights",
    "Route": "its addresses no longer answer",
    "Secret": "what reads it by name fails, and generated passwords are lost",
    "Service": "what connects to it by name fails",
    "ServiceAccount": "rights that were given to it are lost",
    "StatefulSet": "its pods are deleted",
    "VirtualService": "its addresses no longer answer",
}
"""Kind -> what is lost when an object of it is removed: these are major."""
DISCOVERY = "onyxia/discovery"
"""Annotation of objects that other services of the namespace read."""
REFUSED = "Kubernetes refuses this, so delete the object before the upgrade"


def upgrade_changes(
    old: Sequence[KubernetesObject], new: Sequence[KubernetesObject]
) -> Iterator[ChartChange]:
    """Yield what an upgrade means."""
    context = pods.Renderings(old=tuple(old), new=tuple(new))
    for change in object_changes(old, new):
        if HOOK in annotations_of(change.new or change.old):
            yield ChartChange(Level.PATCH, f"{change.name} ({HOOK}) {_became(change)}")
        elif change.new is None:
            yield _removed(change.name, change.old)
        elif change.old is None:
            yield _added(change.name, change.new)
        else:
            yield from _changed(change, change.old, change.new, context)


def _became(change: ObjectChange) -> str:
    return {"added": "is new", "removed": "is gone", "changed": "differs"}[change.kind]


def _removed(name: str, old: KubernetesObject | None) -> ChartChange:
    kind = str(old.get("kind")) if old else ""
    if kind == "PersistentVolumeClaim" and not storage.is_kept(old):
        return ChartChange(Level.MAJOR, f"{name} is gone: the upgrade deletes its data")
    if kind in REMOVED:
        return ChartChange(Level.MAJOR, f"{name} is gone: {REMOVED[kind]}")
    if DISCOVERY in annotations_of(old):
        return ChartChange(Level.MAJOR, f"{name} is gone: other services no longer discover it")
    return ChartChange(Level.MINOR, f"{name} is gone")


def _added(name: str, new: KubernetesObject) -> ChartChange:
    if new.get("kind") == "NetworkPolicy":
        message = f"{name} is new: connections that it does not allow are refused"
        return ChartChange(Level.MAJOR, message)
    return ChartChange(Level.PATCH, f"{name} is new")


def _changed(
    change: ObjectChange,
    old: KubernetesObject,
    new: KubernetesObject,
    context: pods.Renderings,
) -> Iterator[ChartChange]:
    for refused in change.fixed:
        yield ChartChange(Level.MAJOR, f"{change.name}: {refused}: {REFUSED}")
    effects = list(_effects(change.name, old, new, context))
    yield from effects
    if not change.fixed and not effects:
        yield ChartChange(Level.PATCH, f"{change.name} differs")


def _effects(
    name: str, old: KubernetesObject, new: KubernetesObject, context: pods.Renderings
) -> Iterator[ChartChange]:
    kind = str(old.get("kind"))
    if DISCOVERY in annotations_of(old) and DISCOVERY not in annotations_of(new):
        yield ChartChange(Level.MAJOR, f"{name}: other services no longer discover it")
    if pods.has_pods(old):
        yield from pods.workload_changes(name, old, new, context)
    elif kind in CHANGED:
        yield from CHANGED[kind](name, old, new)
