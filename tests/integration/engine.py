"""Fixtures of the tests that build on a real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.tiny import SYSTEM, Tiny, copy, make


@pytest.fixture(scope="session")
def locked_tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Lock the tiny catalog, and build what all its images stand on."""
    made = make(tmp_path_factory.mktemp("tiny") / "catalog")
    made.done("lock")
    made.build(SYSTEM)
    return made


@pytest.fixture(scope="session")
def built_tiny(locked_tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Build all of it."""
    made = copy(locked_tiny, tmp_path_factory.mktemp("built") / "catalog")
    made.build()
    return made


@pytest.fixture
def tiny(locked_tiny: Tiny, tmp_path: Path) -> Tiny:
    """Return a catalog of which only the bottom is built."""
    return copy(locked_tiny, tmp_path / "catalog")


@pytest.fixture
def built(built_tiny: Tiny, tmp_path: Path) -> Tiny:
    """Return a catalog that is built."""
    return copy(built_tiny, tmp_path / "built")
