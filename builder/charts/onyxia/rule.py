"""What a rule is. A function of a module in `rules/` becomes one by its decorator, and nothing else
has to be written for it: its name is the rule's, its docstring the rule itself.
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
    """One thing that a chart must do, what becomes of it otherwise, and the function that looks."""

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
    """Declare a function as a rule, named `a-b` for a function `a_b`. Where nothing else is said, a
    breach is an error, and one that is silently ignored a warning.
    """
    usual: Severity = "warning" if consequence is Consequence.SILENT else "error"

    def declare(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        _declared.append(LintRule(name, consequence, check, severity or usual))
        return check

    return declare


def declared() -> tuple[LintRule, ...]:
    """Return the rules declared so far: the worst consequence first, otherwise as they were
    declared.
    """
    order = list(Consequence)
    return tuple(sorted(_declared, key=lambda one: order.index(one.consequence)))
