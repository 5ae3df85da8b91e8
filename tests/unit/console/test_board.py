from __future__ import annotations

import io

from rich.console import Console as Rich

from builder.console.board import Board
from builder.events import Output, Step


def drawn(board: Board) -> str:
    console = Rich(file=io.StringIO(), width=80, force_terminal=False)
    console.print(board)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_board_shows_what_runs_with_its_last_line_and_what_waits_for_what() -> None:
    board = Board()
    for event in (
        Step("base", "waiting"),
        Step("python", "waiting", "for base"),
        Step("base", "running"),
        Output("base", "#8 0.213 Unpacking jq"),
    ):
        board.take(event)
    text = drawn(board)
    assert "base  Unpacking jq" in text
    assert "waiting python for base" in text


def test_what_is_done_leaves_the_board() -> None:
    board = Board()
    board.take(Step("base", "running"))
    board.take(Step("base", "done"))
    assert not board.running
    assert not drawn(board).strip()


def test_a_long_queue_is_counted() -> None:
    board = Board()
    for number in range(10):
        board.take(Step(f"cell-{number}", "waiting", "for base"))
    assert "waiting 4 more" in drawn(board)
