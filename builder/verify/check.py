"""What one check of a machine found, and what a catalog needs of a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from builder.errors import BuilderError
from builder.redact import told

Verdict = Literal["ok", "wrong", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What one check found."""

    name: str
    verdict: Verdict
    """wrong: something that is needed does not work; warning: it may become a problem, or only some
    commands need it."""
    detail: str
    fix: str = ""
    """The command, or the change, that fixes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a catalog uses."""

    releases: tuple[str, ...] = ()
    """Debian releases."""
    python: bool = False
    npm: bool = False
    maven: str = ""
    """Path in a Maven repository of a file that is needed to lock; empty without Maven."""
    go: bool = False
    cran: bool = False
    julia: bool = False
    archives: Mapping[str, str] = field(default_factory=dict)
    """Hosts beside the package registries, each with the address of a file there."""
    further: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Repositories and indexes that the catalog declares and uses, each with its address, and the
    path of a file there."""
    charts: bool = False


def elsewhere(name: str) -> str:
    """Return how to move the store or the cache."""
    return f"set CATALOG_{name.upper()} to a writable directory"


def reason(error: Exception) -> str:
    """Return the innermost cause of an error, in one line."""
    if isinstance(error, BuilderError):
        return first_line(error.message)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    cause = error.args[0] if error.args else error
    inner = getattr(cause, "reason", cause)
    return told(first_line(str(inner)))


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return text.strip().partition("\n")[0]
