"""Catalogs whose cells are put into a store without an engine, so that images can be put together
from them, by the program itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from builder import cli
from builder.catalog.load import load
from builder.cells import inputs, records
from builder.execute.project import Project, open_project
from builder.execute.replaced import manifests
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.lock.file import write
from builder.lock.model import NAME, Lock, Slice
from builder.oci.shelf import Shelf
from tests.unit.oci.made import Content, built

CATALOG = """\
format: 1
name: lab
registry: registry.example.org/lab
axes:
  debian: {values: {trixie: {abi: debian-13}}}
images:
  left: {layers: [left]}
  both: {layers: [left, right]}
"""
LAYERS = {
    "bottom": (
        "description: bottom\nbootstrap: true\naxes: [debian]\nabi: ['{{ axes.debian.abi }}']\n"
    ),
    "tools": "description: tools\non: [bottom]\nabi: [tools-1]\nrun: echo tools >/opt/tools\n",
    "left": "description: left\non: [tools]\nrun: echo left >/opt/left\n",
    "right": "description: right\non: [tools]\nrun: echo right >/opt/right\n",
}


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A catalog in a directory, and the store that the environment names."""

    root: Path

    @property
    def yaml(self) -> Path:
        return self.root / "catalog.yaml"

    def project(self, *patterns: str) -> Project:
        return open_project(self.yaml, patterns)

    def shelf(self) -> Shelf:
        return self.project().store

    def layer(self, name: str, text: str) -> None:
        path = self.root / "images" / name / "layer.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        self.layer(name, (self.root / f"images/{name}/layer.yaml").read_text().replace(old, new))

    def catalog(self, old: str, new: str) -> None:
        self.yaml.write_text(self.yaml.read_text().replace(old, new))

    def lock(self) -> None:
        """Write a lock that answers what the layers ask for: nothing."""
        whole = graph(load(self.yaml))
        cells = {
            name: Slice(asks=asks(cell, whole), artifacts=()) for name, cell in whole.cells.items()
        }
        write(Lock(moment="2026-01-01T00:00:00Z", artifacts={}, cells=cells), self.root / NAME)

    def fill(self) -> list[str]:
        """Put every cell that a build would build into the store; return which."""
        return fill(self.project())

    def argv(self, *argv: str) -> list[str]:
        return [sys.executable, "-m", "builder", "-C", str(self.yaml), *argv]

    def run(self, *argv: str) -> int:
        return cli.main(["-C", str(self.yaml), *argv])

    def build(
        self,
        content: Mapping[str, Content] | None = None,
        grouping: Mapping[str, int] | None = None,
    ) -> None:
        """Fill the store, with this content of layers beside their own, and put images together."""
        fill(self.project(), content, grouping)
        assert self.run("build") == 0


def fill(
    project: Project,
    content: Mapping[str, Content] | None = None,
    grouping: Mapping[str, int] | None = None,
) -> list[str]:
    """Put every cell that a build would build into the store, with a file, and with this content by
    layer, divided by this grouping; return which.
    """
    filled = []
    for step in project.plan().to_build("cell"):
        cell, item = project.graph.cells[step.node], project.inputs[step.node]
        below = project.facts(cell.ancestors)
        own: Content = {f"opt/{cell.name}": item.key, **(content or {}).get(cell.name, {})}
        facts = built(project.store, cell.id, own, below, grouping)
        beneath = manifests(project.store, cell, project.inputs)
        records.record(project.store, replace(facts, key=item.key), beneath)
        inputs.remember(project.store, cell.id, item.document)
        filled.append(cell.name)
    return filled


def make(root: Path, *, name: str = "lab", registry: str = "registry.example.org/lab") -> Stock:
    """Write a catalog with its lock."""
    root.mkdir(parents=True)
    made = Stock(root=root)
    text = re.sub("^name: .*", f"name: {name}", CATALOG, flags=re.MULTILINE)
    made.yaml.write_text(re.sub("registry: .*", f"registry: {registry}", text))
    for layer, what in LAYERS.items():
        made.layer(layer, what)
    made.lock()
    return made
