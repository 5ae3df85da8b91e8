"""What is running now, redrawn in place: for terminals only."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from rich.console import Console as Rich
from rich.console import ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from builder.events import Event, Output, Progress, Step
from builder.redact import redact

SHOWN = 6
"""How many waiting nodes are named."""
NOISE = re.compile(r"^#\d+ (?:[\d.]+ )?")


@dataclass
class _Running:
    since: float
    line: str = ""


@dataclass
class Board:
    """The nodes that run, with what they print, and those that wait, with what they wait for."""

    running: dict[str, _Running] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Step(node, "running", detail, _):
                self.waiting.pop(node, None)
                self.running.setdefault(node, _Running(time.monotonic())).line = redact(detail)
            case Step(node, "waiting", detail, _):
                self.waiting[node] = detail
            case Step(node, _, _, _):
                self.waiting.pop(node, None)
                self.running.pop(node, None)
            case Output(node, line) if node in self.running:
                self.running[node].line = redact(NOISE.sub("", line))
            case Progress(node, done, total, unit) if node in self.running:
                self.running[node].line = (
                    f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
                )
            case _:
                return

    def __rich_console__(self, console: Rich, options: ConsoleOptions) -> RenderResult:
        """Draw a line for each node."""
        now = time.monotonic()
        for node, state in list(self.running.items()):
            line = Text.assemble(
                (f"{now - state.since:7.0f} s ", "cyan"), node, "  ", (state.line, "dim")
            )
            line.truncate(options.max_width, overflow="ellipsis")
            yield line
        names = list(self.waiting.items())
        for node, why in names[:SHOWN]:
            line = Text(f"  waiting {node} {why}", style="dim")
            line.truncate(options.max_width, overflow="ellipsis")
            yield line
        if len(names) > SHOWN:
            yield Text(f"  waiting {len(names) - SHOWN} more", style="dim")


class LiveBoard:
    """A board on a terminal while anything runs or waits."""

    def __init__(self, console: Rich) -> None:
        self._console = console
        self._board = Board()
        self._live: Live | None = None

    def take(self, event: Event) -> None:
        """Take note of an event; the board appears and disappears with the work."""
        self._board.take(event)
        busy = bool(self._board.running or self._board.waiting)
        if busy and self._live is None:
            self._live = Live(
                self._board, console=self._console, refresh_per_second=4, transient=True
            )
            self._live.start()
        elif not busy:
            self.close()

    def close(self) -> None:
        """Remove the board."""
        if self._live is not None:
            self._live.stop()
            self._live = None
