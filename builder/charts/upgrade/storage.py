"""What an upgrade does to stored data: volumes, and the keys of Secrets and ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.charts.levels import ChartChange, Level
from builder.charts.objects import STORAGE, KubernetesObject, annotations_of, at, quantity

POLICY = "helm.sh/resource-policy"


def is_kept(claim: KubernetesObject | None) -> bool:
    """Tell whether Helm leaves an object in place when the chart no longer has it."""
    return annotations_of(claim).get(POLICY) == "keep"


def claim_changes(name: str, old: KubernetesObject, new: KubernetesObject) -> Iterator[ChartChange]:
    """Yield what follows from a change of a PersistentVolumeClaim."""
    before, after = quantity(at(old, STORAGE)), quantity(at(new, STORAGE))
    if before is not None and after is not None and after > before:
        size = at(new, STORAGE)
        message = f"{name} grows to {size}: its storage class must allow volumes to be expanded"
        yield ChartChange(Level.MINOR, message)
    if is_kept(old) and not is_kept(new):
        message = f"{name} is no longer kept: deleting the release deletes its data"
        yield ChartChange(Level.MAJOR, message)


def key_changes(name: str, old: KubernetesObject, new: KubernetesObject) -> Iterator[ChartChange]:
    """Yield what follows from a change of a Secret or a ConfigMap.

    Others read a Secret, and know its keys. A ConfigMap is the chart's own: what a container loses
    with one of its keys is reported for the container.
    """
    before, after = keys(old), keys(new)
    lost = [key for key in before if key not in after]
    if lost:
        is_secret = old.get("kind") == "Secret"
        level = Level.MAJOR if is_secret else Level.MINOR
        yield ChartChange(level, f"{name} no longer has {', '.join(lost)}")


def keys(one: KubernetesObject) -> list[str]:
    """Return the keys of a Secret or a ConfigMap."""
    names: dict[str, None] = {}
    for field in ("data", "stringData", "binaryData"):
        content = one.get(field)
        if isinstance(content, Mapping):
            names.update(dict.fromkeys(str(key) for key in content))
    return list(names)
