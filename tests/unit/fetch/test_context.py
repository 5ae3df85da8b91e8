"""Where the build finds artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.errors import FetchError
from builder.fetch.context import context
from builder.fetch.transfer import place, sound
from builder.graph.model import Cell
from builder.lock.model import Artifact, Lock, Slice


def artifact(
    kind: str, name: str, version: str, locator: str, digest: str = "sha512:" + "ab" * 64
) -> Artifact:
    return Artifact(
        id=f"{kind}:{name}={version}:amd64",
        kind=kind,
        name=name,
        version=version,
        origin="",
        locator=locator,
        digest=digest,
        size=0,
    )


def test_what_is_not_in_the_cache_is_named(tmp_path: Path) -> None:
    one = artifact("deb", "tool", "1", "pool/t.deb")
    lock = Lock(
        moment="", artifacts={one.id: one}, cells={"base@x": Slice(asks="", artifacts=(one.id,))}
    )
    cell = Cell(
        id="base@x", name="base", point={}, layer=Layer(description="x"), parents=(), ancestors=()
    )
    with pytest.raises(FetchError, match="tool 1 is not in the cache"):
        context(cell, lock, tmp_path / "cache", tmp_path)


def test_a_file_is_sound_when_its_bytes_are_those_of_its_digest(tmp_path: Path) -> None:
    one = artifact(
        "deb",
        "tool",
        "1",
        "x",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
    path = place(one, tmp_path)
    assert path == tmp_path / "artifacts/sha256" / one.digest.removeprefix("sha256:")
    assert not sound(one, path)
    path.parent.mkdir(parents=True)
    path.touch()
    assert sound(one, path)
    path.write_bytes(b"more")
    assert not sound(one, path)
