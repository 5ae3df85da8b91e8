"""Go templates, as Helm extends them, split into the tokens of their actions.

Nothing is evaluated: this reads just enough to know what a template refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "variable", "field", "dot", "word", "number", "sign"]

_OPEN = re.compile(r"\{\{-?")
_COMMENT = re.compile(r"\{\{(- )?\s*/\*.*?\*/\s*(- ?)?\}\}", re.DOTALL)
_CLOSE = re.compile(r"\s*-?\}\}")
_TOKEN = re.compile(
    r"""
    (?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*')
  | (?P<variable>\$\w*(?:\.\w+)*)
  | (?P<field>(?:\.[A-Za-z_]\w*)+)
  | (?P<dot>\.(?![0-9]))
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>[-+]?\.?[0-9][\w.+-]*)
  | (?P<sign>:=|[=|(),])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an action."""

    kind: Kind
    text: str
    offset: int
    """Where it is in the template."""
    joined: bool
    """Whether it follows the previous token without a space: `(.a).b`."""

    @property
    def literal(self) -> str | None:
        """The value of a string without escapes; None for any other token."""
        is_plain = self.kind == "string" and "\\" not in self.text
        return self.text[1:-1] if is_plain else None


@dataclass(frozen=True, slots=True)
class Action:
    """What is between `{{` and `}}`."""

    offset: int
    tokens: tuple[Token, ...]
    closed: bool = True
    """Whether the action is closed, and consists only of tokens."""


def actions(text: str) -> Iterator[Action]:
    """Yield the actions of a template, without comments. Reading stops after one that is not
    closed.
    """
    position = 0
    while opened := _OPEN.search(text, position):
        if comment := _COMMENT.match(text, opened.start()):
            position = comment.end()
            continue
        tokens: list[Token] = []
        position = opened.end()
        while not (closed := _CLOSE.match(text, position)):
            start = _end_of_space(text, position)
            match = _TOKEN.match(text, start)
            if match is None:
                yield Action(opened.start(), tuple(tokens), closed=False)
                return
            kind: Kind = match.lastgroup  # type: ignore[assignment]  # the names of the groups
            joined = bool(tokens) and start == position
            tokens.append(Token(kind, match[0], start, joined))
            position = match.end()
        yield Action(opened.start(), tuple(tokens))
        position = closed.end()


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
