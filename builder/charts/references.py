"""What templates refer to, compared with the options that a chart has.

Helm yields nothing for `.Values.a.b` if `a` has no `b`, so a misspelt option goes unnoticed until
somebody wonders why it has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder.catalog.reader import Place
from builder.catalog.suggest import closest, nearest
from builder.charts.gotemplate import Action, Token, actions
from builder.charts.model import Option

BUILT_IN = ("Values", "Release", "Chart", "Capabilities", "Files", "Template", "Subcharts")
"""What the context of a chart holds."""
BLOCKS = {"if", "range", "with", "define", "block"}
KEPT = {"default", "required"}
"""Functions that yield their last argument if it is not empty."""
FREE = {"global"}
"""Sections that Helm itself adds to the values of every chart."""


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One thing wrong with a template."""

    offset: int
    token: str
    """The text of the template there."""
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Value:
    """What an expression yields, as far as it is known: the chart's context, an option, or
    neither.
    """

    option: Option | None = None
    path: str = ""
    is_context: bool = False


UNKNOWN = _Value()
CONTEXT = _Value(is_context=True)


@dataclass(slots=True)
class _Block:
    """An open block, and what it shadows until it ends."""

    keyword: str
    action: Action
    dot: _Value
    variables: dict[str, _Value]


def template_problems(text: str, sections: Mapping[str, Option]) -> Iterator[TemplateProblem]:
    """Yield what is wrong with a template of a chart with these options: references to options that
    it does not have, and blocks that are not closed.
    """
    yield from _TemplateReader(sections).read(text)


@dataclass(slots=True)
class _TemplateReader:
    """Reads one template."""

    sections: Mapping[str, Option]
    dot: _Value = CONTEXT
    variables: dict[str, _Value] = field(default_factory=lambda: {"$": CONTEXT})
    open: list[_Block] = field(default_factory=list)
    problems: list[TemplateProblem] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    """Keys that the template itself sets in an option."""

    def read(self, text: str) -> list[TemplateProblem]:
        for action in actions(text):
            if not action.closed:
                message = "this action is not closed, or is not valid in Go's template language"
                self.problems.append(TemplateProblem(action.offset, "{{", message))
                return self.problems
            self._action(action)
        for block in self.open:
            message = f"this {block.keyword!r} has no end"
            hint = "add {{ end }}"
            self.problems.append(TemplateProblem(block.action.offset, "{{", message, hint))
        return self.problems

    def _action(self, action: Action) -> None:
        keyword = action.tokens[0].text if action.tokens else ""
        rest = action.tokens[1:]
        if keyword in BLOCKS:
            self.open.append(_Block(keyword, action, self.dot, dict(self.variables)))
            self._enter(keyword, rest)
        elif keyword == "else":
            self._else(action, rest)
        elif keyword == "end":
            self._end(action)
        else:
            self._statement(action.tokens)

    def _enter(self, keyword: str, tokens: Sequence[Token]) -> None:
        if keyword == "define":
            # The argument may be anything; `.Values` is taken to be the chart's.
            self.dot = UNKNOWN
            self.variables = {"$": UNKNOWN}
            return
        if keyword == "block":
            tokens = tokens[1:]
        value = self._statement(tokens, element=keyword == "range")
        if keyword == "range":
            self.dot = _element(value)
        elif keyword == "with":
            self.dot = value
        elif keyword == "block":
            self.dot, self.variables = value, {"$": value}

    def _else(self, action: Action, rest: Sequence[Token]) -> None:
        if not self.open:
            self._report(action, "this 'else' is outside of any block")
            return
        self.dot = self.open[-1].dot
        if rest:
            self._enter(rest[0].text, rest[1:])

    def _end(self, action: Action) -> None:
        if not self.open:
            self._report(action, "this 'end' does not end a block")
            return
        block = self.open.pop()
        self.dot = block.dot
        # Assignments inside of the block to a variable from outside are not followed.
        self.variables = block.variables

    def _report(self, action: Action, message: str) -> None:
        self.problems.append(TemplateProblem(action.offset, "{{", message))

    def _statement(self, tokens: Sequence[Token], *, element: bool = False) -> _Value:
        """Read `pipeline`, `$x := pipeline` or `$x, $y := pipeline`."""
        names: list[str] = []
        for index, token in enumerate(tokens):
            if token.text in {":=", "="}:
                names = [one.text for one in tokens[:index] if one.kind == "variable"]
                tokens = tokens[index + 1 :]
                break
        value, _ = self._pipeline(tokens, 0)
        for name in names:
            self.variables[name] = UNKNOWN
        if names:
            self.variables[names[-1]] = _element(value) if element else value
        return value

    def _pipeline(self, tokens: Sequence[Token], start: int) -> tuple[_Value, int]:
        """Read commands joined by `|`; return what the last yields, and where the pipeline ends."""
        value, position = self._command(tokens, start, None)
        while position < len(tokens) and tokens[position].text == "|":
            value, position = self._command(tokens, position + 1, value)
        return value, position

    def _command(
        self, tokens: Sequence[Token], start: int, piped: _Value | None
    ) -> tuple[_Value, int]:
        """Read one command, whose last argument is what was piped into it, if anything was."""
        operands: list[tuple[_Value, Token]] = []
        position = start
        while position < len(tokens) and tokens[position].text not in {"|", ")"}:
            token = tokens[position]
            value, position = self._operand(tokens, position)
            operands.append((value, token))
        if not operands:
            return UNKNOWN, position
        first, name = operands[0]
        if name.kind != "word":
            return (first if len(operands) == 1 and piped is None else UNKNOWN), position
        arguments = operands[1:]
        if piped is not None:
            arguments.append((piped, Token("dot", ".", name.offset, joined=False)))
        return self._call(name.text, arguments), position

    def _operand(self, tokens: Sequence[Token], position: int) -> tuple[_Value, int]:
        token = tokens[position]
        if token.text == "(":
            value, position = self._pipeline(tokens, position + 1)
            position += 1
            has_fields = position < len(tokens) and tokens[position].kind == "field"
            if has_fields and tokens[position].joined:
                fields = tokens[position]
                return self._fields(value, fields.text[1:].split("."), fields), position + 1
            return value, position
        if token.kind == "dot":
            return self.dot, position + 1
        if token.kind == "field":
            return self._fields(self.dot, token.text[1:].split("."), token), position + 1
        if token.kind == "variable":
            name, *names = token.text.split(".")
            return self._fields(self.variables.get(name, UNKNOWN), names, token), position + 1
        return UNKNOWN, position + 1

    def _call(self, name: str, arguments: Sequence[tuple[_Value, Token]]) -> _Value:
        """Return what a function yields that only selects among its arguments."""
        if not arguments:
            return UNKNOWN
        first, last = arguments[0][0], arguments[-1][0]
        if name in KEPT:
            return last
        if name == "set" and len(arguments) > 1:
            self.added.add(f"{first.path}.{arguments[1][1].literal}")
        if name in {"index", "get"}:
            return self._picked(first, [token for _, token in arguments[1:]])
        if name == "dig":
            return self._picked(last, [token for _, token in arguments[:-2]])
        return UNKNOWN

    def _picked(self, value: _Value, keys: Sequence[Token]) -> _Value:
        for key in keys:
            literal = key.literal
            value = _element(value) if literal is None else self._fields(value, [literal], key)
        return value

    def _fields(self, value: _Value, names: Sequence[str], token: Token) -> _Value:
        for name in names:
            inner = self._field(value, name, token)
            if inner is None:
                return UNKNOWN
            value = inner
        return value

    def _field(self, value: _Value, name: str, token: Token) -> _Value | None:
        """Return what a field of a value holds; if there is no such field, add a problem and return
        None.
        """
        if value.is_context and name not in BUILT_IN:
            if name[:1].isupper() and closest(name, BUILT_IN) is None:
                return UNKNOWN  # a library may add what it needs to the context
            hint = nearest(name, BUILT_IN)
            message = f"a chart's context has no {name!r}"
            self.problems.append(TemplateProblem(token.offset, token.text, message, hint))
            return None
        if value.option is None:
            return _Value(Option(options=self.sections)) if name == "Values" else UNKNOWN
        option, path = value.option, f"{value.path}.{name}" if value.path else name
        if name in option.options:
            return _Value(option.options[name], path)
        if option.map is not None:
            return _Value(option.map, path)
        is_free = option.kind == "object" and not option.options
        if is_free or path in FREE or path in self.added:
            return UNKNOWN
        if option.kind == "object":
            hint = nearest(name, option.options)
            message = f"the chart has no option {path!r}"
        else:
            hint = ""
            message = f"the option {value.path!r} is of type {option.kind}, and has no {name!r}"
        self.problems.append(TemplateProblem(token.offset, token.text, message, hint))
        return None


def _element(value: _Value) -> _Value:
    """Return one of the values that a list or a mapping holds."""
    option = value.option
    if option is None:
        return UNKNOWN
    held = option.items or option.map
    return UNKNOWN if held is None else _Value(held, f"{value.path}[]")


def line_and_column(text: str, offset: int) -> Place:
    """Return the place of a character, both numbers from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
