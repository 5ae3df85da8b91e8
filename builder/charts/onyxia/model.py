"""The linter's input and output: a chart's files, rules, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

SCHEMA: Final = "values.schema.json"
VALUES: Final = "values.yaml"
METADATA: Final = "Chart.yaml"
NOTES: Final = "templates/NOTES.txt"

Severity = Literal["error", "warning"]

UNDEFINED: Final = object()
"""JavaScript's `undefined`: no value at all, where `None` is `null`."""


class Consequence(StrEnum):
    """What happens with a chart that breaks a rule, the worst first."""

    PAGE = "the page never opens"
    VALUES = "crashes while computing values"
    FORM = "crashes in the form"
    LATER = "crashes later"
    LAUNCH = "launch button disabled"
    REFUSED = "API or Helm refuses"
    SILENT = "silently ignored"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartFiles:
    """The files of one chart that the rules read, as text; None for a file that does not exist."""

    metadata: str
    """Chart.yaml."""
    values: str | None = None
    """values.yaml."""
    schema: str | None = None
    """values.schema.json."""
    notes: str | None = None
    """templates/NOTES.txt, with its template actions."""
    folder: str | None = None
    """The package's top folder; None for a chart that is not packaged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One place where a chart breaks a rule."""

    rule: str
    severity: Severity
    consequence: Consequence
    file: str
    """Relative to the chart."""
    pointer: str
    """JSON pointer of the node in `file`, "" for the whole file."""
    line: int
    """1-based; 0 when the finding is about the whole file."""
    column: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's function reports: the place and the message; the rule adds the rest."""

    pointer: str
    message: str
    hint: str = ""
    file: str = SCHEMA


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class SchemaNode:
    """One node of a values schema, as the web application reads it.

    `keywords` and `onyxia` hold only what has the shape that the application accepts, so their
    readers need no checks: the rules on shapes report the rest from `raw`.
    """

    pointer: str
    """In the schema with its references resolved."""
    path: tuple[str, ...]
    """The keys that lead to the value; "*" stands for any index of an array."""
    raw: object
    type: str | None
    """One of the six types; None for a node that the application cannot read."""
    keywords: Mapping[str, object]
    onyxia: Mapping[str, object]
    """`x-onyxia`."""
    properties: Mapping[str, SchemaNode] | None = None
    items: SchemaNode | None = None

    @property
    def name(self) -> str:
        """The path, for messages."""
        return ".".join(self.path) or "the root"

    @property
    def slot(self) -> str | None:
        """The name with which an API may replace the whole node."""
        name = self.onyxia.get("overwriteSchemaWith")
        return name if isinstance(name, str) else None

    @property
    def expression(self) -> object:
        """`overwriteDefaultWith`, or UNDEFINED."""
        return self.onyxia.get("overwriteDefaultWith", UNDEFINED)

    @property
    def default(self) -> object:
        """`default`, or UNDEFINED."""
        return self.keywords.get("default", UNDEFINED)

    def number(self, keyword: str) -> float | None:
        """Return a keyword's number, or None."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, int | float) else None

    def text(self, keyword: str) -> str | None:
        """Return a keyword's text, or None."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, str) else None

    def options(self, keyword: str) -> list[object] | None:
        """Return a keyword's list, or None."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, list) else None


class Crash(Exception):  # noqa: N818  it is the application's, not ours
    """The web application would throw here."""

    def __init__(self, kind: str, pointer: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.pointer, self.reason = kind, pointer, reason
