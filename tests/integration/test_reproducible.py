"""The same lock gives the same bytes, wherever and however often it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker

# Cells and images whose digest is another one at every build, with the reason. It should be empty.
EXCEPTIONS: dict[str, str] = {}


def test_two_builds_from_empty_stores_give_the_same_digests(tiny: Tiny, tmp_path: Path) -> None:
    first, second = (tiny.with_store(tmp_path / name) for name in ("first", "second"))
    for one in (first, second):
        one.build("--no-cache")
    assert len(first.digests()) == len(tiny.plan())
    differing = {
        name for name in first.digests() if first.digests()[name] != second.digests()[name]
    }
    assert differing == EXCEPTIONS.keys(), (
        f"other bytes than before: {', '.join(sorted(differing))}"
    )
    # What an earlier build left in the engine's cache must not be seen, either.
    third = tiny.with_store(tmp_path / "third")
    third.build()
    differing = {name for name in first.digests() if first.digests()[name] != third.digests()[name]}
    assert differing == EXCEPTIONS.keys(), (
        f"other bytes with the engine's cache than without: {', '.join(sorted(differing))}"
    )
