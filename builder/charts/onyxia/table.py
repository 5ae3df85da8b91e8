"""All rules, ordered by what happens to a chart that breaks them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Final

from builder.charts.onyxia import rules
from builder.charts.onyxia.model import Consequence
from builder.charts.onyxia.rule import LintRule, declared

INTRODUCTION = """\
# Onyxia's rules

What Onyxia's web application (5.5) and its API require of a chart, and `catalog chart lint` checks.
Each chart's values are computed as the application computes them, in four contexts: a platform that
has everything; a group project on OpenShift with anonymous S3; a minimal platform without S3, Vault
and Git; and the next release of the application.

This file is written by `catalog chart lint --rules --markdown`."""


def _all_rules() -> tuple[LintRule, ...]:
    """Return the rules of every module of `rules/`."""
    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        importlib.import_module(module.name)
    return declared()


RULES: Final = _all_rules()
NAMES: Final = tuple(rule.id for rule in RULES)


def markdown() -> str:
    """Return the rules as a document."""
    lines = [INTRODUCTION]
    for consequence in Consequence:
        heading = f"## {consequence[0].upper()}{consequence[1:]}"
        lines += ["", heading, "", "| rule | severity | what it requires |", "|---|---|---|"]
        for rule in RULES:
            if rule.consequence is consequence:
                lines.append(f"| `{rule.id}` | {rule.severity} | {_cell(rule.text)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
