"""A catalog with versions of every standing, and what a lock says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from builder.catalog.load import Loaded, load
from builder.graph.build import graph
from builder.graph.model import Graph
from builder.lock.model import Artifact, Lock, Slice

CATALOG = """\
name: lab
registry: registry.example.org/lab
axes:
  debian: {values: {trixie: , bookworm: {eol: 2028-06-30, successor: trixie}}, tag: false}
  python:
    label: py{value}
    exact: deb:python{value}
    values:
      "3.15": {when: {debian: trixie}, status: preview}
      "3.14": {when: {debian: trixie}, yanked: its ssl is broken, successor: "3.13"}
      "3.13": {when: {debian: trixie}}
      "3.11": {when: {debian: bookworm}, status: maintenance, eol: 2027-10-31, successor: "3.13"}
images:
  base: {layers: [base], tag: "{debian}"}
  python: {layers: [python]}
  old: {layers: [python], eol: 2026-01-01, successor: python, when: {python: "3.13"}}
"""
LAYERS = {
    "base": "description: base\nbootstrap: true\naxes: [debian]\n",
    "python": "description: python\non: [base]\naxes: [python]\n",
    "told": "description: told\non: [base]\nglue: true\nlifecycle: true\n",
}
PACKAGES = {"3.15": "3.15.0~rc1-1", "3.14": "3.14.1-1", "3.13": "1:3.13.5-2+deb13u1"}


def written(root: Path, catalog: str = CATALOG, layers: Mapping[str, str] = LAYERS) -> Path:
    for name, text in layers.items():
        (root / "images" / name).mkdir(parents=True, exist_ok=True)
        (root / "images" / name / "layer.yaml").write_text(text)
    (root / "catalog.yaml").write_text(catalog)
    return root / "catalog.yaml"


def loaded(root: Path, catalog: str = CATALOG) -> tuple[Loaded, Graph]:
    known = load(written(root, catalog))
    return known, graph(known)


def lock(whole: Graph, versions: Mapping[str, str] | None = None) -> Lock:
    """A lock in which the cells of Python have the package that is named after its version."""
    versions = {**PACKAGES, "3.11": "3.11.2-6"} if versions is None else versions
    artifacts: dict[str, Artifact] = {}
    cells: dict[str, Slice] = {}
    for cell in whole.cells.values():
        value = cell.point.get("python", "")
        held: tuple[str, ...] = ()
        if value in versions:
            one = Artifact(
                id=f"deb:python{value}={versions[value]}",
                kind="deb",
                name=f"python{value}",
                version=versions[value],
                origin="debian",
                locator="pool/x.deb",
                digest=f"sha256:{'0' * 64}",
                size=1,
            )
            artifacts[one.id] = one
            held = (one.id,)
        cells[cell.id] = Slice(asks="", artifacts=held)
    return Lock(moment="2026-11-27T02:14:46Z", artifacts=artifacts, cells=cells)
