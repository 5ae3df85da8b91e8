"""The committed catalog, for real: images are built, loaded, and pass the tests of all their layers.

`make test` takes a sample (`tests/gates.py`), `make test-all` every image.
"""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping

import pytest

from builder.cells import records
from builder.debian.mergers import merger_of
from builder.execute.project import Project, open_project
from builder.graph.model import Graph, ImagePoint
from tests import gates
from tests.gates import ROOT

pytestmark = pytest.mark.docker


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Test each image that was chosen."""
    if "image" in metafunc.fixturenames:
        metafunc.parametrize("image", gates.images(metafunc.config))


def catalog(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "builder", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def waiting(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """Images some of whose files are at a host that cannot be reached: image -> host."""
    return gates.waiting_for_hosts(*gates.images(request.config))


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest, waiting: Mapping[str, str]) -> Project:
    """The images that were chosen and wait for no host, in the store."""
    chosen = [name for name in gates.images(request.config) if name not in waiting]
    assert chosen, f"no image can be built here: {waiting}"
    done = catalog("build", *chosen)
    assert done.returncode == 0, f"catalog build failed:\n{done.stderr}"
    project = open_project(ROOT / "catalog.yaml", chosen)
    # What other images hold stays in the engine, so that it is unpacked once.
    held = held_by_others(project.graph)
    done = catalog("load", *held) if held else done
    assert done.returncode == 0, f"catalog load failed:\n{done.stderr}"
    return project


def held_by_others(graph: Graph) -> list[str]:
    """Return the images of which another one has all cells, and more."""
    stacks = [set(image.cells) for image in graph.images.values()]

    def is_held(image: ImagePoint) -> bool:
        return any(set(image.cells) < stack for stack in stacks)

    return [image.id for image in graph.images.values() if is_held(image)]


def test_what_was_built_is_kept(built: Project) -> None:
    steps = json.loads(catalog("plan", "--json", *built.graph.images).stdout)
    assert {step["action"] for step in steps} == {"keep"}, [
        step for step in steps if step["action"] != "keep"
    ]


def test_the_chosen_images_show_every_merger_that_their_cells_need(
    built: Project, record_property: Callable[[str, object], None]
) -> None:
    """A merger has work where several cells of one image wrote into one file."""
    written, united = set[str](), set[str]()
    for image in built.graph.images.values():
        for path, cells in writers(built, image).items():
            merger = merger_of(path)
            assert merger is not None, f"{', '.join(cells)} wrote /{path}, which no merger owns"
            written.add(merger.pattern)
            if len(cells) > 1:
                united.add(merger.pattern)
    assert written, "images have packages, which every package manager writes down"
    for pattern in sorted(united):
        record_property(gates.MERGER, pattern)


def writers(project: Project, image: ImagePoint) -> dict[str, list[str]]:
    """Return the shared files that cells of an image wrote into, with those cells."""
    cells_of: dict[str, list[str]] = {}
    for cell in image.cells:
        manifest = records.find(project.store, project.inputs[cell].key)
        assert manifest is not None, f"{cell} is not in the store"
        for path in records.facts(project.store, manifest).bookkeeping:
            cells_of.setdefault(path, []).append(cell)
    return cells_of


@pytest.mark.usefixtures("built")
def test_every_cell_comes_to_the_bytes_that_it_came_to_elsewhere() -> None:
    done = catalog("digests")
    assert done.returncode == 0, f"run `make digests` after a change of layers:\n{done.stderr}"


@pytest.mark.usefixtures("built")
def test_what_was_kept_on_the_word_of_a_layer_below_it_would_come_out_the_same() -> None:
    done = catalog("verify")
    assert done.returncode == 0, f"catalog verify failed:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def cases(
    request: pytest.FixtureRequest, built: Project, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, list[ET.Element]]:
    """The tests by image, as JUnit has them: of a sample, those of each cell in one image; of all
    images, those of each cell in every image that has it."""
    often = [] if request.config.getoption(gates.WHOLE) else ["--once"]
    report = tmp_path_factory.mktemp("images") / "report.xml"
    done = catalog("test", *built.graph.images, *often, "--rm", "--junit", str(report))
    assert report.exists(), f"catalog test:\n{done.stderr}"
    by_image: dict[str, list[ET.Element]] = {image: [] for image in built.graph.images}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  we wrote it
        by_image[str(case.get("classname"))].append(case)
    return by_image


def test_image(
    image: str,
    cases: Mapping[str, list[ET.Element]],
    waiting: Mapping[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    if image in waiting:
        record_property(gates.WAITING, f"{waiting[image]} {image}")
        pytest.skip(f"{waiting[image]} cannot be reached")
    assert cases[image], f"nothing was looked at in {image}"
    # What `catalog` looks for itself starts no container, and makes no image a tested one.
    if any(not str(case.get("name")).startswith("catalog/") for case in cases[image]):
        record_property(gates.IMAGE, image)
    failed = [
        f"{case.get('name')}:\n{failure.text}"
        for case in cases[image]
        if (failure := case.find("failure")) is not None
    ]
    assert not failed, f"tests of {image} failed:\n" + "\n\n".join(failed)
