"""A small catalog with one of everything that is read: layers of every kind, services, options,
stubs, a lock, recorded digests, and a store with built cells."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from builder.catalog.load import load
from builder.cells import records
from builder.debian.model import Facts
from builder.execute.project import IMAGES, open_project
from builder.lock.file import write
from builder.lock.model import NAME as LOCK
from builder.oci.blob import descriptor_json
from builder.oci.model import MANIFEST, Descriptor
from builder.oci.store import Store
from builder.record.digests import NAME as DIGESTS
from tests.performance.large import lock_of
from tests.unit.oci.made import built

REPOSITORY = Path(__file__).parents[2]
SERVICES = REPOSITORY / "tests/charts/catalog"
LIBRARY = ("options", "library", "stubs")
LEFT_OUT = ("jupyter-python-gpu", "jupyter-r-python", "marimo-python", "vscode-python-gpu")
"""Services that say nothing that the others do not."""
LAYERS = {
    "system": (
        "bootstrap: true\naxes: [debian, arch]\nabi: ['debian-{{ debian }}']\napt: [apt]\n"
        "dpkg: [path-exclude=/usr/share/doc/*]\n"
    ),
    "python": (
        "on: [system]\naxes: [python]\nabi: [\"cp{{ python | replace('.', '') }}\"]\n"
        'python: [pip, "numpy>=2"]\nenv: {VIRTUAL_ENV: /opt/python}\npath: [/opt/python/bin]\n'
        "cmd: [python]\n"
    ),
    "jupyter": (
        "on: [python]\npython: [jupyterlab]\nexpose: [8888]\nworkdir: /home/user\n"
        "entrypoint: [/bin/run]\nuser: '1000'\nprepare: |\n  true\nrun: |\n  true\n"
    ),
    "r": "on: [system]\naxes: [r]\napt: [r-base-core]\n",
    "vscode": 'on: [system]\nnpm: {"@scope/code": "^4"}\n',
    "kernel": "on: [jupyter, r]\nglue: true\napt: [r-cran-kernel]\n",
    "scratch": "on: [jupyter]\n",
}
"""The layers that say more than those of the services' tests."""
DOCKERFILE = "RUN echo {{ python }}\nCOPY files/ /\n{% if axes %}RUN true\n{% endif %}\n"
IMAGE_RULES = """
exclude:
  - {image: vscode-python, when: {python: "3.11"}, because: nobody asked}
"""


def make(root: Path) -> None:
    """Write the catalog, its lock, its digests and its store below `root`."""
    shutil.copytree(SERVICES, root, symlinks=True)
    if (root / "charts/icons").is_symlink():
        (root / "charts/icons").unlink()
        shutil.copytree(REPOSITORY / "charts/icons", root / "charts/icons")
    for name in LEFT_OUT:
        shutil.rmtree(root / "charts" / name)
    for part in LIBRARY:
        shutil.copytree(REPOSITORY / "charts" / part, root / "charts" / part)
    path = root / "catalog.yaml"
    text = path.read_text().replace("charts: {library: ../../../charts}\n", "")
    path.write_text(text + IMAGE_RULES)
    for name, layer in LAYERS.items():
        directory = root / "images" / name
        directory.mkdir(exist_ok=True)
        (directory / "layer.yaml").write_text(f"description: The layer {name}\n{layer}")
    (root / "images/scratch/Dockerfile.j2").write_text(DOCKERFILE)
    (root / "images/scratch/files/etc").mkdir(parents=True)
    (root / "images/scratch/files/etc/scratch").write_text("x")
    write(lock_of(path), root / LOCK)
    _build(root)


def _build(root: Path) -> None:
    """Put cells that nobody built into the store, under the keys that a build would give them."""
    load(root / "catalog.yaml")
    project = open_project(root / "catalog.yaml", [])
    store = Store.open(root / ".catalog/store")
    below: dict[str, Descriptor] = {}
    for cell in project.graph.cells.values():
        name = cell.id.replace("/", "-")
        facts: Facts = replace(
            built(store, name, {f"usr/share/{name}/file": name}),
            cell=cell.id,
            key=project.inputs[cell.id].key,
        )
        under = {ancestor: below[ancestor].digest for ancestor in cell.ancestors}
        below[cell.id] = records.record(store, facts, under)
    for image in list(project.graph.images.values())[::2]:
        layers = [descriptor_json(below[cell]) for cell in image.cells]
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layers[0], "layers": []}
        manifest = store.put_bytes(json.dumps(document).encode(), MANIFEST)
        store.tag({IMAGES + image.id: manifest})
    (root / DIGESTS).write_text('{"format": 1, "cells": {}}\n')
