"""What `catalog weekly` looks at before it does anything, and what it says of vulnerabilities."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from builder.commands.weekly import Week, _vulnerabilities
from builder.console.text import Console
from builder.errors import BuilderError
from builder.tools import process
from tests.unit.commands.test_vulnerabilities import put
from tests.unit.execute.stock import Stock, make
from tests.unit.sbom.images import made


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


def test_a_policy_that_is_wrong_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stock = make(tmp_path / "lab")
    (stock.root / "vulnerabilities.yaml").write_text("hold: perhaps\n")
    capsys.readouterr()
    assert stock.run("weekly", "--to", "127.0.0.1:1/lab") == 2
    said = capsys.readouterr().err
    assert "vulnerabilities.yaml:1:7: expected true or false" in said
    assert "$ catalog" not in said


def week(stock: Stock, osv: Path | None) -> Week:
    return Week(arguments=Namespace(catalog=stock.yaml, osv=osv), console=Console(quiet=True))


@pytest.fixture
def stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    put(tmp_path / "osv", "DEBIAN-CVE-2026-0001", "Debian:13", "gcc-14", "14.2.0-20")
    return made(tmp_path / "catalog")


def test_without_a_database_nothing_is_looked_for(stock: Stock) -> None:
    run = week(stock, None)
    assert (_vulnerabilities(run), run.steps, run.code) == ("", [], 0)


@pytest.mark.process
def test_what_is_vulnerable_is_in_the_notes_and_holds_back_nothing(
    stock: Stock, tmp_path: Path
) -> None:
    (stock.root / "vulnerabilities.yaml").write_text("fail_on: {}\n")
    run = week(stock, tmp_path / "osv")
    # Not in a repository: there is nothing to compare with.
    assert "1 critical; 1 against the policy" in _vulnerabilities(run)
    assert run.code == 1
    author = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for argv in (("init",), ("add", "catalog.yaml", "catalog.lock", "images"), ("commit", "-mx")):
        process.run(["git", *author, *argv], cwd=stock.root)
    assert "* new" not in _vulnerabilities(week(stock, tmp_path / "osv"))


@pytest.mark.process
def test_a_policy_may_hold_everything_back(stock: Stock, tmp_path: Path) -> None:
    (stock.root / "vulnerabilities.yaml").write_text("fail_on: {}\nhold: true\n")
    with pytest.raises(BuilderError, match="`catalog vulnerabilities` failed"):
        _vulnerabilities(week(stock, tmp_path / "osv"))
