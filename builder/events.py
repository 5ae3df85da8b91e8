"""What long work tells while it runs. Whoever does the work narrates to a Monitor;
`builder.console` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["waiting", "running", "kept", "done", "failed", "held back", "interrupted"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node of some work changed its state. `detail` says why, or what it does now."""

    node: str
    state: State
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Work inside one node: `done` of `total` units (bytes, files); total 0 when unknown."""

    node: str
    done: int
    total: int = 0
    unit: str = "B"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the reader."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True, slots=True)
class Output:
    """The last line that a node's program printed."""

    node: str
    line: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A line for a shell that does by plain programs what is done here: ready to paste, and without
    a secret.
    """

    line: str


Event = Step | Progress | Note | Output | Plain


class Monitor(Protocol):
    """Receives events, from any thread."""

    def __call__(self, event: Event) -> None:
        """Take note of an event; never raises."""


def silent(event: Event) -> None:
    """Ignore the event."""
