"""The templates of Dockerfiles and new files, and the filters that they know."""

from __future__ import annotations

import json
import re

from jinja2 import ChoiceLoader, PackageLoader

from builder.templates.sandbox import Sandbox

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._+/-]*")
"""A YAML text that needs no quotes, wherever it stands."""
OTHER_THAN_TEXT = {"false", "no", "null", "off", "on", "true", "yes", "y", "n"}


def yaml(text: str) -> str:
    """Return a text as a YAML scalar, in quotes where it needs them."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in OTHER_THAN_TEXT
    # A JSON string is a YAML string.
    return text if is_plain and text == text.strip() else json.dumps(text, ensure_ascii=False)


environment = Sandbox(
    ChoiceLoader([PackageLoader("builder.render"), PackageLoader("builder.kinds")]),
    keep_trailing_newline=True,
)
environment.filters["quoted"] = json.dumps  # a Dockerfile's double-quoted string
environment.filters["yaml"] = yaml
