"""What changed between two versions of a chart's values schema, and of what Chart.yaml requires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from builder.charts.levels import ChartChange, Level, shown
from builder.charts.tags import moved, reference

Schema = Mapping[str, object]

LOWER_BOUNDS = ("exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum")
"""Keywords for which a greater number allows less."""
UPPER_BOUNDS = ("exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum")
"""Keywords for which a smaller number allows less."""
OF_LISTS = ("maxItems", "minItems")
"""Bounds that say nothing of a node that takes no list."""
OPAQUE = (
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
"""Keywords whose content is not compared in detail: any change may refuse values that were accepted
before."""
ROOT = "the chart"
_ONE = re.compile(r"\^\w+\$")
"""A pattern that names one option."""
_VERSION = re.compile(r">=\s*v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?[\w.+-]*")


def schema_changes(old: Schema, new: Schema, path: str = "") -> Iterator[ChartChange]:
    """Yield what changed for values that somebody has set. It is major if a value that was accepted
    is refused or no longer used, and minor if there are more values to choose from.
    """
    yield from _type(old, new, path)
    if not _other_type(old, new):
        yield from _enum(old, new, path)
        yield from _offered(old, new, path)
        yield from _pattern(old, new, path)
        yield from _bounds(old, new, path)
        yield from _unique(old, new, path)
        yield from _required(old, new, path)
        yield from _opaque(old, new, path)
        yield from _default(old, new, path)
        yield from _slot(old, new, path)
        yield from _injection(old, new, path)
    yield from _properties_changes(old, new, path)
    yield from _additional(old, new, path)
    yield from _items(old, new, path)


def about_changes(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[ChartChange]:
    """Yield what changed in Chart.yaml for somebody who upgrades a release."""
    before, after = old.get("kubeVersion"), new.get("kubeVersion")
    if before != after:
        narrower = after is not None and not _allows_as_much(before, after)
        level = Level.MAJOR if narrower else Level.MINOR
        yield ChartChange(level, f"Kubernetes must be {_or_any(after)} (was {_or_any(before)})")
    kinds = old.get("type") or "application", new.get("type") or "application"
    if kinds[0] != kinds[1]:
        yield ChartChange(Level.MAJOR, f"the chart is of type {kinds[1]} (was {kinds[0]})")
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        yield ChartChange(Level.MINOR, "the chart is deprecated")


def _allows_as_much(old: object, new: object) -> bool:
    """Tell whether both are lower bounds, and that of `new` is not above that of `old`."""
    before, after = _lower_bound(old), _lower_bound(new)
    return before is not None and after is not None and after <= before


def _lower_bound(constraint: object) -> tuple[int, ...] | None:
    match = _VERSION.fullmatch(constraint.strip()) if isinstance(constraint, str) else None
    return tuple(int(number or 0) for number in match.groups()) if match else None


def _or_any(constraint: object) -> str:
    return "of any version" if constraint is None else str(constraint)


def _type(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    if _types(old) != _types(new):
        level = Level.MAJOR if _other_type(old, new) else Level.MINOR
        before, after = _or_any_type(old), _or_any_type(new)
        yield ChartChange(level, f"{path or ROOT} is now {after} (was {before})")


def _other_type(old: Schema, new: Schema) -> bool:
    """Tell whether a type that was allowed is no longer allowed."""
    before, after = _types(old), _types(new)
    if not after:
        return False
    return not before or not before <= after


def _or_any_type(node: Schema) -> str:
    return shown(node["type"]) if node.get("type") else "of any type"


def _enum(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = _choices(old, "enum"), _choices(new, "enum")
    lost = [value for value in before if value not in after]
    more = [value for value in after if value not in before]
    if before and not after:
        yield ChartChange(Level.MINOR, f"{path} accepts any value")
    elif after and not before:
        yield ChartChange(Level.MAJOR, f"{path} accepts only {', '.join(after)}")
    else:
        if lost:
            yield ChartChange(Level.MAJOR, f"{path} no longer accepts {', '.join(lost)}")
        if more:
            yield ChartChange(Level.MINOR, f"{path} also accepts {', '.join(more)}")


def _offered(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    """Yield what changed in the suggestions of a form; any other value is accepted too."""
    before, after = _choices(old, "listEnum"), _choices(new, "listEnum")
    more = [value for value in after if value not in before]
    lost = [value for value in before if value not in after]
    if more:
        yield ChartChange(Level.PATCH, f"{path} offers {', '.join(more)}")
    if lost:
        yield ChartChange(Level.PATCH, f"{path} no longer offers {', '.join(lost)}")


def _pattern(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = old.get("pattern"), new.get("pattern")
    if before == after:
        return
    if after is None:
        yield ChartChange(Level.MINOR, f"{path} no longer has to match a pattern")
    else:
        # There is no way to decide whether the new pattern matches all that the old one did.
        yield ChartChange(Level.MAJOR, f"{path} must match {shown(after)}")


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    no_lists = bool(_types(old)) and "array" not in _types(old)
    for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS):
        before, after = old.get(keyword), new.get(keyword)
        if before == after or (no_lists and keyword in OF_LISTS):
            continue
        if after is None:
            yield ChartChange(Level.MINOR, f"{path} no longer has a {keyword} (was {before})")
            continue
        level = Level.MAJOR if _narrower(keyword, before, after) else Level.MINOR
        was = _was("" if before is None else shown(before))
        yield ChartChange(level, f"the {keyword} of {path} is now {shown(after)}{was}")


def _narrower(keyword: str, before: object, after: object) -> bool:
    """Tell whether a bound allows less than before."""
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return True
    return after > before if keyword in LOWER_BOUNDS else after < before


def _unique(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = bool(old.get("uniqueItems")), bool(new.get("uniqueItems"))
    if after and not before:
        yield ChartChange(Level.MAJOR, f"{path} no longer accepts duplicate items")
    if before and not after:
        yield ChartChange(Level.MINOR, f"{path} accepts duplicate items")


def _required(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = _names(old, "required"), _names(new, "required")
    added = [name for name in after if name not in before]
    dropped = [name for name in before if name not in after]
    if added:
        yield ChartChange(Level.MAJOR, f"{path or ROOT} now requires {', '.join(added)}")
    if dropped:
        yield ChartChange(Level.MINOR, f"{path or ROOT} no longer requires {', '.join(dropped)}")


def _opaque(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    for keyword in OPAQUE:
        before, after = _restriction(old, keyword), _restriction(new, keyword)
        if before == after:
            continue
        if after is None:
            yield ChartChange(Level.MINOR, f"{path or ROOT} is no longer restricted by `{keyword}`")
        elif before is None:
            yield ChartChange(Level.MAJOR, f"{path or ROOT} is restricted by `{keyword}`")
        else:
            yield ChartChange(Level.MAJOR, f"{path or ROOT} is restricted by another `{keyword}`")


def _restriction(node: Schema, keyword: str) -> object:
    """Return what a keyword says; None if it is not there, or is about single options only."""
    value = node.get(keyword)
    if keyword != "patternProperties" or not isinstance(value, Mapping):
        return value
    return {pattern: value[pattern] for pattern in value if not _ONE.fullmatch(pattern)} or None


def _default(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield default_change(path, old["default"], new["default"])


def default_change(path: str, old: object, new: object) -> ChartChange:
    """Return what a new default means; for images, see `moved`."""
    before, after = reference(old), reference(new)
    level = Level.MINOR if before is None or after is None else moved(before, after)
    return ChartChange(level, f"{path} is {shown(new)} by default (was {shown(old)})")


def _slot(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = _onyxia(old, "overwriteSchemaWith"), _onyxia(new, "overwriteSchemaWith")
    if before != after:
        # An administrator's schema of the former name is no longer used.
        level = Level.MAJOR if before else Level.MINOR
        yield ChartChange(level, f"{path} takes its schema from {after or 'nothing'}{_was(before)}")


def _injection(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = _onyxia(old, "overwriteDefaultWith"), _onyxia(new, "overwriteDefaultWith")
    if before != after:
        yield ChartChange(
            Level.PATCH, f"{path} is injected from {after or 'nothing'}{_was(before)}"
        )


def _was(before: str) -> str:
    return f" (was {before})" if before else ""


def _properties_changes(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = _properties(old), _properties(new)
    added = [name for name in after if name not in before]
    for name in before:
        here = _join(path, name)
        if name in after:
            yield from schema_changes(before[name], after[name], here)
            continue
        heir = next((other for other in added if _alike(before[name], after[other])), None)
        if heir is None:
            yield ChartChange(Level.MAJOR, f"removed the option {here}")
        else:
            added.remove(heir)
            yield ChartChange(Level.MAJOR, f"renamed the option {here} to {heir}")
    for name in added:
        yield ChartChange(Level.MINOR, f"added the option {_join(path, name)}")


def _additional(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    """Yield what changed for the keys of an object that are not among its properties."""
    before, after = (node.get("additionalProperties", True) for node in (old, new))
    what = path or ROOT
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from schema_changes(before, after, _join(path, "*"))
    elif after is False and before is not False:
        yield ChartChange(Level.MAJOR, f"{what} accepts no other options")
    elif before is False and after is not False:
        yield ChartChange(Level.MINOR, f"{what} accepts other options")
    elif isinstance(after, Mapping) and after:
        yield ChartChange(Level.MAJOR, f"{what} restricts the values of other options")
    elif isinstance(before, Mapping) and before:
        yield ChartChange(Level.MINOR, f"{what} accepts any value of other options")


def _items(old: Schema, new: Schema, path: str) -> Iterator[ChartChange]:
    before, after = old.get("items"), new.get("items")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from schema_changes(before, after, f"{path}[]")
    elif before != after:
        restricted = bool(after)
        text = "restricts its items" if restricted else "accepts any item"
        yield ChartChange(Level.MAJOR if restricted else Level.MINOR, f"{path} {text}")


def _properties(node: Schema) -> Mapping[str, Schema]:
    """Return an object's options: its properties, and those that a pattern names."""
    properties, patterns = node.get("properties"), node.get("patternProperties")
    options = dict(properties) if isinstance(properties, Mapping) else {}
    for pattern, inner in patterns.items() if isinstance(patterns, Mapping) else ():
        if _ONE.fullmatch(pattern):
            options[pattern[1:-1]] = inner
    return {name: inner for name, inner in options.items() if isinstance(inner, Mapping)}


def _alike(old: Schema, new: Schema) -> bool:
    """Tell whether two options look the same to a user, so that one is the other's new name."""
    return all(old.get(key) == new.get(key) for key in ("title", "description", "type"))


def _choices(node: Schema, keyword: str) -> list[str]:
    values = node.get(keyword)
    return [shown(value) for value in values] if isinstance(values, list) else []


def _names(node: Schema, keyword: str) -> list[str]:
    names = node.get(keyword)
    return [str(name) for name in names] if isinstance(names, list) else []


def _types(node: Schema) -> set[str]:
    """Return the types that a node allows; empty if it allows all. A number may be an integer."""
    given = node.get("type")
    if not given:
        return set()
    types = {str(one) for one in given} if isinstance(given, list) else {str(given)}
    return types | {"integer"} if "number" in types else types


def _onyxia(node: Schema, key: str) -> str:
    onyxia = node.get("x-onyxia")
    value = onyxia.get(key) if isinstance(onyxia, Mapping) else None
    return shown(value) if value else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
