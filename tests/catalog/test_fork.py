"""A fork has other images, layers and services: `make check` passes there as it does here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.catalog.load import load
from builder.charts.project import open_charts
from builder.charts.sample import first_image
from builder.charts.text_rules import sentences
from builder.graph.build import graph
from builder.graph.model import Cell, Graph, ImagePoint
from tests import gates
from tests.gates import ROOT

pytestmark = pytest.mark.registries
SERVICE = "laboratory"
ABOUT_THE_CATALOG = (
    "tests/catalog",
    "tests/charts",
    "tests/test_gates.py",
    "tests/unit/catalog",
    "tests/walls/test_promises.py",
)
"""Tests that read the committed catalog; the others bring their own, so that a fork changes nothing
for them."""
OWN_LAYER = """\
description: A page that only this fork has
on: [{below}]
"""


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository with one service, which is renamed, with the layers that it needs,
    and with a layer of its own."""
    root = tmp_path_factory.mktemp("fork")
    copy(root)
    service, image = kept_service()
    made = gates.committed_graph()
    layers = {made.cells[name].name: made.cells[name] for name in below(made, image)}
    write_catalog(root, layers, image)
    keep_only(root / "images", layers)
    # They extend what this fork does not have.
    shutil.rmtree(root / "examples", ignore_errors=True)
    page = root / "images" / "page"
    (page / "files/opt/page").mkdir(parents=True)
    (page / "files/opt/page/index.html").write_text("<p>ours\n")
    (page / "layer.yaml").write_text(OWN_LAYER.format(below=image.asked[0]))
    services = [path.parent.name for path in (root / "charts").glob("*/service.yaml")]
    for name in services:
        if name != service:
            shutil.rmtree(root / "charts" / name)
    keep_texts(root)
    (root / "charts" / service).rename(root / "charts" / SERVICE)
    text = root / "charts" / SERVICE / "service.yaml"
    text.write_text(text.read_text().replace(f"image: {image.name}\n", f"image: {SERVICE}\n"))
    page_of_services = ["chart", "services", "--output", "docs/services.md"]
    for command in (["lock"], ["chart", "generate"], page_of_services):
        run(root, sys.executable, "-m", "builder", *command)
    git(root)
    return root


def test_the_fast_half_passes(fork: Path, request: pytest.FixtureRequest) -> None:
    chosen = () if request.config.getoption(gates.WHOLE) else ABOUT_THE_CATALOG
    run(fork, sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "-q", *chosen)


def copy(root: Path) -> None:
    """Copy what git knows, and what it does not ignore."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    for name in files.decode().split("\0"):
        source, target = ROOT / name, root / name
        if name and source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def kept_service() -> tuple[str, ImagePoint]:
    """Return a service that extends no other, whose image is built and not heavy, and that image:
    the one with the fewest layers."""
    charts, made = open_charts(gates.committed()), gates.committed_graph()
    candidates: list[tuple[str, ImagePoint]] = []
    for name, composition in charts.compositions.items():
        image = first_image(composition, made)
        if image is None or any(made.cells[cell].layer.heavy for cell in image.cells):
            continue
        written = yaml.safe_load((charts.directory / name / "service.yaml").read_text())
        if "extends" not in written:
            candidates.append((name, image))
    return min(candidates, key=lambda candidate: len(candidate[1].cells))


def below(made: Graph, image: ImagePoint) -> list[str]:
    """Return the cells of an image, and what each stands on."""
    names = dict.fromkeys(image.cells)
    for cell in image.cells:
        names.update(dict.fromkeys(made.cells[cell].ancestors))
    return list(names)


def write_catalog(root: Path, layers: Mapping[str, Cell], image: ImagePoint) -> None:
    """Write a catalog of two images, with the axes that their layers need."""
    path = root / "catalog.yaml"
    catalog: dict[str, Any] = yaml.safe_load(path.read_text())
    used: set[str] = set()
    for cell in layers.values():
        used |= cell.point.keys()
    catalog["name"] = "fork"
    catalog["axes"] = {axis: told for axis, told in catalog["axes"].items() if axis in used}
    # Its tag may be of an axis that no other image's tag names.
    tag = catalog["images"].get(image.name, {}).get("tag")
    kept = {"tag": tag} if tag else {}
    catalog["images"] = {
        SERVICE: {**kept, "layers": list(image.asked), "description": "Renamed"},
        "with-a-page": {**kept, "layers": [*image.asked, "page"], "description": "With a page"},
    }
    catalog.pop("exclude", None)
    catalog.pop("require", None)
    path.write_text(yaml.safe_dump(catalog, sort_keys=False))


def keep_only(directory: Path, names: Mapping[str, Cell]) -> None:
    """Remove the layers that are not named."""
    for path in directory.iterdir():
        if path.name not in names:
            shutil.rmtree(path)


def keep_texts(root: Path) -> None:
    """Keep the texts of options, and of sentences that are still said: the services are others."""
    charts = root / "charts"
    templates = [*charts.glob("library/templates/*"), *charts.glob("*/source/*")]
    said = sentences(path.read_text() for path in templates)
    for path in (charts / "texts").glob("*.yaml"):
        texts: dict[str, Any] = yaml.safe_load(path.read_text())
        texts.pop("services", None)
        notes = texts.pop("notes", {})
        texts["notes"] = {english: text for english, text in notes.items() if english in said}
        path.write_text(yaml.safe_dump(texts, allow_unicode=True, sort_keys=False))


def git(root: Path) -> None:
    """Make it a repository, as tests that look at all files ask git for them."""
    author = ["-c", "user.name=fork", "-c", "user.email=fork@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "fork"]):
        run(root, "git", *author, *command)


def run(root: Path, *argv: str) -> None:
    """Run a program in the fork; its last lines are the message of the failure."""
    done = subprocess.run(
        argv, cwd=root, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    said = "\n".join((done.stdout + done.stderr).splitlines()[-60:])
    assert done.returncode == 0, f"{' '.join(argv)}:\n{said}"


def test_its_graph_has_its_own_names(fork: Path) -> None:
    names = {image.name for image in graph(load(fork / "catalog.yaml")).images.values()}
    assert names == {SERVICE, "with-a-page"}
