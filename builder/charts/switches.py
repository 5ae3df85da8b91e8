"""Values that exercise a chart: with every switch turned, or every password set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

Schema = Mapping[str, object]
Values = dict[str, JsonValue]
Path = tuple[str, ...]
SUSPEND: Path = ("global", "suspend")
"""The option that stops everything."""


def switched(schema: Schema, values: Mapping[str, object]) -> Values:
    """Return values that invert every boolean of values.yaml, except suspension, and take the last
    of every list of choices.
    """
    turned: Values = {}
    for path, node in leaves(schema):
        choices = node.get("enum")
        if node.get("type") == "boolean" and path != SUSPEND:
            _put(turned, path, not at(values, path))
        elif isinstance(choices, list) and choices:
            _put(turned, path, choices[-1])
    return turned


def passwords(schema: Schema) -> Values:
    """Return values that set every password, so that two renderings of a chart do not differ by
    random ones.
    """
    given: Values = {}
    for path, node in leaves(schema):
        if node.get("render") == "password" and node.get("type") == "string":
            _put(given, path, "password")
    return given


def shared(one: Values, other: Values) -> Values:
    """Return what two sets of values agree on."""
    common: Values = {}
    for name, value in one.items():
        there = other.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            common[name] = shared(value, there)
        elif name in other and value == there:
            common[name] = value
    return common


def joined(one: Values, other: Values) -> Values:
    """Return both sets of values; if both set an option, the second one's value."""
    both = dict(one)
    for name, value in other.items():
        there = both.get(name)
        if isinstance(there, dict) and isinstance(value, dict):
            both[name] = joined(there, value)
        else:
            both[name] = value
    return both


def leaves(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Yield every option that holds no others, with the keys that lead to it."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return
    for name, node in properties.items():
        if not isinstance(node, Mapping):
            continue
        if isinstance(node.get("properties"), Mapping):
            yield from leaves(node, (*path, name))
        else:
            yield (*path, name), node


def at(values: object, path: Path) -> object:
    """Return what values hold below some keys; None where they hold nothing."""
    for step in path:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _put(values: Values, path: Path, value: JsonValue) -> None:
    for step in path[:-1]:
        inner = values.setdefault(step, {})
        assert isinstance(inner, dict)  # noqa: S101  a path never goes through a value
        values = inner
    values[path[-1]] = value
