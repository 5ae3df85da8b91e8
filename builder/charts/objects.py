"""What an upgrade would change in the objects of a release, and what of that Kubernetes refuses to
change.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

import yaml

from builder.charts.changes import Change, Level

Manifest = Mapping[str, object]
Kind = Literal["added", "removed", "changed"]

# Kind -> where nothing may be changed, and what may be changed below that all the same. An upgrade
# that changes more is refused.
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
RESTARTED = {"DaemonSet", "Deployment", "StatefulSet"}
SUFFIXES = {"": 0, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
STORAGE = "spec.resources.requests.storage"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectChange:
    """One object that an upgrade makes, removes or changes."""

    name: str
    """`<kind>/<name>`."""
    old: Manifest | None
    new: Manifest | None
    fixed: tuple[str, ...] = ()
    """What Kubernetes refuses of it: `spec.serviceName cannot be changed`."""

    @property
    def kind(self) -> Kind:
        """What becomes of it."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def diff(self) -> str:
        """The difference as unified diff of YAML; empty when nothing but the order of keys
        differs.
        """
        texts = [
            yaml.dump(side, Dumper=yaml.CSafeDumper, width=1000, allow_unicode=True) if side else ""
            for side in (self.old, self.new)
        ]
        lines = difflib.unified_diff(
            texts[0].splitlines(), texts[1].splitlines(), self.name, self.name, lineterm=""
        )
        return "\n".join(lines)


def object_changes(old: Sequence[Manifest], new: Sequence[Manifest]) -> Iterator[ObjectChange]:
    """Yield the objects that differ between two renderings: first those that are gone, then those
    that are new, then those that changed.
    """
    before, after = _by_name(old), _by_name(new)
    yield from (
        ObjectChange(name=name, old=before[name], new=None) for name in before if name not in after
    )
    yield from (
        ObjectChange(name=name, old=None, new=after[name]) for name in after if name not in before
    )
    for name in before:
        if name in after and before[name] != after[name]:
            yield ObjectChange(
                name=name,
                old=before[name],
                new=after[name],
                fixed=tuple(_refused(before[name], after[name])),
            )


def manifest_changes(found: Sequence[ObjectChange]) -> Iterator[Change]:
    """Yield what that means for a release whose values stay the same."""
    for change in found:
        if change.new is None:
            lost = change.name.startswith("PersistentVolumeClaim/") and not _kept(change.old)
            yield Change(
                Level.MAJOR if lost else Level.MINOR,
                f"{change.name} is gone" + (": an upgrade deletes its data" if lost else ""),
            )
        elif change.old is None:
            yield Change(Level.PATCH, f"{change.name} is new")
        elif change.fixed:
            for refused in change.fixed:
                yield Change(
                    Level.MAJOR, f"{change.name}: {refused}: delete the object before the upgrade"
                )
        elif change.old.get("kind") in RESTARTED and _at(change.old, "spec.template") != _at(
            change.new, "spec.template"
        ):
            yield Change(Level.PATCH, f"{change.name}: its pods restart")
        elif change.kind == "changed":
            yield Change(Level.PATCH, f"{change.name} differs")


def _refused(old: Manifest, new: Manifest) -> Iterator[str]:
    """Yield what Kubernetes refuses to change, though it differs."""
    if (
        isinstance(annotations := _at(new, "metadata.annotations"), Mapping)
        and "helm.sh/hook" in annotations
    ):
        return
    yield from (f"{path} cannot be changed" for path in _fixed(old, new))
    least, size = _quantity(_at(old, STORAGE)), _quantity(_at(new, STORAGE))
    if (
        old.get("kind") == "PersistentVolumeClaim"
        and least is not None
        and size is not None
        and size < least
    ):
        yield f"{STORAGE} cannot shrink"


def _fixed(old: Manifest, new: Manifest) -> Iterator[str]:
    kind = str(old.get("kind"))
    for root, free in IMMUTABLE.get(kind, {}).items():
        before, after = _at(old, root), _at(new, root)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            names = [
                name
                for name in {**before, **after}
                if name not in free and before.get(name) != after.get(name)
            ]
            yield from (f"{root}.{name}" for name in names)
        elif before != after:
            yield root
    if kind in {"ConfigMap", "Secret"} and old.get("immutable") is True:
        yield from (
            name
            for name in ("data", "binaryData", "stringData", "immutable")
            if old.get(name) != new.get(name)
        )


def _quantity(value: object) -> Decimal | None:
    """Return a quantity as Kubernetes writes them (`1.5Gi`, `500m`) as a number; None for anything
    else.
    """
    text = str(value)
    number = text.rstrip("kKMGTPEim")
    suffix, binary = text[len(number) :].removesuffix("i"), text.endswith("i")
    try:
        power = SUFFIXES["k" if suffix == "K" else suffix]
        return Decimal(number) * (Decimal(1024) ** (power // 3) if binary else Decimal(10) ** power)
    except (InvalidOperation, KeyError):
        return None


def _kept(manifest: Manifest | None) -> bool:
    annotations = _at(manifest, "metadata.annotations")
    return isinstance(annotations, Mapping) and annotations.get("helm.sh/resource-policy") == "keep"


def _by_name(manifests: Sequence[Manifest]) -> Mapping[str, Manifest]:
    return {
        f"{manifest.get('kind')}/{_at(manifest, 'metadata.name')}": manifest
        for manifest in manifests
    }


def _at(value: object, path: str) -> object:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
