"""The committed catalog, as it is: every name is asked of it."""

from __future__ import annotations

import pytest

from builder.catalog.folder import folder
from builder.catalog.load import load
from builder.charts.sample import NO_GPU
from builder.graph.asks import stale
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.graph.sample import sample
from builder.lock.file import read
from builder.lock.model import NAME
from tests import gates
from tests.gates import ROOT

NAME_HERE = "datascience"
REFERENCE = {
    "base",
    *("python-minimal", "python-datascience", "python-pytorch", "python-tensorflow", "pyspark"),
    *("r-minimal", "r-datascience", "sparkr", "r-python-julia", "marimo-python"),
    *("rstudio", "rstudio-sparkr", "rstudio-r-python-julia"),
    *("jupyter-python", "jupyter-pyspark", "jupyter-pytorch", "jupyter-tensorflow"),
    *("vscode-python", "vscode-pyspark", "vscode-pytorch", "vscode-tensorflow"),
    *("jupyter-r-python-julia", "vscode-r-python-julia"),
}
"""The names of the images that InseeFrLab/images-datascience publishes."""


@pytest.fixture(scope="module")
def whole() -> Graph:
    return graph(load(ROOT / "catalog.yaml"))


def test_it_has_the_layers_of_its_directory_and_no_others() -> None:
    loaded = load(ROOT / "catalog.yaml")
    directories = {path.parent.name for path in (ROOT / "images").glob("*/layer.yaml")}
    assert set(loaded.layers) == directories
    for directory in loaded.layer_dirs.values():
        assert all(root.resolve().is_relative_to(ROOT) for root in folder(directory).roots)


def test_every_image_says_what_it_is(whole: Graph) -> None:
    silent = {image.name for image in whole.images.values() if not image.description}
    assert not silent


def test_every_image_is_there_on_each_debian_release_or_a_rule_says_why_not(whole: Graph) -> None:
    releases = {cell.point["debian"] for cell in whole.cells.values() if "debian" in cell.point}
    on: dict[str, set[str]] = {}
    for image in whole.images.values():
        on.setdefault(image.name, set()).add(image.point["debian"])
    rules = {rule.because for rule in gates.committed().catalog.exclude}
    for absent in whole.absent:
        if absent.because in rules and "debian" in absent.point:
            on.setdefault(absent.name, set()).add(absent.point["debian"])
    lacking = {name: releases - there for name, there in on.items() if there != releases}
    assert not lacking, "images that some release lacks"


def test_the_lock_answers_all_of_it(whole: Graph) -> None:
    assert not stale(read(ROOT / NAME), whole)


def test_a_sample_of_it_is_smaller_than_all_and_shows_all_that_is_not_heavy(whole: Graph) -> None:
    chosen = sample(whole)
    assert chosen.images, "every image has a heavy layer, so that `make test` would test none"
    for aspect in chosen.missed:
        assert chosen.heavy, f"{aspect} is missed, and no image is heavy"


def test_all_services_are_launched_but_those_that_ask_for_graphics_processors() -> None:
    known = gates.services(whole=True)
    assert set(known.left_out.values()) <= {NO_GPU}
    assert all(name.endswith("-gpu") for name in known.left_out)
    assert not any(name.endswith("-gpu") for name in known.chosen)


def test_every_image_of_the_reference_is_there_by_its_name(whole: Graph) -> None:
    assert len(REFERENCE) == 24
    # A fork has the images that it wants.
    wanted = REFERENCE if gates.committed().catalog.name == NAME_HERE else set()
    names = {image.name for image in whole.images.values()}
    assert not wanted - names
