"""The committed catalog, for real: every image is built, loaded, and passes the tests of all its
layers."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.graph.build import graph

pytestmark = pytest.mark.docker
ROOT = Path(__file__).parents[2]
BUNDLES = ("base", "python", "python-datascience", "r", "r-datascience", "r-python")
IMAGES = sorted(graph(load(ROOT / "catalog.yaml")).images)


def catalog(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "builder", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def built() -> None:
    done = catalog("build")
    assert done.returncode == 0, f"catalog build failed:\n{done.stderr}"
    # What services are built on stays in the engine, so that it is unpacked once.
    done = catalog("load", *BUNDLES)
    assert done.returncode == 0, f"catalog load failed:\n{done.stderr}"


@pytest.mark.usefixtures("built")
def test_what_was_built_is_kept() -> None:
    steps = json.loads(catalog("plan", "--json").stdout)
    assert {step["action"] for step in steps} == {"keep"}, [
        step for step in steps if step["action"] != "keep"
    ]


@pytest.mark.usefixtures("built")
def test_every_cell_comes_to_the_bytes_that_it_came_to_elsewhere() -> None:
    done = catalog("digests")
    assert done.returncode == 0, f"run `make digests` after a change of layers:\n{done.stderr}"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("image", IMAGES)
def test_image(image: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    done = catalog("test", image, "--rm", "--junit", str(report))
    assert done.returncode == 0, f"tests of {image} failed:\n{done.stderr}"
    cases = ET.parse(report).getroot().findall("testcase")  # noqa: S314  we wrote it
    assert cases, f"{image} has no test at all"
