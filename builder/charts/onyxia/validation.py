"""Whether a node accepts a value, as the web application decides it: types, coercions, bounds,
units, options.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from builder.charts.onyxia.expression import Lookup, evaluate
from builder.charts.onyxia.javascript import (
    is_number,
    matches,
    parse_float,
    pattern_error,
    same,
    to_text,
)
from builder.charts.onyxia.model import UNDEFINED, Crash, SchemaNode

_WORDS: Final = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    "on": True,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: valid, or a value to use instead, or neither."""

    valid: bool
    instead: object = UNDEFINED

    @property
    def usable(self) -> bool:
        """Whether the value, or the one to use instead, is accepted."""
        return self.valid or self.instead is not UNDEFINED


_YES: Final = Verdict(valid=True)
_NO: Final = Verdict(valid=False)


def validate(node: SchemaNode, value: object, lookup: Lookup) -> Verdict:
    """Tell whether the node accepts the value, also by its options.

    Raises:
        Crash: the pattern is not valid JavaScript, or the node is a list without a valid option.

    """
    verdict = _validate(node, value, lookup)
    allowed = options(node, lookup)
    tested = value if verdict.valid else verdict.instead
    if allowed is None or tested is UNDEFINED or any(same(option, tested) for option in allowed):
        return verdict
    return _NO


def options(node: SchemaNode, lookup: Lookup) -> list[object] | None:
    """Return what can be chosen: injected options, else `listEnum`, else `enum`; a list with a bad
    option is ignored.

    Raises:
        Crash: `render` is `list`, and no list of options is valid.

    """
    injected = evaluate(node.onyxia.get("overwriteListEnumWith", UNDEFINED), lookup)
    if isinstance(injected, list):
        verdicts = [(option, _validate(node, option, lookup)) for option in injected]
        taken = [
            option if verdict.valid else verdict.instead
            for option, verdict in verdicts
            if verdict.usable
        ]
        if taken:
            return taken
    for keyword in ("listEnum", "enum"):
        given = node.options(keyword)
        if given and all(_validate(node, option, lookup).valid for option in given):
            return given
    if node.keywords.get("render") == "list":
        raise Crash("options", node.pointer, "it is rendered as a list and has no valid option")
    return None


def fits(node: SchemaNode, value: object, lookup: Lookup) -> bool:
    """Tell whether the node accepts the value as it is, regardless of its options.

    Raises:
        Crash: the pattern is not valid JavaScript.

    """
    return _validate(node, value, lookup).valid


def _validate(node: SchemaNode, value: object, lookup: Lookup) -> Verdict:
    if isinstance(value, list):
        return _array(node, value, lookup) if node.type == "array" else _NO
    if isinstance(value, dict):
        return _object(node, value, lookup) if node.type == "object" else _NO
    match node.type:
        case "string":
            return _string(node, value)
        case "boolean":
            return _boolean(value)
        case "integer" | "number":
            return _number(node, value)
        case _:
            return _NO


def _string(node: SchemaNode, value: object) -> Verdict:
    text = "" if value is None else to_text(value)
    if not _text_fits(node, text):
        return _NO
    return _YES if isinstance(value, str) else Verdict(valid=False, instead=text)


def _boolean(value: object) -> Verdict:
    if isinstance(value, bool):
        return _YES
    if isinstance(value, str):
        return Verdict(valid=False, instead=_WORDS.get(value.lower(), UNDEFINED))
    return Verdict(valid=False, instead=value is not None and value != 0)


def _number(node: SchemaNode, value: object) -> Verdict:
    number: object
    if isinstance(value, str):
        number = parse_float(value)
    elif value is None or isinstance(value, bool):
        number = int(bool(value))
    else:
        number = value
    if not isinstance(number, int | float) or not _number_fits(node, number):
        return _NO
    return _YES if is_number(value) else Verdict(valid=False, instead=number)


def _array(node: SchemaNode, value: list[object], lookup: Lookup) -> Verdict:
    most = node.number("maxItems")
    if len(value) < (node.number("minItems") or 0) or (most is not None and len(value) > most):
        return _NO
    if node.items is None:
        return _YES
    return _gather(
        [(index, validate(node.items, item, lookup), item) for index, item in enumerate(value)],
        keys=False,
    )


def _object(node: SchemaNode, value: dict[str, object], lookup: Lookup) -> Verdict:
    if node.properties is None:
        return _YES
    if any(key not in value for key in node.properties):
        return _NO
    verdict = _gather(
        [
            (key, validate(below, value[key], lookup), value[key])
            for key, below in node.properties.items()
        ],
        keys=True,
    )
    if verdict.valid and len(value) > len(node.properties):
        return Verdict(valid=False, instead={key: value[key] for key in node.properties})
    return verdict


def _gather(members: list[tuple[int | str, Verdict, object]], *, keys: bool) -> Verdict:
    if all(verdict.valid for _, verdict, _ in members):
        return _YES
    if not all(verdict.usable for _, verdict, _ in members):
        return _NO
    taken = {key: value if verdict.valid else verdict.instead for key, verdict, value in members}
    return Verdict(valid=False, instead=taken if keys else list(taken.values()))


def _text_fits(node: SchemaNode, text: str) -> bool:
    return text_problem(node, text) == ""


def text_problem(node: SchemaNode, text: str) -> str:
    """Return why a node of type string refuses a text, or "".

    Raises:
        Crash: the pattern is not valid JavaScript.

    """
    pattern, unit = node.text("pattern"), node.text("sliderUnit")
    if pattern is not None:
        wrong = pattern_error(pattern)
        if wrong:
            raise Crash(
                "pattern", node.pointer, f"its pattern {pattern} is not valid JavaScript: {wrong}"
            )
        if not matches(pattern, text):
            return f"does not match the pattern {pattern}"
    if unit is None:
        return ""
    if not text.endswith(unit):
        return f"does not end with the unit {unit}"
    number = parse_float(text.removesuffix(unit))
    return "is not a number" if number is None else _bounds_problem(node, number)


def _number_fits(node: SchemaNode, number: float) -> bool:
    return number_problem(node, number) == ""


def number_problem(node: SchemaNode, number: float) -> str:
    """Return why a node of a numeric type refuses a number, or ""."""
    minimum = node.number("minimum")
    if minimum is not None and number < minimum:
        return f"is below the minimum {to_text(minimum)}"
    if node.type == "integer" and not float(number).is_integer():
        return "is not an integer"
    return _bounds_problem(node, number)


def _bounds_problem(node: SchemaNode, number: float) -> str:
    low, high = node.number("sliderMin"), node.number("sliderMax")
    if low is not None and number < low:
        return f"is below sliderMin {to_text(low)}"
    if high is not None and number > high:
        return f"is above sliderMax {to_text(high)}"
    return ""


def problem(node: SchemaNode, value: object, lookup: Lookup) -> str:
    """Return in words why the node does not accept the value as it is, or "".

    Raises:
        Crash: as in `validate`.

    """
    if validate(node, value, lookup).valid:
        return ""
    named = kind(value)
    if named != node.type and (named, node.type) != ("number", "integer"):
        return f"is {_article(named)}, not {_article(node.type or 'value')}"
    if isinstance(value, str):
        words = text_problem(node, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        words = number_problem(node, value)
    else:
        words = _inside(node, value, lookup)
    return words or "is not among the options"


def kind(value: object) -> str:
    """Return the JSON type of a value."""
    names = {
        bool: "boolean",
        str: "string",
        int: "number",
        float: "number",
        list: "array",
        dict: "object",
    }
    return names.get(type(value), "null")


def _inside(node: SchemaNode, value: object, lookup: Lookup) -> str:
    """Return what is wrong within an array or an object."""
    if isinstance(value, list) and node.type == "array":
        for item in value:
            words = problem(node.items, item, lookup) if node.items is not None else ""
            if words:
                return f"has an item that {words}"
        return "" if options(node, lookup) else "has too few or too many items"
    if isinstance(value, dict) and node.type == "object":
        for key, below in (node.properties or {}).items():
            words = problem(below, value[key], lookup) if key in value else "is missing"
            if words:
                return f"has a {key} that {words}"
        return "has keys that are not in the schema"
    return ""


def show(value: object) -> str:
    """Return a value for a message, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def _article(name: str) -> str:
    if name == "null":
        return name
    return f"an {name}" if name[0] in "aio" else f"a {name}"
