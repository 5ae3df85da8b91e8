"""The objects that differ between two renderings of a chart, and the differences that Kubernetes
refuses.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import yaml

from builder.charts.levels import ChangeKind

KubernetesObject = Mapping[str, object]
NAMESPACE = "default"
"""The namespace of a release that is only rendered."""
HOOK = "helm.sh/hook"
"""Annotation of a hook: an object that Helm creates temporarily, not part of the release."""

# Kind -> immutable fields -> keys below them that may change. Kubernetes refuses an upgrade that
# changes anything else there.
IMMUTABLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ClusterRoleBinding": {"roleRef": ()},
    "DaemonSet": {"spec.selector": ()},
    "Deployment": {"spec.selector": ()},
    "Job": {"spec.selector": (), "spec.template": ()},
    "PersistentVolumeClaim": {"spec": ("resources", "volumeAttributesClassName")},
    "Pod": {"spec": ("activeDeadlineSeconds", "tolerations")},
    "ReplicaSet": {"spec.selector": ()},
    "RoleBinding": {"roleRef": ()},
    "Secret": {"type": ()},
    "Service": {"spec.clusterIP": (), "spec.clusterIPs": ()},
    "StatefulSet": {
        "spec": (
            "minReadySeconds",
            "ordinals",
            "persistentVolumeClaimRetentionPolicy",
            "replicas",
            "template",
            "updateStrategy",
        )
    },
    "StorageClass": {
        "parameters": (),
        "provisioner": (),
        "reclaimPolicy": (),
        "volumeBindingMode": (),
    },
}
SUFFIXES = {"": 0, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
STORAGE = "spec.resources.requests.storage"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectChange:
    """One object that an upgrade creates, removes or changes."""

    name: str
    """`<kind>/<name>`, with the namespace in between if it is not the release's."""
    old: KubernetesObject | None
    new: KubernetesObject | None
    fixed: tuple[str, ...] = ()
    """What Kubernetes refuses in it: `spec.serviceName cannot be changed`."""

    @property
    def kind(self) -> ChangeKind:
        """What happens to it."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def diff(self) -> str:
        """The difference as a unified diff of YAML; empty when only the order of keys differs."""
        lines = difflib.unified_diff(
            _text(self.old).splitlines(),
            _text(self.new).splitlines(),
            self.name,
            self.name,
            lineterm="",
        )
        return "\n".join(lines)


def object_changes(
    old: Sequence[KubernetesObject], new: Sequence[KubernetesObject]
) -> Iterator[ObjectChange]:
    """Yield the objects that differ between two renderings: those removed, then those added, then
    those changed.
    """
    before, after = by_name(old), by_name(new)
    for name, one in before.items():
        if name not in after:
            yield ObjectChange(name=name, old=one, new=None)
    for name, one in after.items():
        if name not in before:
            yield ObjectChange(name=name, old=None, new=one)
    for name, one in before.items():
        if name in after and one != after[name]:
            refused = tuple(_refused(one, after[name]))
            yield ObjectChange(name=name, old=one, new=after[name], fixed=refused)


def by_name(objects: Sequence[KubernetesObject]) -> Mapping[str, KubernetesObject]:
    """Return objects by name; see `ObjectChange.name`."""
    return {_name(one): one for one in objects}


def at(value: object, path: str) -> object:
    """Return the value at some keys, joined by dots; None if there is none."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def list_at(value: object, path: str) -> Sequence[object]:
    """Return the list at some keys; empty if there is none."""
    items = at(value, path)
    return items if isinstance(items, list) else ()


def annotations_of(one: KubernetesObject | None) -> Mapping[str, object]:
    """Return the annotations of an object."""
    given = at(one, "metadata.annotations")
    return given if isinstance(given, Mapping) else {}


def quantity(value: object) -> Decimal | None:
    """Return a Kubernetes quantity (`1.5Gi`, `500m`) as a number; None for anything else."""
    text = str(value)
    number = text.rstrip("kKMGTPEim")
    suffix, binary = text[len(number) :].removesuffix("i"), text.endswith("i")
    try:
        power = SUFFIXES["k" if suffix == "K" else suffix]
        return Decimal(number) * (Decimal(1024) ** (power // 3) if binary else Decimal(10) ** power)
    except (InvalidOperation, KeyError):
        return None


def _refused(old: KubernetesObject, new: KubernetesObject) -> Iterator[str]:
    """Yield the differences that Kubernetes refuses."""
    if HOOK in annotations_of(new):
        return
    for path in _fixed(old, new):
        yield f"{path} cannot be changed"
    if old.get("kind") == "PersistentVolumeClaim":
        before, after = quantity(at(old, STORAGE)), quantity(at(new, STORAGE))
        if before is not None and after is not None and after < before:
            yield f"{STORAGE} cannot shrink"


def _fixed(old: KubernetesObject, new: KubernetesObject) -> Iterator[str]:
    """Yield the paths of fields that differ and cannot be changed."""
    kind = str(old.get("kind"))
    for root, free in IMMUTABLE.get(kind, {}).items():
        before, after = at(old, root), at(new, root)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            names = {**before, **after}.keys() - set(free)
            differing = [name for name in names if before.get(name) != after.get(name)]
            yield from (f"{root}.{name}" for name in sorted(differing))
        elif before != after:
            yield root
    if kind in {"ConfigMap", "Secret"} and old.get("immutable") is True:
        for name in ("data", "binaryData", "stringData", "immutable"):
            if old.get(name) != new.get(name):
                yield name


def _name(one: KubernetesObject) -> str:
    namespace, name = at(one, "metadata.namespace"), at(one, "metadata.name")
    if namespace in {None, NAMESPACE}:
        return f"{one.get('kind')}/{name}"
    return f"{one.get('kind')}/{namespace}/{name}"


def _text(one: KubernetesObject | None) -> str:
    if one is None:
        return ""
    return yaml.dump(one, Dumper=yaml.CSafeDumper, width=1000, allow_unicode=True)
