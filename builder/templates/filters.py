"""The filters that a template knows, each of which counts what it makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import islice
from os import PathLike
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2 import filters as of_jinja
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as ALL_FILTERS
from jinja2.runtime import Context
from jinja2.tests import TESTS as ALL_TESTS

from builder.templates.budget import MAX_ITEMS, count_text, weigh

FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items"),
    *("last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse"),
    *("round", "select", "selectattr", "sort", "string", "title", "trim", "unique", "upper"),
)
"""Filters of Jinja that may be used as they are; `known` has others for those that may not."""
TESTS = (
    *("boolean", "defined", "divisibleby", "even", "false", "float", "integer", "iterable"),
    *("lower", "mapping", "none", "number", "odd", "sequence", "string", "true", "undefined"),
    *("upper",),
)
"""Tests of Jinja; those that compare have signs, which are counted."""
_LATER = ("map", "reject", "rejectattr", "reverse", "select", "selectattr")
"""Those whose items are made when they are asked for."""


def _scalar(value: object) -> str:
    """Return a value as the text that a template writes.

    Raises:
        SecurityError: it is a list, a mapping or an object without a text of its own: what Python
            would print is meant for programmers, and may name a place of this machine.

    """
    if isinstance(value, Undefined):
        return str(value)  # raises what it is
    is_scalar = value is None or isinstance(value, str | bool | int | float)
    has_text = "__str__" in type(value).__dict__ and not isinstance(value, PathLike)
    if not is_scalar and not has_text:
        kind = type(value).__name__
        message = f"a value of type {kind} has no text: name one of its parts, or use `| join`"
        raise SecurityError(message)
    weigh(value)
    return str(value)


@pass_context
def finalize(_: Context, value: object) -> str:
    """Return the text of an expression that stands in a template.

    It takes the context so that Jinja calls it when the template is rendered, not when it is
    compiled.
    """
    text = _scalar(value)
    count_text(len(text))
    return text


def concatenate(values: Iterable[object]) -> str:
    """Return the texts of `a ~ b ~ c` as one."""
    texts = [_scalar(value) for value in values]
    count_text(sum(len(text) for text in texts))
    return "".join(texts)


def _join(value: Iterable[object], d: object = "") -> str:
    texts = [_scalar(item) for item in _listed(value)]
    separator = _scalar(d)
    count_text(sum(len(text) for text in texts) + len(separator) * len(texts))
    return separator.join(texts)


def _listed(values: Iterable[object]) -> list[object]:
    """Return the items of what may be a filter's result that is made when it is asked for."""
    items = list(islice(values, MAX_ITEMS + 1))
    weigh(items)
    return items


def _replace(value: object, old: str, new: str, count: int = -1) -> str:
    text = _scalar(value)
    times = text.count(old) if count < 0 else min(count, text.count(old))
    count_text(len(text) + times * len(new))
    return text.replace(old, new, count)


def _indent(
    value: object,
    width: int | str = 4,
    first: bool = False,  # noqa: FBT001, FBT002  as Jinja's
    blank: bool = False,  # noqa: FBT001, FBT002
) -> str:
    text = _scalar(value)
    wide = width if isinstance(width, int) else len(width)
    count_text(len(text) + wide * (text.count("\n") + 1))
    return of_jinja.do_indent(text, width, first, blank)


def _tojson(value: object) -> str:
    return json.dumps(weigh(value))


def _json(value: object) -> str:
    return json.dumps(weigh(value), ensure_ascii=False)


def known() -> dict[str, Any]:
    """Return the filters of templates: name -> function."""
    of_templates: dict[str, Any] = {name: _bounded(name, ALL_FILTERS[name]) for name in FILTERS}
    own: dict[str, Any] = {
        "indent": _indent,
        "join": _join,
        "json": _json,
        "replace": _replace,
        "tojson": _tojson,
    }
    return of_templates | own


def tests() -> dict[str, Any]:
    """Return the tests of templates: name -> function."""
    return {name: ALL_TESTS[name] for name in TESTS}


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that counts what it returns."""
    if name in _LATER:
        return function  # it is counted where it is used

    # Jinja reads on the function itself what it wants to be called with.
    def bounded(*args: Any, **kwargs: Any) -> Any:
        return weigh(function(*args, **kwargs))

    bounded.__dict__.update(getattr(function, "__dict__", {}))
    return bounded
