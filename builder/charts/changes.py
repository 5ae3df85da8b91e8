"""What changed between two versions of a chart, and which number of its version that asks to raise (SemVer 2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from semver import Version

Node = Mapping[str, object]
Manifest = Mapping[str, object]

# Fields that Kubernetes lets nobody change: kind -> paths. An upgrade that would change them is refused.
IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "StatefulSet": ("spec.selector", "spec.serviceName", "spec.volumeClaimTemplates", "spec.podManagementPolicy"),
    "PersistentVolumeClaim": ("spec.accessModes", "spec.storageClassName", "spec.volumeMode"),
    "RoleBinding": ("roleRef",),
    "Service": ("spec.clusterIP",),
}


class Level(IntEnum):
    """Which number of a version is raised."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """`patch`, `minor` or `major`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference, in a line."""

    level: Level
    text: str

    def __str__(self) -> str:
        """`major: removed the option a.b`."""
        return f"{self.level}: {self.text}"


def raised(version: str, changes: Sequence[Change]) -> str:
    """Return the version that follows, as far as the greatest of the changes asks.

    Raises:
        ValueError: the version is none of SemVer, or there is no change.

    """
    last = Version.parse(version).finalize_version()
    level = max(change.level for change in changes)
    return str({Level.MAJOR: last.bump_major, Level.MINOR: last.bump_minor, Level.PATCH: last.bump_patch}[level]())


def schema_changes(old: Node, new: Node, path: str = "") -> Iterator[Change]:
    """Yield what changed for somebody's values: what is refused from now on is major, what is new is minor."""
    yield from _own_changes(old, new, path)
    before, after = _properties(old), _properties(new)
    removed = [name for name in before if name not in after]
    added = [name for name in after if name not in before]
    for name in removed:
        heir = next((other for other in added if _alike(before[name], after[other])), None)
        if heir:
            added.remove(heir)
            yield Change(Level.MAJOR, f"renamed the option {_join(path, name)} to {heir}")
        else:
            yield Change(Level.MAJOR, f"removed the option {_join(path, name)}")
    for name in added:
        yield Change(Level.MINOR, f"added the option {_join(path, name)}")
    for name in before:
        if name in after:
            yield from schema_changes(before[name], after[name], _join(path, name))
    for key, what in (("items", "items"), ("additionalProperties", "values")):
        inner = old.get(key), new.get(key)
        if isinstance(inner[0], Mapping) and isinstance(inner[1], Mapping):
            yield from schema_changes(inner[0], inner[1], f"{what} of {path}")


def manifest_changes(old: Sequence[Manifest], new: Sequence[Manifest]) -> Iterator[Change]:
    """Yield what changed in the objects of a release whose values stay the same."""
    before, after = _by_name(old), _by_name(new)
    for name in before:
        if name not in after:
            level = Level.MAJOR if name.startswith("PersistentVolumeClaim/") else Level.MINOR
            yield Change(level, f"{name} is gone" + (": an upgrade deletes its data" if level == Level.MAJOR else ""))
    for name in after:
        if name not in before:
            yield Change(Level.PATCH, f"{name} is new")
    for name in before:
        if name in after and before[name] != after[name]:
            yield from _object_changes(name, before[name], after[name])


def _object_changes(name: str, old: Manifest, new: Manifest) -> Iterator[Change]:
    kind = name.split("/", maxsplit=1)[0]
    fixed = [path for path in IMMUTABLE.get(kind, ()) if _at(old, path) != _at(new, path)]
    for path in fixed:
        yield Change(Level.MAJOR, f"{name}: {path} cannot be changed: delete the object before the upgrade")
    if not fixed and _at(old, "spec.template.spec") != _at(new, "spec.template.spec"):
        yield Change(Level.PATCH, f"{name}: its pods restart")


def _own_changes(old: Node, new: Node, path: str) -> Iterator[Change]:
    """Yield the changes of a node itself."""
    if old.get("type") != new.get("type"):
        yield Change(Level.MAJOR, f"{path} is {_text(new.get('type'))}, and was {_text(old.get('type'))}")
        return
    yield from _choices(old, new, path)
    yield from _bounds(old, new, path)
    if "default" in old and "default" in new and old["default"] != new["default"]:
        level = Level.PATCH if "listEnum" in new else Level.MINOR
        yield Change(level, f"{path} is {_text(new['default'])} by default, and was {_text(old['default'])}")
    slots = _slot(old), _slot(new)
    if slots[0] != slots[1]:
        yield Change(Level.MAJOR if slots[0] else Level.MINOR, f"{path} is overridden by {slots[1] or 'nothing'}, and was by {slots[0] or 'nothing'}")


def _choices(old: Node, new: Node, path: str) -> Iterator[Change]:
    before, after = _options(old, "enum"), _options(new, "enum")
    if lost := [value for value in before if value not in after] if after else []:
        yield Change(Level.MAJOR, f"{path} may not be {', '.join(lost)} any more")
    elif after and not before:
        yield Change(Level.MAJOR, f"{path} may be nothing but {', '.join(after)}")
    elif before != after:
        yield Change(Level.MINOR, f"{path} may be {', '.join(value for value in after if value not in before) or 'anything'}")
    before, after = _options(old, "listEnum"), _options(new, "listEnum")
    if offered := [value for value in after if value not in before]:
        yield Change(Level.PATCH, f"{path} offers {', '.join(offered)}")
    if dropped := [value for value in before if value not in after]:
        yield Change(Level.PATCH, f"{path} offers {', '.join(dropped)} no more")


def _bounds(old: Node, new: Node, path: str) -> Iterator[Change]:
    if (pattern := new.get("pattern")) != old.get("pattern"):
        yield Change(Level.MAJOR if pattern else Level.MINOR, f"{path} must match {_text(pattern)}" if pattern else f"{path} may be any text")
    for key, sign in (("minimum", 1), ("maximum", -1), ("minItems", 1), ("maxItems", -1)):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        narrower = before is None or (isinstance(after, int | float) and isinstance(before, int | float) and (after - before) * sign > 0)
        narrower = narrower and after is not None
        yield Change(Level.MAJOR if narrower else Level.MINOR, f"{path} has {key} {_text(after)}, and had {_text(before)}")
    required = [name for name in _names(new, "required") if name not in _names(old, "required")]
    if required:
        yield Change(Level.MAJOR, f"{path or 'the chart'} requires {', '.join(required)}")
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield Change(Level.MAJOR, f"{path or 'the chart'} takes no other options")


def _properties(node: Node) -> Mapping[str, Node]:
    found = node.get("properties")
    return {name: inner for name, inner in found.items() if isinstance(inner, Mapping)} if isinstance(found, Mapping) else {}


def _alike(old: Node, new: Node) -> bool:
    return all(old.get(key) == new.get(key) for key in ("title", "description", "type"))


def _options(node: Node, key: str) -> list[str]:
    found = node.get(key)
    return [_text(value) for value in found] if isinstance(found, list) else []


def _names(node: Node, key: str) -> list[str]:
    found = node.get(key)
    return [str(name) for name in found] if isinstance(found, list) else []


def _slot(node: Node) -> str:
    onyxia = node.get("x-onyxia")
    return str(onyxia.get("overwriteSchemaWith") or "") if isinstance(onyxia, Mapping) else ""


def _by_name(manifests: Sequence[Manifest]) -> Mapping[str, Manifest]:
    return {f"{manifest.get('kind')}/{_at(manifest, 'metadata.name')}": manifest for manifest in manifests}


def _at(value: object, path: str) -> object:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _text(value: object) -> str:
    return "nothing" if value is None else value if isinstance(value, str) and value else json.dumps(value)
