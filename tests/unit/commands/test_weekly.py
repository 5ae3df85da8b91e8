"""What `catalog weekly` looks at before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.execute.stock import make


def test_a_database_that_is_not_there_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stock = make(tmp_path / "lab")
    capsys.readouterr()
    # Nothing listens there: a run that began would say so.
    argv = ("--osv", str(tmp_path / "nowhere"), "--to", "127.0.0.1:1/lab")
    assert stock.run("weekly", *argv) == 2
    said = capsys.readouterr().err
    assert "nowhere' is no directory" in said
    assert "$ catalog" not in said
