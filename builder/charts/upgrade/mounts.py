"""What an upgrade does to the files that users saved: volumes that outlive a pod, and the paths
where its containers see them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.charts.levels import ChartChange, Level
from builder.charts.objects import KubernetesObject, at, list_at

TRANSIENT = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "projected",
    "secret",
}
"""Kinds of volumes that live no longer than the pod."""
HIDDEN = "what users saved there is hidden"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """A directory of a volume, as a container sees it."""

    path: str
    volume: str
    """What identifies the volume; empty for one that does not outlive the pod."""
    directory: str
    """`subPath`: the directory of the volume that is seen; empty for all of it."""
    read_only: bool

    @property
    def content(self) -> tuple[str, str]:
        """What is seen at the path."""
        return self.volume, self.directory


def mounts(workload: KubernetesObject, pod: object) -> Sequence[Mount]:
    """Return what the containers of a pod mount; `workload` is the object that creates the pod."""
    volumes = dict(_volumes(workload, pod))
    mounted: dict[Mount, None] = {}
    for container in list_at(pod, "containers"):
        for mount in list_at(container, "volumeMounts"):
            directory = at(mount, "subPath") or at(mount, "subPathExpr") or ""
            one = Mount(
                path=str(at(mount, "mountPath")).rstrip("/") or "/",
                volume=volumes.get(str(at(mount, "name")), ""),
                directory=str(directory).strip("/"),
                read_only=at(mount, "readOnly") is True,
            )
            mounted[one] = None
    return list(mounted)


def mount_changes(name: str, old: Sequence[Mount], new: Sequence[Mount]) -> Iterator[ChartChange]:
    """Yield what happens to the files that users saved, and to the places where they save them."""
    saved = [mount for mount in old if mount.volume]
    for before in saved:
        yield from _saved(name, before, new)
    old_paths = {mount.path for mount in old}
    for after in new:
        if after.path not in old_paths:
            yield from _covers(name, after, saved)
    saved_paths = {mount.path for mount in saved}
    for after in new:
        if after.volume and after.path not in saved_paths:
            yield ChartChange(Level.MINOR, f"{name}: {after.path} outlives the pod")


def _saved(name: str, before: Mount, new: Sequence[Mount]) -> Iterator[ChartChange]:
    """Yield what happens to one place where files were saved."""
    here = [mount for mount in new if mount.path == before.path]
    same = [mount for mount in here if mount.content == before.content]
    elsewhere = [mount.path for mount in new if mount.content == before.content]
    if same:
        if not before.read_only and all(mount.read_only for mount in same):
            yield ChartChange(Level.MAJOR, f"{name}: {before.path} can no longer be written to")
        return
    yield ChartChange(Level.MAJOR, f"{name}: {_hidden(before, here, elsewhere)}")


def _hidden(before: Mount, here: Sequence[Mount], elsewhere: Sequence[str]) -> str:
    if elsewhere:
        return f"what users saved in {before.path} is now in {', '.join(elsewhere)}"
    if not here:
        return f"{before.path} is no longer mounted: {HIDDEN}"
    after = here[0]
    if not after.volume:
        return f"{before.path} no longer outlives the pod: {HIDDEN}"
    if after.volume == before.volume:
        was = before.directory or "all of it"
        return f"{before.path} shows {after.directory or 'all'} of its volume (was {was}): {HIDDEN}"
    return f"{before.path} is on {after.volume} (was on {before.volume}): {HIDDEN}"


def _covers(name: str, after: Mount, saved: Sequence[Mount]) -> Iterator[ChartChange]:
    """Yield new mounts that hide files that users may have saved."""
    for before in saved:
        if after.path.startswith(f"{before.path.rstrip('/')}/") and after.content != before.content:
            message = f"{name}: a new mount hides what users saved in {after.path}"
            yield ChartChange(Level.MAJOR, message)


def _volumes(workload: KubernetesObject, pod: object) -> Iterator[tuple[str, str]]:
    """Yield the name of each volume in the pod, and what identifies it if it outlives the pod."""
    for volume in list_at(pod, "volumes"):
        yield str(at(volume, "name")), _lasting(volume)
    for template in list_at(workload, "spec.volumeClaimTemplates"):
        name = str(at(template, "metadata.name"))
        yield name, f"the claim template {name}"


def _lasting(volume: object) -> str:
    claim = at(volume, "persistentVolumeClaim.claimName")
    if claim is not None:
        return f"the claim {claim}"
    if not isinstance(volume, Mapping):
        return ""
    for kind, details in volume.items():
        if kind != "name" and kind not in TRANSIENT:
            return f"the {kind} {json.dumps(details, sort_keys=True)}"
    return ""
