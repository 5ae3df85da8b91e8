from __future__ import annotations

import errno
from importlib.metadata import version
from pathlib import Path

import pytest

from builder import cli, commands
from builder.errors import BuilderError, InputError, Problem


class Failing:
    """A command that ends with an error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: object) -> None:
        """Declare none."""

    def run(self, *_: object) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            BuilderError("the engine is gone", hint="start it"),
            1,
            "error: the engine is gone\n  hint: start it\n",
        ),
        (
            InputError([Problem("catalog.yaml", 2, 3, "no such layer")]),
            2,
            "catalog.yaml:2:3: no such layer\n1 problem\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "catalog.lock"),
            1,
            "error: catalog.lock: no space left on device\n  hint: free some space\n",
        ),
    ],
)
def test_an_error_becomes_a_message_and_an_exit_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "command", lambda _: Failing(error))
    assert cli.main(["plan"]) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        OSError(errno.EINVAL, "Invalid argument"),
        FileNotFoundError(errno.ENOENT, "gone"),
    ],
)
def test_what_nobody_expected_is_called_a_bug(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "command", lambda _: Failing(error))
    assert cli.main(["plan"]) == 3
    assert "This is a bug in catalog" in capsys.readouterr().err


def test_the_catalog_may_be_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["-C", str(tmp_path / "none.yaml"), "validate"]) == 2
    assert "none.yaml" in capsys.readouterr().err


def test_an_unknown_command_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["biuld"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in commands.COMMANDS)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"catalog {version('catalog-builder')}\n"
