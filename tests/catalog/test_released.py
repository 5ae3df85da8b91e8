"""What a release of this catalog holds for its forks comes to the same cells and charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.charts.project import open_charts
from builder.execute.project import open_project
from builder.record import digests
from builder.release.source import gather, pack, unpack
from tests.gates import ROOT

pytestmark = pytest.mark.process
MOST = 10_000_000
"""Bytes that every fork fetches once for each release."""


def test_a_fork_of_a_release_has_the_cells_and_charts_of_this_catalog(tmp_path: Path) -> None:
    here = open_project(ROOT / "catalog.yaml")
    data = pack(gather(here.loaded.levels).files)
    assert len(data) < MOST
    (tmp_path / "archive").write_bytes(data)
    unpack(tmp_path / "archive", "it", tmp_path / "files")
    there = open_project(tmp_path / "files" / "catalog.yaml")
    assert {name: one.key for name, one in there.inputs.items()} == {
        name: one.key for name, one in here.inputs.items()
    }
    assert there.lock == here.lock
    recorded = [digests.read(one.loaded.root / digests.NAME) for one in (here, there)]
    assert recorded[0] == recorded[1]
    ours = dict(open_charts(load(ROOT / "catalog.yaml")).trees())
    assert dict(open_charts(there.loaded).trees()) == ours
