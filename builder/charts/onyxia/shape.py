"""The shape that each keyword must have for the page to open (`zJSONSchema` and `zXOnyxiaParams` of
the web application).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from builder.charts.onyxia.javascript import is_number

TYPES: Final = ("object", "array", "string", "boolean", "integer", "number")
RENDERS: Final = ("textArea", "password", "list", "slider")
EXTREMITIES: Final = ("down", "up")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a keyword's value may be."""

    words: str
    accepts: Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _boolean(value: object) -> bool:
    return isinstance(value, bool)


def _integer(value: object) -> bool:
    return is_number(value) and isinstance(value, int | float) and float(value).is_integer()


def _count(value: object) -> bool:
    return _integer(value) and isinstance(value, int | float) and value >= 0


def _array(value: object) -> bool:
    return isinstance(value, list)


def _record(value: object) -> bool:
    return isinstance(value, dict)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _hidden(value: object) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, bool)
    return (
        "value" in value
        and _text(value.get("path"))
        and _boolean(value.get("isPathRelative", False))
    )


def _among(*names: str) -> Shape:
    return Shape("one of " + ", ".join(names), lambda value: value in names)


_NUMBER = Shape("a number", is_number)
_TEXT = Shape("a string", _text)
_ARRAY = Shape("an array", _array)

KEYWORDS: Final[Mapping[str, Shape]] = {
    "type": _among(*TYPES),
    "title": _TEXT,
    "description": _TEXT,
    "default": Shape("any value", lambda _: True),
    "hidden": Shape(
        'true, false, or {"value": …, "path": "…"} with an optional boolean isPathRelative', _hidden
    ),
    "items": Shape("one schema", _record),
    "minItems": Shape("a whole number", _integer),
    "maxItems": Shape("a whole number that is not negative", _count),
    "minimum": _NUMBER,
    "pattern": _TEXT,
    "render": _among(*RENDERS),
    "enum": _ARRAY,
    "listEnum": _ARRAY,
    "sliderMax": _NUMBER,
    "sliderMin": _NUMBER,
    "sliderUnit": _TEXT,
    "sliderStep": _NUMBER,
    "sliderExtremitySemantic": _TEXT,
    "sliderRangeId": _TEXT,
    "sliderExtremity": _among(*EXTREMITIES),
    "const": Shape("any value", lambda _: True),
    "properties": Shape("an object of schemas", _record),
    "required": Shape("an array of strings", _texts),
    "additionalProperties": Shape(
        "true, false or a schema", lambda value: isinstance(value, bool | dict)
    ),
    "x-onyxia": Shape("an object", _record),
}

ONYXIA: Final[Mapping[str, Shape]] = {
    "overwriteDefaultWith": Shape(
        "a string, an array or an object", lambda value: isinstance(value, str | list | dict)
    ),
    "overwriteListEnumWith": Shape(
        "a string or an array", lambda value: isinstance(value, str | list)
    ),
    "hidden": Shape("true or false", _boolean),
    "readonly": Shape("true or false", _boolean),
}

NAME: Final = _TEXT
"""Of `overwriteSchemaWith`, which the API reads."""
