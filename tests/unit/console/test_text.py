"""What is printed is what it was: data is never read as markup."""

from __future__ import annotations

import pytest

from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem
from builder.events import Note, Plain, Step

DATA = ":100: [bold]x[/bold] [/] \\[a] :warning: https://example.org"


@pytest.mark.parametrize("terminal", ["", "1"])
def test_data_is_printed_as_it_is(
    terminal: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Rich takes a file for a terminal, and styles what it prints, when FORCE_COLOR is set.
    monkeypatch.setenv("FORCE_COLOR", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    console = Console()
    console(Step(DATA, "done", DATA, 1.0))
    console(Note(DATA))
    console(Note(DATA, level="warning"))
    console(Plain(DATA))
    console.error(BuilderError(DATA, hint=DATA))
    console.error(InputError([Problem(DATA, 1, 1, DATA, DATA)]))
    console.failure(DATA, DATA)
    console.table([DATA], [[DATA]], title=DATA)
    console.text(DATA)
    told = capsys.readouterr()
    assert told.err.count(DATA) == 12
    assert told.out.count(DATA) == 4


@pytest.mark.parametrize("size", ["", "9" * 5000, "²", "-1", "80x24", "\uff11"])
def test_a_terminal_may_have_any_size(
    size: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", size)
    monkeypatch.setenv("LINES", size)
    Console().table(["name"], [["one"]])
    assert "one" in capsys.readouterr().out
