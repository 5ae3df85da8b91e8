"""What a plain scalar of YAML means, by the core schema of YAML 1.2: `on` and `yes` are texts,
dates are texts, 3.10 is a number.
"""

from __future__ import annotations

import re

from builder.redact import redact

_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ODD = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
MAX_DIGITS = 19
SHOWN = 60


def scalar(text: str) -> str | float | bool | None:
    """Return what a plain scalar means."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        # Python refuses to read integers of thousands of digits; as floats they are reported like
        # any other wrong number.
        return int(text) if len(text) <= MAX_DIGITS else float(text)
    if _BASED.fullmatch(text):
        return int(text, 0) if len(text) <= MAX_DIGITS else float("inf")
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _ODD.fullmatch(text) else text


def quoted(value: object) -> str:
    """Return a text in quotes, without secrets of URLs, shortened where it is long."""
    text = redact(str(value))
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 3] + "...")


def in_words(value: object, written: str = "") -> str:
    """Return what a value is, in words: "the number 3.1", "a list". `written` is the
    scalar as written in the file.
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return (
                f"the number {value}"
                if written in {"", str(value)}
                else f"{written}, which YAML reads as the number {value}"
            )
        case str():
            return f"the text {quoted(value)}"
        case dict():
            return "a mapping"
        case _:
            return "a list"
