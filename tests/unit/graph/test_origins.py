"""Further repositories and indexes in the graph, and in what decides whether a lock still holds."""

from __future__ import annotations

import re
from pathlib import Path

from builder.catalog.load import load
from builder.catalog.origins import RESERVED
from builder.fetch.origin import DEBIAN, SECURITY
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.graph.needs import needs
from builder.graph.origins import origins, taken_from
from tests.integration.openpgp import ARCHIVE, STRANGER

ROOT = Path(__file__).parents[3]
CATALOG = """\
format: 1
name: small
axes:
  debian: {values: {trixie: , bookworm: }}
  python: {values: {"3.13": }}
images:
  lab: {layers: [lab]}
"""
DECLARED = """\
repositories:
  pgdg: {url: "https://apt.example.org/pub/", suite: "{debian}-pgdg", key: pgdg.asc}
indexes:
  cpu: {url: "https://whl.example.org/cpu/"}
"""
SYSTEM = "description: system\nbootstrap: true\naxes: [debian]\napt: [apt]\n"
LAB = "description: lab\non: [system]\naxes: [python]\n"
PLAIN = "apt: [server]\npython: [torch]\n"
FURTHER = (
    "apt: [{when: {debian: trixie}, packages: [server/pgdg]}]\n"
    "python: [{index: cpu, packages: ['Torch[x]==2.*']}, numpy]\n"
)


def made(root: Path, *, declared: str = DECLARED, lab: str = FURTHER) -> Graph:
    for name, text in {"system": SYSTEM, "lab": LAB + lab}.items():
        (root / "images" / name).mkdir(parents=True, exist_ok=True)
        (root / "images" / name / "layer.yaml").write_text(text)
    (root / "catalog.yaml").write_text(declared + CATALOG)
    key = root / "pgdg.asc"
    if not key.exists():
        key.write_text(STRANGER.certificate())
    return graph(load(root / "catalog.yaml"))


def all_asks(whole: Graph) -> dict[str, str]:
    return {name: asks(cell, whole) for name, cell in whole.cells.items()}


def changed(one: Graph, other: Graph) -> set[str]:
    first, second = all_asks(one), all_asks(other)
    return {name for name in first if first[name] != second[name]}


def test_a_cell_has_the_repositories_of_its_point(tmp_path: Path) -> None:
    whole = made(tmp_path)
    lab = whole.cells["lab@trixie-3.13"]
    pgdg = lab.repositories["pgdg"]
    assert (pgdg.url, pgdg.suite) == ("https://apt.example.org/pub", "trixie-pgdg")
    assert pgdg.components == ("main",)
    assert taken_from(lab) == {"torch": "cpu"}
    assert origins(lab, whole) == {
        "pgdg": ("https://apt.example.org/pub", "dists/trixie-pgdg/InRelease"),
        "cpu": ("https://whl.example.org/cpu", "torch/"),
    }
    assert not whole.cells["lab@bookworm-3.13"].repositories
    assert not whole.cells["system@trixie"].repositories


def test_no_catalog_can_take_the_name_of_a_registry() -> None:
    texts = [path.read_text() for path in (ROOT / "builder").rglob("*.py")]
    names = set(re.findall(r'^ORIGIN = "([^"]+)"$', "\n".join(texts), re.MULTILINE))
    assert names | {DEBIAN, SECURITY} <= RESERVED


def test_images_name_the_hosts_that_they_need(tmp_path: Path) -> None:
    whole = made(tmp_path)
    hosts = {image.tag: needs(image, whole) for image in whole.images.values()}
    assert hosts == {
        "trixie-3.13": ("apt.example.org", "whl.example.org"),
        "bookworm-3.13": ("whl.example.org",),
    }


def test_what_nobody_uses_changes_no_lock(tmp_path: Path) -> None:
    with_them = made(tmp_path, lab=PLAIN)
    assert all_asks(with_them) == all_asks(made(tmp_path, declared="", lab=PLAIN))


def test_a_lock_holds_while_what_decides_it_does(tmp_path: Path) -> None:
    first = made(tmp_path)
    (tmp_path / "pgdg.asc").write_text(ARCHIVE.certificate())
    assert not changed(first, made(tmp_path)), "a new key chooses no other packages"
    moved = DECLARED.replace("}-pgdg", "}-pgdg-testing")
    assert changed(first, made(tmp_path, declared=moved)) == {"lab@trixie-3.13"}
    moved = DECLARED.replace("whl.example.org", "whl.example.net")
    both = {"lab@trixie-3.13", "lab@bookworm-3.13"}
    assert changed(first, made(tmp_path, declared=moved)) == both
    plain = FURTHER.replace("{index: cpu, packages: ['Torch[x]==2.*']}", "'Torch[x]==2.*'")
    assert changed(first, made(tmp_path, lab=plain)) == both
