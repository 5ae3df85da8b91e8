"""`catalog layer`, with the build: the image holds what was asked for, and comes to the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker


def test_an_image_with_a_persons_own_packages(built: Tiny, tmp_path: Path) -> None:
    before = built.digests()
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("toolz\n")
    said = built.done("layer", "mine", "--from", str(wanted), "--on", "snake").err
    assert "2 done, 0 failed" in said, "its cell and its image, and nothing below"
    after = built.digests()
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"mine@trixie-amd64-py3.13", "mine:py3.13"}
    assert "1 passed" in built.done("test", "mine", "--layer", "mine").said
    built.build("--force", "mine")
    assert built.digests() == after
