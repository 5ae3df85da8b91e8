"""Fixtures of the tests that build on a real engine."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.tiny import SYSTEM, Tiny, at, copy, make


@pytest.fixture(scope="session")
def locked_tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Lock the tiny catalog, and build what all its images stand on."""

    def locked(root: Path) -> None:
        made = make(root)
        made.done("lock")
        made.build(SYSTEM)

    return for_all(tmp_path_factory, "locked", locked)


@pytest.fixture(scope="session")
def built_tiny(locked_tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Build all of it."""
    return for_all(tmp_path_factory, "built", lambda root: copy(locked_tiny, root).build())


def for_all(factory: pytest.TempPathFactory, name: str, write: Callable[[Path], object]) -> Tiny:
    """Return the tiny catalog that `write` makes, once for all processes of this run."""
    folder = of_the_run(factory) / "tiny"
    folder.mkdir(exist_ok=True)
    done = folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder / name, ignore_errors=True)
            write(folder / name)
            done.touch()
    return at(folder / name)


def of_the_run(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary directory that all processes of this run share: each has its own in
    it, if there are several."""
    own = factory.getbasetemp()
    return own.parent if own.name.startswith("popen-") else own


@pytest.fixture
def tiny(locked_tiny: Tiny, tmp_path: Path) -> Tiny:
    """Return a catalog of which only the bottom is built."""
    return copy(locked_tiny, tmp_path / "catalog")


@pytest.fixture
def built(built_tiny: Tiny, tmp_path: Path) -> Tiny:
    """Return a catalog that is built."""
    return copy(built_tiny, tmp_path / "built")
