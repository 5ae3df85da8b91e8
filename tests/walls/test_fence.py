"""The fence of the cases at random sees what it is there for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import cli
from tests.walls import fence


def fail() -> None:
    raise KeyError


def connect() -> None:
    with socket.socket() as one:
        one.connect(("127.0.0.1", 1))


ENDS: dict[str, tuple[Callable[[], object], str]] = {
    "an exception": (fail, "an exception: KeyError"),
    "a code": (lambda: 3, "it ends with 3"),
    "no word": (lambda: 2, "it says nothing"),
    "a hang": (lambda: time.sleep(9), "it hangs"),
    "a host": (connect, "no host is reached"),
    "a directory outside": (lambda: Path("/nowhere/x").mkdir(), "writes outside: os.mkdir"),
    "a file outside": (lambda: Path("/nowhere/x").write_text(""), "writes outside: open"),
    "a link outside": (lambda: Path("/nowhere/x").symlink_to("x"), "writes outside: os.symlink"),
}


@pytest.mark.parametrize("what", ENDS)
def test_what_a_command_may_not_do(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    does, told = ENDS[what]
    monkeypatch.setattr(cli, "main", lambda _: does())
    monkeypatch.setattr(fence, "PATIENCE", 1)
    assert told in fence.trouble(tmp_path, [], {})
