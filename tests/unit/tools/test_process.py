from __future__ import annotations

import sys
from pathlib import Path

import pytest

from builder.errors import ToolError
from builder.tools import process

pytestmark = pytest.mark.process


def test_output_comes_line_by_line_and_into_the_log(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "logs" / "one.log"
    process.run([sys.executable, "-c", "print('one'); print('two')"], on_line=lines.append, log=log)
    assert lines == ["one", "two"]
    assert log.read_text() == "one\ntwo\n"


def test_a_failure_carries_the_end_of_the_output() -> None:
    with pytest.raises(ToolError) as caught:
        process.run([sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(7)"])
    assert caught.value.code == 7
    assert caught.value.tail == "because"


def test_a_missing_program_says_what_to_do() -> None:
    with pytest.raises(ToolError, match="was not found") as caught:
        process.run(["no-such-program"])
    assert "make setup" in caught.value.hint


def test_a_signal_is_told_from_an_exit_code() -> None:
    with pytest.raises(ToolError, match="killed by signal 15"):
        process.run([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])
