"""What is said on a machine that cannot have a cluster."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from builder.cli import main
from builder.tools.kind import PROGRAMS, node_image
from tests import gates

# What is launched is in the store, so that only the machine is at fault.
pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("images")]
SERVICE = min(gates.services(whole=False).chosen)
COMMAND = ["--catalog", str(gates.ROOT / "catalog.yaml"), "chart", "test", "--again", SERVICE]


def test_a_program_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for program in PROGRAMS:
        if program != "kind":
            (tmp_path / program).symlink_to(shutil.which(program) or "")
    # No longer than needed: what reports on a failed test starts programs, too.
    with monkeypatch.context() as machine:
        machine.setenv("PATH", str(tmp_path))
        code = main(COMMAND)
    assert code == 1
    wanted = "error: a cluster needs kind, which is not installed\n  hint: run `make setup`\n"
    assert capsys.readouterr().err == wanted


def test_a_node_image_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_NODE_IMAGE", "kindest/node:v0.0.0")
    assert main(COMMAND) == 1
    assert (
        "error: the Docker engine has no node image kindest/node:v0.0.0\n"
        in capsys.readouterr().err
    )


def test_an_engine_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert main(COMMAND) == 1
    assert "no Docker engine answers" in capsys.readouterr().err


def test_this_machine_lacks_nothing() -> None:
    assert node_image(os.environ.get("CATALOG_NODE_IMAGE"))
