"""Names made from templates: labels of axis values, tags, ids, and families' names. `{name}` stands
for a value, `{{` for a brace.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import lru_cache

from builder.catalog.model import Catalog

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
"""A tag, by the OCI distribution specification."""
TAG_HINT = "letters, digits, '_', '.' and '-', not first '.' or '-'"
"""The same, in words."""


@lru_cache(maxsize=4096)
def parts(template: str) -> tuple[tuple[str, str], ...]:
    """Return a template as pairs of text and the name that follows it, "" if none does.

    Raises:
        ValueError: braces do not match, or hold more than a name; the message says what.

    """
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        raise ValueError("braces do not match; write {{ or }} for a brace") from None
    for _, name, form, conversion in pieces:
        is_more_than_a_name = form or conversion or not (name or "").isidentifier()
        if name is not None and is_more_than_a_name:
            raise ValueError(
                f"braces hold {name!r}, which is not a name; write {{{{ or }}}} for a brace"
            )
    return tuple((text, name or "") for text, name, _, _ in pieces)


def names(template: str) -> tuple[str, ...]:
    """Return the names in a template, in order.

    Raises:
        ValueError: see `parts`.

    """
    return tuple(name for _, name in parts(template) if name)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its names replaced.

    Raises:
        ValueError: see `parts`.
        KeyError: a name has no value.

    """
    return "".join(text + (values[name] if name else "") for text, name in parts(template))


def labels(catalog: Catalog) -> Mapping[str, Mapping[str, str]]:
    """Return the label of every value of every axis."""
    labels: dict[str, dict[str, str]] = {}
    for name, axis in catalog.axes.items():
        labels[name] = {value: fill(axis.label, {"value": value}) for value in axis.values}
    return labels


def default_tag(
    catalog: Catalog, known: Mapping[str, Mapping[str, str]], point: Mapping[str, str]
) -> str:
    """Return the labels of a point on the axes that tags name, joined by '-'; empty when there are
    none.
    """
    return "-".join(known[axis][value] for axis, value in point.items() if catalog.axes[axis].tag)


def cell_id(layer: str, known: Mapping[str, Mapping[str, str]], point: Mapping[str, str]) -> str:
    """Return `<layer>@<label>-<label>…`, or the layer's name alone when it depends on no axis."""
    written = "-".join(known[axis][value] for axis, value in point.items())
    return f"{layer}@{written}" if written else layer
