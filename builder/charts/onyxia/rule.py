"""What a rule is. The decorator makes a rule of a function in a module of `rules/`; nothing else is
needed: the function's name names the rule, its docstring states it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from builder.charts.onyxia.model import Consequence, Severity, Violation
from builder.charts.onyxia.subject import Subject

Check = Callable[[Subject], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class LintRule:
    """One thing that a chart must do, the consequence of a breach, and the function that checks."""

    id: str
    consequence: Consequence
    check: Check
    severity: Severity

    @property
    def text(self) -> str:
        """The rule, in a sentence: the function's docstring."""
        return inspect.getdoc(self.check) or ""


_declared: list[LintRule] = []


def rule(consequence: Consequence, *, severity: Severity | None = None) -> Callable[[Check], Check]:
    """Declare a function as a rule, named `a-b` for a function `a_b`. By default, a breach is an
    error, or a warning if it is silently ignored.
    """
    usual: Severity = "warning" if consequence is Consequence.SILENT else "error"

    def declare(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        _declared.append(LintRule(name, consequence, check, severity or usual))
        return check

    return declare


def declared() -> tuple[LintRule, ...]:
    """Return the rules declared so far: the worst consequence first, then in the order of
    declaration.
    """
    order = list(Consequence)
    return tuple(sorted(_declared, key=lambda one: order.index(one.consequence)))
