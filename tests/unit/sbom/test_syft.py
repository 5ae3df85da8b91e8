"""A small image with packages of every kind, in which Syft finds the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.record.bills import bill_of
from tests import syft
from tests.unit.sbom.images import IMAGE, image, made


@pytest.mark.process
def test_syft_finds_the_same_packages(tmp_path: Path) -> None:
    stock = made(tmp_path / "catalog")
    project, manifest = stock.project(IMAGE), image(stock)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    theirs = syft.packages(syft.layout(project.store, manifest, tmp_path / "oci"), scratch)
    bill = bill_of(project, IMAGE, manifest)
    wrong, allowed = syft.differences(bill, theirs)
    assert not wrong, "\n".join(wrong)
    assert not allowed
    assert {one.kind for one in theirs} == set(syft.KINDS.values())
