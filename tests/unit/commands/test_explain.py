"""What `catalog explain` says of keys of catalog.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.execute.stock import Stock, make


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return make(tmp_path / "lab")


def test_a_key_is_told_with_its_place(stock: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert stock.run("explain", "registry", "--json") == 0
    (part,) = json.loads(capsys.readouterr().out)["key registry"]
    assert (part["value"], part["file"], part["line"]) == (
        "registry.example.org/lab",
        str(stock.yaml),
        3,
    )


def test_a_key_that_is_not_written_has_its_default(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    stock.catalog("registry: registry.example.org/lab\n", "")
    capsys.readouterr()
    assert stock.run("explain", "registry", "--json") == 0
    (part,) = json.loads(capsys.readouterr().out)["key registry"]
    assert (part["value"], part["file"]) == ("localhost:5000/catalog", None)


def test_a_word_that_is_near_a_key_is_suggested(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stock.run("explain", "registri") == 2
    assert "did you mean 'registry'?" in capsys.readouterr().err
