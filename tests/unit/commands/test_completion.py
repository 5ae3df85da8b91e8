"""A shell that asks how a line may go on is answered by the parser and the catalog."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.sound import unpack

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound")
    unpack(root)
    return root


def completed(line: str, root: Path) -> list[str]:
    """Return what the program answers; it writes to the file descriptor 8, as shells expect."""
    script = 'exec 8>&1 9>/dev/null; exec "$0" -m builder'
    ended = subprocess.run(
        ["bash", "-c", script, sys.executable],
        cwd=root,
        env={
            "PYTHONPATH": str(ROOT),
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SHELL": "fish",
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
            "COMP_TYPE": "",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [answer.partition("\t")[0] for answer in ended.stdout.split("\n") if answer]


@pytest.mark.process
@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("catalog sh", ["show", "shell"]),
        ("catalog chart ver", ["verify"]),
        ("catalog new im", ["image"]),
        ("catalog run --e", ["--env"]),
        ("catalog build lab-", ["lab-python", "lab-r"]),
        ("catalog run python:", ["python:py3.13", "python:py3.11"]),
        ("catalog shell code@b", ["code@bookworm"]),
        ("catalog show ker", ["kernel"]),
        ("catalog test --layer c", ["code"]),
        ("catalog completion ", ["bash", "zsh", "fish", "-h", "--help"]),
    ],
)
def test_a_line_goes_on(line: str, answers: list[str], root: Path) -> None:
    assert sorted(completed(line, root)) == sorted(answers)


@pytest.mark.process
def test_a_catalog_with_a_mistake_completes_nothing(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text("images: [\n")
    assert completed("catalog build x", tmp_path) == []


@pytest.mark.process
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_for_a_shell(shell: str) -> None:
    command = [sys.executable, "-m", "builder", "completion", shell]
    code = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "_ARGCOMPLETE" in code
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=code, text=True, check=True)
