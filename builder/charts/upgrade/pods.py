"""What an upgrade does to the pods of a workload, and so to the people who work in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.charts.levels import ChartChange, Level, shown
from builder.charts.objects import KubernetesObject, at, list_at
from builder.charts.tags import container_reference, moved
from builder.charts.upgrade.mounts import mount_changes, mounts
from builder.charts.upgrade.storage import keys

POD_OF: Mapping[str, str] = {
    "CronJob": "spec.jobTemplate.spec.template",
    "DaemonSet": "spec.template",
    "Deployment": "spec.template",
    "Job": "spec.template",
    "ReplicaSet": "spec.template",
    "StatefulSet": "spec.template",
}
"""Kind -> where the template of its pods is."""
RESTARTED = {"DaemonSet", "Deployment", "StatefulSet"}
"""Kinds whose pods are replaced when their template changes."""
RESTRICTIONS: Mapping[str, tuple[bool, bool]] = {
    "allowPrivilegeEscalation": (True, False),
    "privileged": (False, False),
    "readOnlyRootFilesystem": (False, True),
    "runAsNonRoot": (False, True),
}
"""Field of a security context -> its default, and the value that allows less."""
SCHEDULING = (
    "affinity",
    "hostNetwork",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "tolerations",
    "topologySpreadConstraints",
)
VERSIONED = {"app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"}
"""Labels that change with the version, so nothing selects pods by them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Renderings:
    """All objects before and after the upgrade: containers take variables from some of them."""

    old: tuple[KubernetesObject, ...]
    new: tuple[KubernetesObject, ...]


def has_pods(one: KubernetesObject) -> bool:
    """Tell whether an object makes pods."""
    return one.get("kind") in POD_OF


def workload_changes(
    name: str, old: KubernetesObject, new: KubernetesObject, context: Renderings
) -> Iterator[ChartChange]:
    """Yield what follows from a change of an object that makes pods."""
    kind = str(old.get("kind"))
    templates = at(old, POD_OF[kind]), at(new, POD_OF[kind])
    before, after = at(templates[0], "spec"), at(templates[1], "spec")
    saved = mounts(old, before)
    yield from mount_changes(name, saved, mounts(new, after))
    yield from _users(name, before, after, keeps_files=any(mount.volume for mount in saved))
    yield from _rights(name, before, after)
    yield from _containers(name, before, after, context)
    yield from _labels(name, *templates)
    yield from _scheduling(name, before, after)
    yield from _replicas(name, old, new)
    if kind in RESTARTED and templates[0] != templates[1]:
        yield ChartChange(Level.PATCH, f"{name}: its pods restart")


def _users(name: str, old: object, new: object, *, keeps_files: bool) -> Iterator[ChartChange]:
    """Yield changes of the user of processes: files that they saved belong to the former user."""
    for container, before, after in _both(old, new):
        for field in ("runAsUser", "runAsGroup"):
            ids = _secured(old, before, field), _secured(new, after, field)
            if ids[0] == ids[1]:
                continue
            what = f"{name}: {container} has {field} {_or_image(ids[1])} (was {_or_image(ids[0])})"
            if keeps_files:
                yield ChartChange(Level.MAJOR, f"{what}, and saved files keep their owner")
            else:
                yield ChartChange(Level.MINOR, what)
    groups = at(old, "securityContext.fsGroup"), at(new, "securityContext.fsGroup")
    if groups[0] != groups[1]:
        # Kubernetes gives the files of the volume to the new group when it mounts it.
        message = f"{name} has fsGroup {shown(groups[1])} (was {shown(groups[0])})"
        yield ChartChange(Level.MINOR, message)


def _or_image(user: object) -> str:
    return "of the image" if user is None else str(user)


def _rights(name: str, old: object, new: object) -> Iterator[ChartChange]:
    """Yield what processes may no longer do, and what they may do from now on."""
    for container, before, after in _both(old, new):
        for field, (default, restricted) in RESTRICTIONS.items():
            values = [_secured(old, before, field), _secured(new, after, field)]
            was, now = (default if value is None else value for value in values)
            if was != now:
                level = Level.MAJOR if now == restricted else Level.MINOR
                yield ChartChange(level, f"{name}: {container} has {field}: {shown(now)}")
        lost = _lost_capabilities(before, after)
        if lost:
            message = f"{name}: {container} loses the capabilities {', '.join(sorted(lost))}"
            yield ChartChange(Level.MAJOR, message)
    accounts = at(old, "serviceAccountName"), at(new, "serviceAccountName")
    if accounts[0] != accounts[1]:
        message = f"{name} runs as the service account {shown(accounts[1])} (was {accounts[0]})"
        yield ChartChange(Level.MINOR, message)
    tokens = [at(pod, "automountServiceAccountToken") is not False for pod in (old, new)]
    if tokens[0] and not tokens[1]:
        yield ChartChange(Level.MAJOR, f"{name} no longer has access to the API of Kubernetes")
    if tokens[1] and not tokens[0]:
        yield ChartChange(Level.MINOR, f"{name} has access to the API of Kubernetes")


def _lost_capabilities(old: object, new: object) -> set[str]:
    added_before, added_after = _capabilities(old, "add"), _capabilities(new, "add")
    dropped_before, dropped_after = _capabilities(old, "drop"), _capabilities(new, "drop")
    return (added_before - added_after) | (dropped_after - dropped_before)


def _capabilities(container: object, what: str) -> set[str]:
    names = list_at(container, f"securityContext.capabilities.{what}")
    return {str(name) for name in names}


def _containers(name: str, old: object, new: object, context: Renderings) -> Iterator[ChartChange]:
    after = _by_name(new)
    for container in _by_name(old):
        if container not in after:
            yield ChartChange(Level.MINOR, f"{name}: the container {container} is gone")
    for container, was, now in _both(old, new):
        yield from _image(name, at(was, "image"), at(now, "image"))
        variables = _variables(was, context.old), _variables(now, context.new)
        lost = [variable for variable in variables[0] if variable not in variables[1]]
        if lost:
            message = f"{name}: {container} no longer has the variables {', '.join(lost)}"
            yield ChartChange(Level.MAJOR, message)
        if at(was, "resources") != at(now, "resources"):
            message = f"{name}: {container} has other requests and limits"
            yield ChartChange(Level.MINOR, message)


def _image(name: str, old: object, new: object) -> Iterator[ChartChange]:
    before, after = container_reference(old), container_reference(new)
    if old != new and before is not None and after is not None:
        yield ChartChange(moved(before, after), f"{name} runs {new} (was {old})")


def _variables(container: object, objects: Sequence[KubernetesObject]) -> list[str]:
    """Return the environment variables of a container: its own, and those that it takes from the
    chart's Secrets and ConfigMaps.
    """
    names = dict.fromkeys(str(at(one, "name")) for one in list_at(container, "env"))
    for source in list_at(container, "envFrom"):
        prefix = str(at(source, "prefix") or "")
        for one in objects:
            if _is_source(one, source):
                names.update(dict.fromkeys(prefix + key for key in keys(one)))
    return list(names)


def _is_source(one: KubernetesObject, source: object) -> bool:
    """Tell whether an entry of `envFrom` refers to an object."""
    field = {"Secret": "secretRef.name", "ConfigMap": "configMapRef.name"}.get(str(one.get("kind")))
    return field is not None and at(source, field) == at(one, "metadata.name")


def _labels(name: str, old: object, new: object) -> Iterator[ChartChange]:
    before, after = at(old, "metadata.labels"), at(new, "metadata.labels")
    if not isinstance(before, Mapping):
        return
    for label, value in before.items():
        still_there = isinstance(after, Mapping) and after.get(label) == value
        if label not in VERSIONED and not still_there:
            message = f"{name}: its pods no longer have the label {label}: {value}"
            yield ChartChange(Level.MINOR, message)


def _scheduling(name: str, old: object, new: object) -> Iterator[ChartChange]:
    changed = [field for field in SCHEDULING if at(old, field) != at(new, field)]
    if changed:
        message = f"{name}: its pods are placed on nodes by another {', '.join(changed)}"
        yield ChartChange(Level.MINOR, message)


def _replicas(name: str, old: KubernetesObject, new: KubernetesObject) -> Iterator[ChartChange]:
    before, after = at(old, "spec.replicas"), at(new, "spec.replicas")
    if before == after:
        return
    if after == 0:
        yield ChartChange(Level.MAJOR, f"{name} has no pods: the service is stopped")
    else:
        count = "1 pod" if after in {1, None} else f"{after} pods"
        yield ChartChange(Level.MINOR, f"{name} has {count}")


def _both(old: object, new: object) -> Iterator[tuple[str, object, object]]:
    """Yield the name and both forms of each container that is there before and after."""
    after = _by_name(new)
    for container, before in _by_name(old).items():
        if container in after:
            yield container, before, after[container]


def _by_name(pod: object) -> Mapping[str, object]:
    return {str(at(one, "name")): one for one in list_at(pod, "containers")}


def _secured(pod: object, container: object, field: str) -> object:
    """Return a field of a container's security context, which is the pod's where it has none."""
    own = at(container, f"securityContext.{field}")
    return at(pod, f"securityContext.{field}") if own is None else own
