"""Values that exercise a chart: every switch turned, or every password set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

Node = Mapping[str, object]
Values = dict[str, JsonValue]
Path = tuple[str, ...]
SUSPEND: Path = ("global", "suspend")
"""What turns all else off."""


def switched(schema: Node, values: Mapping[str, object]) -> Values:
    """Return values in which every boolean is what it is not in values.yaml, but for suspension,
    and every choice the last.
    """
    found: Values = {}
    for path, node in leaves(schema):
        choices = node.get("enum")
        if node.get("type") == "boolean" and path != SUSPEND:
            _put(found, path, not at(values, path))
        elif isinstance(choices, list) and choices:
            _put(found, path, choices[-1])
    return found


def passwords(schema: Node) -> Values:
    """Return values that set every password, so that two renderings of a chart differ by nothing
    that is random.
    """
    found: Values = {}
    for path, node in leaves(schema):
        if node.get("render") == "password" and node.get("type") == "string":
            _put(found, path, "password")
    return found


def shared(one: Values, other: Values) -> Values:
    """Return what two sets of values agree on."""
    found: Values = {}
    for name, value in one.items():
        there = other.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            found[name] = shared(value, there)
        elif name in other and value == there:
            found[name] = value
    return found


def joined(one: Values, other: Values) -> Values:
    """Return both sets of values; on one option, the other's."""
    found = dict(one)
    for name, value in other.items():
        there = found.get(name)
        found[name] = (
            joined(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
        )
    return found


def leaves(schema: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield what a schema says of every option that holds none, with the keys that lead to it."""
    properties = schema.get("properties")
    for name, node in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(node, Mapping) and isinstance(node.get("properties"), Mapping):
            yield from leaves(node, (*path, name))
        elif isinstance(node, Mapping):
            yield (*path, name), node


def at(values: object, path: Path) -> object:
    """Return what stands in values under some keys; None when nothing does."""
    for step in path:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _put(values: Values, path: Path, value: JsonValue) -> None:
    for step in path[:-1]:
        inner = values.setdefault(step, {})
        assert isinstance(inner, dict)  # noqa: S101  a path never goes through a value
        values = inner
    values[path[-1]] = value
