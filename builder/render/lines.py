"""Which line of a layer's Dockerfile.j2 a line of its Dockerfile comes from."""

from __future__ import annotations

import re

from builder.render.jinja import environment

MARK = re.compile("\x01([0-9]+)\x01")


def marked(template: str) -> str:
    """Return a template whose lines, rendered, hold their numbers.

    Raises:
        jinja2.TemplateSyntaxError: it is no template.

    """
    pieces: list[str] = []
    for number, kind, text in environment.lex(template):
        pieces.append(_numbered(text, number) if kind == "data" else text)
    return "".join(pieces)


def _numbered(text: str, number: int) -> str:
    """Put their numbers in front of a text's lines. Blank ones have none: templates remove them."""
    numbered: list[str] = []
    for index, line in enumerate(text.split("\n")):
        numbered.append(f"\x01{number + index}\x01{line}" if line.strip() else line)
    return "\n".join(numbered)


def origin(rendered: str, number: int) -> int:
    """Return the line of the template that a line of what was rendered from it begins in, or that
    is the last one before it; 0 where there is none. Both count from 1.
    """
    for line in reversed(rendered.split("\n")[:number]):
        mark = MARK.search(line)
        if mark is not None:
            return int(mark[1])
    return 0
