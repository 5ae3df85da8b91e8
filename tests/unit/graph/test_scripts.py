"""What the graph knows of scripts that are files."""

from __future__ import annotations

from pathlib import Path

from builder.catalog.load import load
from builder.graph.accounts import own
from builder.graph.build import graph
from builder.lock.scripts import Made

CATALOG = "name: x\naxes: {debian: {values: {trixie: }}}\nimages: {i: {layers: [one]}}\n"
BASE = "description: x\nbootstrap: true\naxes: [debian]\n"


def test_accounts_are_read_from_a_script_that_is_a_file(tmp_path: Path) -> None:
    for name, text in (("base", BASE), ("one", "description: x\non: [base]\nrun: make.sh\n")):
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "layer.yaml").write_text(text)
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    (tmp_path / "images/one/make.sh").write_text("useradd --system keeper\n")
    cell = graph(load(tmp_path / "catalog.yaml")).cells["one@trixie"]
    assert Made("keeper") in own(cell)
