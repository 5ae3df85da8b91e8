"""The sound catalog of tests/catalogs, and its graph."""

from __future__ import annotations

import pytest

from builder.catalog.load import Loaded, load
from builder.graph.build import graph
from builder.graph.model import Graph
from tests.unit import sound


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load(sound.unpack(tmp_path_factory.mktemp("sound")))


@pytest.fixture(scope="session")
def whole(loaded: Loaded) -> Graph:
    return graph(loaded)
