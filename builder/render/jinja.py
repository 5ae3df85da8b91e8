"""The templates of Dockerfiles and new files, and the filters that they know."""

from __future__ import annotations

import json
import re
import shlex

from jinja2 import ChoiceLoader, PackageLoader

from builder.templates.sandbox import Sandbox

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._+/-]*")
"""A YAML text that never needs quotes."""
WORD = re.compile(r"[A-Za-z0-9_./:@%+,=-]+", re.ASCII)
"""A word of a Dockerfile that needs no quotes."""
ESCAPED, BACKSLASH = re.compile(r'["$\\]'), r"\\\g<0>"
OTHER_THAN_TEXT = {"false", "no", "null", "off", "on", "true", "yes", "y", "n"}


def yaml(text: str) -> str:
    """Return a text as a YAML scalar, in quotes where it needs them."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in OTHER_THAN_TEXT
    # A JSON string is a YAML string.
    return text if is_plain and text == text.strip() else json.dumps(text, ensure_ascii=False)


def quoted(text: str) -> str:
    """Return a text of one line as a double-quoted string of a Dockerfile, in which nothing is
    replaced (Dockerfile reference, Escape and Environment replacement).
    """
    return f'"{ESCAPED.sub(BACKSLASH, text)}"'


def word(text: str) -> str:
    """Return a text of one line as a word of a Dockerfile, in quotes where it needs them."""
    return text if WORD.fullmatch(text) else quoted(text)


environment = Sandbox(
    ChoiceLoader([PackageLoader("builder.render"), PackageLoader("builder.kinds")]),
    keep_trailing_newline=True,
)
environment.filters["quoted"] = quoted
environment.filters["word"] = word
environment.filters["shell"] = shlex.quote
environment.filters["yaml"] = yaml
