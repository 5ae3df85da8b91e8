"""The only place that prints: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from rich.console import Console as Rich
from rich.table import Table
from rich.text import Text

from builder.console.board import LiveBoard
from builder.errors import BuilderError, InputError
from builder.events import Event, Note, Output, Plain, Progress, Step
from builder.redact import masked, redact

STYLE = {
    "done": "green",
    "kept": "dim",
    "failed": "bold red",
    "held back": "yellow",
    "running": "cyan",
    "interrupted": "yellow",
}
SIZES = ("COLUMNS", "LINES")
"""Variables with a terminal's size."""
SIZE = re.compile("[0-9]{1,5}")
FITTED = 500
"""Up to how many rows a table is fitted to the terminal's width; more would take seconds."""


def _rich(stream: TextIO) -> Rich:
    """Return a console that takes no size of a terminal that no number can be made of."""
    odd = {name for name in SIZES if not SIZE.fullmatch(os.environ.get(name, "0"))}
    environment = {name: value for name, value in os.environ.items() if name not in odd}
    return Rich(file=stream, highlight=False, soft_wrap=True, _environ=environment)


class Console:
    """Prints for people, or JSON for programs. Safe to call from several threads.

    Printed text is never read as markup: `[x]` and `:100:` are ordinary text. It holds no secret:
    see `builder.redact`. Results keep URLs as the user wrote them; messages do not.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._out = _rich(sys.stdout)
        self._err = _rich(sys.stderr)
        self._board = LiveBoard(self._err) if self._err.is_terminal and not quiet else None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._board is not None:
            self._board.close()

    def text(self, value: str = "") -> None:
        """Print a result as it is, without markup."""
        sys.stdout.write(masked(value) + "\n")

    def json(self, value: object) -> None:
        """Print a JSON document, its keys in the order given."""
        text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
        sys.stdout.write(masked(text) + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
    ) -> None:
        """Print a table; a column whose name starts with '>' is aligned to the right.

        On a terminal, columns are fitted to its width. Elsewhere, and when there are many
        rows, each row is one line.
        """
        texts = [[masked(str(cell)) for cell in row] for row in rows]
        if not self._out.is_terminal or len(texts) > FITTED:
            heading = [title] if title else []
            self.text("\n".join([*heading, *_lines(columns, texts)]))
            return
        table = Table(
            title=Text(title) if title else None,
            title_justify="left",
            box=None,
            pad_edge=False,
            header_style="bold",
        )
        for name in columns:
            table.add_column(
                Text(name.lstrip(">")),
                justify="right" if name.startswith(">") else "left",
                overflow="fold",
            )
        for row in texts:
            table.add_row(*[Text(cell) for cell in row])
        self._out.print(table)

    def __call__(self, event: Event) -> None:
        """Take an event as a Monitor does."""
        if self.quiet:
            return
        with self._lock:
            if self._board is not None:
                self._board.take(event)
            self._tell(event)

    def _tell(self, event: Event) -> None:
        match event:
            case Step(_, "waiting", _, _):
                return
            case Step(_, "running", _, _) if self._board is not None:
                return
            case Step(node, state, detail, seconds):
                took = f" {seconds:.1f} s" if seconds else ""
                why = f"  {detail}" if detail else ""
                self._story((f"{state:>9}", STYLE.get(state, "")), f" {node}", (took, "dim"), why)
            case Note(text, "warning"):
                self._story(("warning:", "yellow"), f" {text}")
            case Note(text, _):
                self._story(text)
            case Plain(line):
                self._story((f"$ {line}", "dim"))
            case Progress() | Output():
                return

    def _story(self, *parts: str | tuple[str, str]) -> None:
        """Print a line to standard error: texts, and texts with a style."""
        texts = [(part, "") if isinstance(part, str) else part for part in parts]
        self._err.print(Text.assemble(*[(redact(text), style) for text, style in texts]))

    def error(self, error: BuilderError) -> None:
        """Print a failure and its hint; for wrong input, every problem."""
        self.close()
        with self._lock:
            if isinstance(error, InputError):
                for problem in error.problems:
                    self._story(str(problem))
                count = len(error.problems)
                self._story((f"{count} problem{'s' * (count != 1)}", "bold red"))
                return
            self._story(("error:", "bold red"), f" {error.message}")
            if error.hint:
                self._story(f"  hint: {error.hint}")

    def bug(self, trace: str) -> None:
        """Print a traceback that should never be seen, with what to do about it."""
        self.close()
        with self._lock:
            sys.stderr.write(redact(trace))
            self._story(
                ("This is a bug in catalog, not in your input.", "bold red"),
                " Please report it with the text above.",
            )

    def note(self, value: str) -> None:
        """Print a note on progress."""
        self(Note(value))

    def failure(self, node: str, why: str) -> None:
        """Print what failed and why, on several lines."""
        with self._lock:
            self._story("\n", ("failed", "bold red"), f" {node}\n{why}\n")


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table as wide as it needs to be."""
    names = [name.lstrip(">") for name in columns]
    widths = [max(map(len, cells)) for cells in zip(names, *rows, strict=True)]
    adjust = [str.rjust if name.startswith(">") else str.ljust for name in columns]
    for row in (names, *rows):
        yield "  ".join(
            put(cell, width) for put, cell, width in zip(adjust, row, widths, strict=True)
        ).rstrip()


def readable(size: int) -> str:
    """Return a size for people: 512 B, 3.1 kB, 27 MB (powers of 1000)."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
