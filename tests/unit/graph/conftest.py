"""The sound catalog of tests/catalogs, and its graph."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.catalog.load import Loaded, load
from builder.graph.build import graph
from builder.graph.model import Graph

SOUND = Path(__file__).parents[2] / "catalogs/sound.txtar"


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    root = tmp_path_factory.mktemp("sound")
    parts = re.split(r"^-- (.+) --\n", SOUND.read_text(), flags=re.MULTILINE)
    for path, text in zip(parts[1::2], parts[2::2], strict=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return load(root / "catalog.yaml")


@pytest.fixture(scope="session")
def whole(loaded: Loaded) -> Graph:
    return graph(loaded)
