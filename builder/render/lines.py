"""Maps a line of a Dockerfile to the line of the layer's Dockerfile.j2 that it comes from."""

from __future__ import annotations

import re

from jinja2 import TemplateError

from builder.render.jinja import environment
from builder.templates.sandbox import fault

MARK = re.compile("\x01([0-9]+)\x01")


def marked(template: str) -> str:
    """Return a template whose lines contain their numbers when rendered.

    Raises:
        RenderError: it is not a template.

    """
    pieces: list[str] = []
    for number, kind, text in _tokens(template):
        pieces.append(_numbered(text, number) if kind == "data" else text)
    return "".join(pieces)


def _tokens(template: str) -> list[tuple[int, str, str]]:
    try:
        return list(environment.lex(template))
    except TemplateError as error:
        raise fault(error) from error


def _numbered(text: str, number: int) -> str:
    """Put line numbers before the lines of a text, except blank ones: templates remove these."""
    numbered: list[str] = []
    for index, line in enumerate(text.split("\n")):
        numbered.append(f"\x01{number + index}\x01{line}" if line.strip() else line)
    return "\n".join(numbered)


def origin(rendered: str, number: int) -> int:
    """Return the line of the template that a rendered line comes from, or else the last one before
    it; 0 if there is none. Both count from 1.
    """
    for line in reversed(rendered.split("\n")[:number]):
        mark = MARK.search(line)
        if mark is not None:
            return int(mark[1])
    return 0
