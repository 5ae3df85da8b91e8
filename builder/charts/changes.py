"""What changed between two versions of a chart, and which number of its version that asks to raise
(SemVer 2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from semver import Version

Node = Mapping[str, object]

# Keyword -> 1 where a greater number allows less, -1 where it allows more.
BOUNDS: Mapping[str, int] = {
    "exclusiveMaximum": -1,
    "exclusiveMinimum": 1,
    "maxItems": -1,
    "maxLength": -1,
    "maxProperties": -1,
    "maximum": -1,
    "minItems": 1,
    "minLength": 1,
    "minProperties": 1,
    "minimum": 1,
}
# Keywords of which nothing is known but that values may be refused that were not: what they hold is
# compared whole.
OTHERS = (
    "$ref",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "dependencies",
    "else",
    "format",
    "if",
    "multipleOf",
    "not",
    "oneOf",
    "patternProperties",
    "propertyNames",
    "then",
)


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
    return str(
        {Level.MAJOR: last.bump_major, Level.MINOR: last.bump_minor, Level.PATCH: last.bump_patch}[
            level
        ]()
    )


def schema_changes(old: Node, new: Node, path: str = "") -> Iterator[Change]:
    """Yield what changed for somebody's values: what is refused from now on is major, what is new
    is minor.
    """
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


def _own_changes(old: Node, new: Node, path: str) -> Iterator[Change]:
    """Yield the changes of a node itself."""
    kinds = _kinds(old), _kinds(new)
    if kinds[0] != kinds[1]:
        level = Level.MINOR if kinds[0] and (not kinds[1] or kinds[0] < kinds[1]) else Level.MAJOR
        yield Change(
            level,
            f"{path or 'the chart'} is {_text(new.get('type'))}, and was {_text(old.get('type'))}",
        )
        if level is Level.MAJOR:
            return
    yield from _choices(old, new, path)
    yield from _bounds(old, new, path)
    yield from _others(old, new, path or "the chart")
    if "default" in old and "default" in new and old["default"] != new["default"]:
        level = Level.PATCH if "listEnum" in new else Level.MINOR
        yield Change(
            level, f"{path} is {_text(new['default'])} by default, and was {_text(old['default'])}"
        )
    slots = _onyxia(old, "overwriteSchemaWith"), _onyxia(new, "overwriteSchemaWith")
    if slots[0] != slots[1]:
        yield Change(
            Level.MAJOR if slots[0] else Level.MINOR,
            f"{path} is overridden by {slots[1] or 'nothing'}, and was by {slots[0] or 'nothing'}",
        )
    injected = _onyxia(old, "overwriteDefaultWith"), _onyxia(new, "overwriteDefaultWith")
    if injected[0] != injected[1]:
        yield Change(
            Level.PATCH,
            f"{path} is injected from {injected[1] or 'nothing'}, and was from"
            f" {injected[0] or 'nothing'}",
        )


def _choices(old: Node, new: Node, path: str) -> Iterator[Change]:
    before, after = _options(old, "enum"), _options(new, "enum")
    if lost := [value for value in before if value not in after] if after else []:
        yield Change(Level.MAJOR, f"{path} may not be {', '.join(lost)} any more")
    elif after and not before:
        yield Change(Level.MAJOR, f"{path} may be nothing but {', '.join(after)}")
    if before and not after:
        yield Change(Level.MINOR, f"{path} may be anything")
    elif before and (more := [value for value in after if value not in before]):
        yield Change(Level.MINOR, f"{path} may be {', '.join(more)}")
    before, after = _options(old, "listEnum"), _options(new, "listEnum")
    if offered := [value for value in after if value not in before]:
        yield Change(Level.PATCH, f"{path} offers {', '.join(offered)}")
    if dropped := [value for value in before if value not in after]:
        yield Change(Level.PATCH, f"{path} offers {', '.join(dropped)} no more")


def _bounds(old: Node, new: Node, path: str) -> Iterator[Change]:
    if (pattern := new.get("pattern")) != old.get("pattern"):
        yield Change(
            Level.MAJOR if pattern else Level.MINOR,
            f"{path} must match {_text(pattern)}" if pattern else f"{path} may be any text",
        )
    for key, sign in BOUNDS.items():
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        narrower = before is None or (
            isinstance(after, int | float)
            and isinstance(before, int | float)
            and (after - before) * sign > 0
        )
        narrower = narrower and after is not None
        yield Change(
            Level.MAJOR if narrower else Level.MINOR,
            f"{path} has {key} {_text(after)}, and had {_text(before)}",
        )
    if bool(new.get("uniqueItems")) != bool(old.get("uniqueItems")):
        strict = bool(new.get("uniqueItems"))
        yield Change(
            Level.MAJOR if strict else Level.MINOR,
            f"{path} {'takes no item' if strict else 'may take an item'} twice",
        )


def _others(old: Node, new: Node, what: str) -> Iterator[Change]:
    if added := [name for name in _names(new, "required") if name not in _names(old, "required")]:
        yield Change(Level.MAJOR, f"{what} requires {', '.join(added)}")
    if dropped := [name for name in _names(old, "required") if name not in _names(new, "required")]:
        yield Change(Level.MINOR, f"{what} no longer requires {', '.join(dropped)}")
    closed = [node.get("additionalProperties") is False for node in (old, new)]
    if closed[0] != closed[1]:
        yield Change(
            Level.MAJOR if closed[1] else Level.MINOR,
            f"{what} takes {'no other' if closed[1] else 'other'} options",
        )
    for key in OTHERS:
        if old.get(key) != new.get(key):
            text = f"must be as {key} says" if key in new else f"is free of {key}"
            yield Change(Level.MAJOR if key in new else Level.MINOR, f"{what} {text}")


def _properties(node: Node) -> Mapping[str, Node]:
    found = node.get("properties")
    return (
        {name: inner for name, inner in found.items() if isinstance(inner, Mapping)}
        if isinstance(found, Mapping)
        else {}
    )


def _alike(old: Node, new: Node) -> bool:
    return all(old.get(key) == new.get(key) for key in ("title", "description", "type"))


def _options(node: Node, key: str) -> list[str]:
    found = node.get(key)
    return [_text(value) for value in found] if isinstance(found, list) else []


def _names(node: Node, key: str) -> list[str]:
    found = node.get(key)
    return [str(name) for name in found] if isinstance(found, list) else []


def _kinds(node: Node) -> set[str]:
    """Return the types that a node allows; none where it allows all. A number may be an integer."""
    found = node.get("type")
    kinds = (
        {str(kind) for kind in found}
        if isinstance(found, list)
        else {str(found)}
        if found
        else set()
    )
    return kinds | ({"integer"} if "number" in kinds else set())


def _onyxia(node: Node, key: str) -> str:
    onyxia = node.get("x-onyxia")
    value = onyxia.get(key) if isinstance(onyxia, Mapping) else None
    return _text(value) if value else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _text(value: object) -> str:
    return (
        "nothing"
        if value is None
        else value
        if isinstance(value, str) and value
        else json.dumps(value)
    )
