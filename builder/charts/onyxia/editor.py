"""The schema with which the text editor checks the values; the launch button depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

import jsonschema_rs
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from builder.charts.onyxia.expression import Lookup
from builder.charts.onyxia.javascript import matches, pattern_error
from builder.charts.onyxia.model import Crash, SchemaNode
from builder.charts.onyxia.validation import options

_WEB_ONLY: Final = {"x-onyxia", "listEnum", "render", "$schema", "$id"}


def _pattern(
    _validator: object, pattern: object, instance: object, _schema: object
) -> Iterator[ValidationError]:
    if (
        isinstance(pattern, str)
        and isinstance(instance, str)
        and not pattern_error(pattern)
        and not matches(pattern, instance)
    ):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Validator: Final = extend(Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
"""Draft 07 with JavaScript's regular expressions; formats are not checked."""


class _Pattern:
    """JavaScript's `pattern` for the fast validator, whose messages say less."""

    def __init__(self, _parent: object, pattern: object, _path: object) -> None:
        self._pattern = pattern if isinstance(pattern, str) and not pattern_error(pattern) else None

    def validate(self, instance: object) -> None:
        """Raise ValueError for a text that does not match."""
        if (
            self._pattern is not None
            and isinstance(instance, str)
            and not matches(self._pattern, instance)
        ):
            raise ValueError(instance)


_DRAFT: Final = jsonschema_rs.Draft7Validator(
    cast("dict[str, object]", Draft7Validator.META_SCHEMA)
)


def editor_schema(node: SchemaNode, lookup: Lookup) -> Mapping[str, object]:
    """Return the schema of the text editor: all properties required, no others allowed, the options
    resolved.
    """
    raw = node.raw if isinstance(node.raw, dict) else {}
    schema: dict[str, object] = {key: value for key, value in raw.items() if key not in _WEB_ONLY}
    allowed = _options(node, lookup)
    if allowed is not None:
        schema["enum"] = allowed
    elif schema.get("enum") == []:
        del schema["enum"]
    if node.properties is not None:
        schema |= {
            "properties": {
                key: editor_schema(below, lookup) for key, below in node.properties.items()
            },
            "required": [key for key, below in node.properties.items() if below.type is not None],
            "additionalProperties": False,
        }
    if node.items is not None:
        schema["items"] = editor_schema(node.items, lookup)
    return schema


def errors(schema: object, value: object) -> Iterator[ValidationError]:
    """Yield how the value violates a valid schema; nothing if the schema has a reference to the
    outside.
    """
    if _valid(schema, value):
        return
    try:
        violations = list(Validator(cast("Mapping[str, object]", schema)).iter_errors(value))
    except Unresolvable:
        return
    yield from violations


def schema_errors(schema: object) -> Iterator[ValidationError]:
    """Yield how the schema violates draft 07."""
    if not _DRAFT.is_valid(schema):
        yield from Draft7Validator(Draft7Validator.META_SCHEMA).iter_errors(schema)


def _valid(schema: object, value: object) -> bool:
    """Tell quickly whether a value is valid; False also if only the other validator can tell."""
    try:
        return jsonschema_rs.Draft7Validator(
            cast("dict[str, object]", schema), keywords={"pattern": _Pattern}, offline=True
        ).is_valid(value)
    except (ValueError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return False


def _options(node: SchemaNode, lookup: Lookup) -> list[object] | None:
    try:
        return options(node, lookup)
    except Crash:
        return None
