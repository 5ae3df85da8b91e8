"""Bills of materials of the committed catalog's images, compared with what Syft finds in them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.record.bills import bill_of
from builder.sbom.bill import Bill
from tests import gates, syft
from tests.gates import ROOT

pytestmark = [
    pytest.mark.docker,
    pytest.mark.whole("Syft unpacks images of some gigabytes, and takes minutes for each"),
]


def chosen(config: pytest.Config) -> list[str]:
    """Return images of which each has packages of a kind that those before it have not."""
    images = gates.images(config)
    waiting = gates.waiting_for_hosts(*images)
    names = [name for name in images if name not in waiting]
    build = [sys.executable, "-m", "builder", "build", *names]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"catalog build failed:\n{done.stderr}"
    bills = dict(_bills(names))
    kinds = {name: {one.kind for one in bill.components} for name, bill in bills.items()}
    missing = set[str]().union(*kinds.values())
    picked = []
    while missing:
        best = max(
            kinds, key=lambda name: (len(kinds[name] & missing), -len(bills[name].components))
        )
        picked.append(best)
        missing -= kinds[best]
    return picked


def _bills(names: list[str]) -> Iterator[tuple[str, Bill]]:
    project = open_project(ROOT / "catalog.yaml", names)
    with taken(project) as images:
        for name, manifest in images.items():
            yield name, bill_of(project, name, manifest)


def test_syft_finds_the_same_packages(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    for number, name in enumerate(chosen(request.config)):
        project = open_project(ROOT / "catalog.yaml", [name])
        with taken(project) as images:
            manifest = images[name]
            image = syft.layout(project.store, manifest, tmp_path / f"oci{number}")
            with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
                theirs = syft.packages(image, Path(scratch))
            wrong[name], _ = syft.differences(bill_of(project, name, manifest), theirs)
    assert not any(wrong.values()), wrong
