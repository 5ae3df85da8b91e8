"""Whatever is written into the files, the settings and the arguments that a command reads: it ends
with 0, 1 or 2, and touches nothing outside.

pytest tests/walls/test_fuzz.py --whole    # many more cases
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.gates import WHOLE
from tests.walls.cases import Case, Inputs
from tests.walls.fence import trouble
from tests.walls.world import make

BATCH = 50
"""Cases of one test. If one ends the interpreter, the test's name tells which they were."""
QUICK, THOROUGH, WHOLE_LOT = 4, 16, 200
"""Tests by `make check`, by `make test` and by `make test-all`."""
AROUND = ("home", "tmp", "bin")
"""Directories beside the catalog's."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "batch" not in metafunc.fixturenames:
        return
    config = metafunc.config
    is_thorough = config.getoption("--hypothesis-profile") == "thorough"
    count = THOROUGH if is_thorough else QUICK
    metafunc.parametrize("batch", range(WHOLE_LOT if config.getoption(WHOLE) else count))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Inputs]:
    box = tmp_path_factory.mktemp("box").resolve()
    make(box / "root")
    for name in AROUND:
        (box / name).mkdir()
    return box, Inputs(box / "root")


@pytest.fixture(autouse=True)
def _machine(world: tuple[Path, Inputs], monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without programs, and with a home of its own."""
    box, _ = world
    monkeypatch.chdir(box / "root")
    for name in list(os.environ):
        if name.startswith(("CATALOG_", "DOCKER_", "PYTEST_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(box / "home"))
    monkeypatch.setenv("TMPDIR", str(box / "tmp"))
    monkeypatch.setenv("PATH", str(box / "bin"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    monkeypatch.setattr("tempfile.tempdir", str(box / "tmp"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def restore(root: Path, inputs: Inputs) -> None:
    """Make the files sound again."""
    kept = set(inputs.sound)
    for path in sorted(root.rglob("*"), reverse=True):
        name = path.relative_to(root).as_posix()
        if path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError):
                path.rmdir()
        elif name not in kept:
            path.unlink()
        elif inputs.is_sound(name):
            kept.discard(name)
    for name in kept:
        inputs.put(name, inputs.sound[name])


def tried(case: Case, box: Path, inputs: Inputs) -> str:
    """Run a case; return what is wrong, or nothing."""
    root = box / "root"
    for name, data in case.files.items():
        inputs.put(name, data)
    try:
        wrong = trouble(box, case.argv, case.environment)
    finally:
        restore(root, inputs)
    beside = {path.name for path in box.iterdir()} - {"root", *AROUND}
    if beside:
        wrong += f"\nbeside the catalog there is {sorted(beside)}"
    for name in beside:
        shutil.rmtree(box / name, ignore_errors=True)
    return f"{case}\n{wrong}" if wrong else ""


# The engine's client forgets a socket with which it could not connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.process
def test_no_input_makes_a_command_fail_badly(batch: int, world: tuple[Path, Inputs]) -> None:
    box, inputs = world
    numbers = range(batch * BATCH, (batch + 1) * BATCH)
    wrong = [tried(inputs.case(number), box, inputs) for number in numbers]
    # What was forgotten is told here, and not in a test that has nothing to do with it.
    gc.collect()
    wrong = [one for one in wrong if one]
    assert not wrong, "\n\n".join(wrong)
