"""The one Jinja environment: undefined names are errors, templates live in files."""

from __future__ import annotations

import json
import re

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._+/-]*")
"""A YAML text that needs no quotes, wherever it stands."""
OTHER_THAN_TEXT = {"false", "no", "null", "off", "on", "true", "yes", "y", "n"}


def yaml(text: str) -> str:
    """Return a text as a YAML scalar, in quotes where it needs them."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in OTHER_THAN_TEXT
    # A JSON string is a YAML string.
    return text if is_plain and text == text.strip() else json.dumps(text, ensure_ascii=False)


environment = Environment(
    loader=ChoiceLoader([PackageLoader("builder.render"), PackageLoader("builder.kinds")]),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  Dockerfiles and YAML, not HTML
    keep_trailing_newline=True,
)
environment.filters["quoted"] = json.dumps  # a Dockerfile's double-quoted string
environment.filters["yaml"] = yaml
