"""The sandbox in which every Jinja template is rendered, with limits.

A template is part of a catalog, and a catalog may be a stranger's. Templates are rendered on the
machine that plans, outside of any container. So a template reads values and writes text, and does
nothing else:

* it reaches data only: no function of Python, no attribute that starts with an underscore, and of
  methods those that `METHODS` lists (Jinja's own sandbox calls whatever does not look dangerous);
* it knows the filters of `builder.templates.filters`: those of Jinja that can make much of little,
  or whose result is not fixed, are left out;
* it does so much and no more. What is counted does not depend on the machine: the parts of a
  template that are carried out, and the characters that they make. So a template that is rendered
  here is rendered everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from jinja2 import BaseLoader, StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from builder.templates import budget, filters, syntax

METHODS: Mapping[type, Collection[str]] = {
    str: frozenset(
        {"capitalize", "endswith", "isalnum", "isalpha", "isdigit", "lower", "lstrip", "partition"}
        | {"removeprefix", "removesuffix", "rpartition", "rsplit", "rstrip", "split", "splitlines"}
        | {"startswith", "strip", "title", "upper"}
    ),
    Mapping: frozenset({"get", "items", "keys", "values"}),
    LoopContext: frozenset({"changed", "cycle"}),
}
"""Methods that a template may call: of their type -> their names."""
_MARK = "may_be_called_by_templates"
F = TypeVar("F", bound=Callable[..., object])


class RenderError(ValueError):
    """A template cannot be rendered.

    Attributes:
        line: of the template, from 1; 0 if it is not known.

    """

    def __init__(self, message: str, line: int = 0) -> None:
        """Keep what is wrong, and where."""
        super().__init__(message)
        self.line = line


def callable_by_templates(function: F) -> F:
    """Mark a method of ours as one that templates may call."""
    setattr(function, _MARK, True)
    return function


def _range(*limits: int) -> range:
    numbers = range(*limits)
    if len(numbers) > budget.MAX_ITEMS:
        message = f"a range of {len(numbers):,} numbers; {budget.MAX_ITEMS:,} are allowed"
        raise budget.LimitError(message)
    return numbers


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment whose templates reach data only, and do so much and no more."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, loader: BaseLoader | None = None, **how: Any) -> None:
        """Take what Jinja takes of its syntax: delimiters, and what becomes of blanks."""
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=False,
            optimized=False,  # constants are worked out when they are counted
            finalize=filters.finalize,
            **how,
        )
        self.globals = {"range": _range}
        self.tests = filters.tests()
        self.filters = filters.known() | {
            syntax.CHARGED: budget.charge,
            syntax.CONCATENATED: filters.concatenate,
            syntax.WEIGHED: budget.weigh,
        }

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Tell whether a template may read an attribute: data, and methods that are listed."""
        if attr.startswith("_") or isinstance(value, type):
            return False
        return not callable(value) or _is_allowed(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        """Tell whether a template may call something: what it reached, it may call."""
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        is_own = obj is _range or isinstance(obj, Macro)
        return is_own or _is_allowed(owner, name, obj)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call what a template may call, and count it."""
        with budget.one_deeper():
            return budget.weigh(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out `left operator right`, if the result is not too large."""
        budget.charge(1)
        if operator == "%" and isinstance(left, str):
            message = "`%` does not fill in texts here: write {{ value }}, or use `~`"
            raise SecurityError(message)
        if operator == "*":
            budget.product(left, right)
        if operator == "**":
            budget.power(left, right)
        return budget.weigh(super().call_binop(context, operator, left, right))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > budget.MAX_TEMPLATE:
            message = f"it has {len(source):,} characters; {budget.MAX_TEMPLATE:,} are allowed"
            raise TemplateSyntaxError(message, 1)
        tree = super()._parse(source, name, filename)
        syntax.refuse(tree)
        syntax.count(tree)
        return tree


def _is_allowed(owner: object, name: str, function: object) -> bool:
    if getattr(function, _MARK, False):
        return True
    return any(isinstance(owner, kind) and name in names for kind, names in METHODS.items())


def render(environment: Sandbox, text: str, values: Mapping[str, object]) -> str:
    """Return what a catalog's template writes.

    Raises:
        RenderError: it is not a template, uses what is not there, fails, or does too much.

    """
    try:
        with budget.limited():
            pieces = environment.from_string(text).generate(values)
            rendered = "".join(budget.up_to_limit(pieces))
            rendered.encode()  # half of a surrogate pair is not a text
            return rendered
    except Exception as error:
        raise fault(error) from error


def parse(environment: Sandbox, text: str) -> nodes.Template:
    """Return the syntax tree of a catalog's template.

    Raises:
        RenderError: it is not a template, or is too large or nested too deeply.

    """
    try:
        return environment.parse(text)
    except Exception as error:
        raise fault(error) from error


def check(environment: Sandbox, text: str) -> None:
    """Check that a text is a template whose filters and tests are known.

    Raises:
        RenderError: it is not.

    """
    try:
        environment.from_string(text)
    except Exception as error:
        raise fault(error) from error


def fault(error: Exception) -> RenderError:
    """Return what an exception says of a template, with the line."""
    if isinstance(error, TemplateSyntaxError):
        return RenderError(error.message or "it is not a template", error.lineno)
    if isinstance(error, TemplateNotFound):
        message = f"there is no template {error.name!r} to include"
    elif isinstance(error, RecursionError | SyntaxError):
        message = "it is nested too deeply"
    elif isinstance(error, TemplateError):
        message = error.message or type(error).__name__
    else:
        message = str(error) or type(error).__name__
    return RenderError(message, _line(error))


def _line(error: BaseException) -> int:
    """Return the line of the template that raised an error: that of the innermost of its frames, or
    the one that the parser had come to.
    """
    line, trace = 0, error.__traceback__
    while trace is not None:
        parser = trace.tb_frame.f_locals.get("self")
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        elif isinstance(parser, Parser):
            line = parser.stream.current.lineno
        trace = trace.tb_next
    return line
