"""A catalog of ten thousand images, with a lock that answers it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from builder.catalog.load import load
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.lock.accounts import KEY
from builder.lock.file import write
from builder.lock.model import NAME, Artifact, Lock, Slice

IDES, STACKS, EXTRAS = 10, 25, 4
PYTHONS, DEBIANS = ("3.13", "3.12", "3.11", "3.10", "3.9"), ("trixie", "bookworm")
IMAGES = IDES * STACKS * EXTRAS * len(PYTHONS) * len(DEBIANS)
PACKAGES = 30
"""Packages that a cell adds."""


def make(root: Path) -> Path:
    """Write the catalog and its lock; return the path of catalog.yaml."""
    names = {
        "ide": [f"ide{n}" for n in range(IDES)],
        "stack": [f"stack{n}" for n in range(STACKS)],
        "extra": [f"extra{n}" for n in range(EXTRAS)],
    }
    product = "".join(
        f"      {kind}:\n" + "".join(f"        {name}: [{name}]\n" for name in found)
        for kind, found in names.items()
    )
    path = root / "catalog.yaml"
    path.write_text(
        "format: 1\nname: large\naxes:\n"
        f"  debian: {{values: {{{', '.join(f'{value}: ' for value in DEBIANS)}}}}}\n"
        "  arch: {values: {amd64: }, tag: false}\n"
        "  python: {label: 'py{value}', values: {"
        + ", ".join(f'"{value}": ' for value in PYTHONS)
        + '}}\nimages:\n  "{ide}-{stack}-{extra}":\n    description: "{ide} with {stack} and'
        ' {extra}"\n    product:\n' + product
    )
    _layer(
        root, "debian", "bootstrap: true\naxes: [debian, arch]\nabi: ['{{ debian }}']\napt: [apt]\n"
    )
    _layer(root, "base", "on: [debian]\napt: [git]\nrun: 'true'\n")
    _layer(root, "python", "on: [base]\naxes: [python]\nabi: ['cp{{ python }}']\napt: [python3]\n")
    for name in (name for found in names.values() for name in found):
        _layer(
            root, name, f"on: [python]\npython: [{name}]\nenv: {{LAYER: {name}}}\nexpose: [8888]\n"
        )
        (root / "images" / name / "files" / "etc").mkdir(parents=True)
        (root / "images" / name / "files" / "etc" / name).write_text(name)
    _layer(root, "glue", "on: [ide0, stack0]\nglue: true\nrun: 'true'\n")
    write(lock_of(path), root / NAME)
    return path


def _layer(root: Path, name: str, text: str) -> None:
    directory = root / "images" / name
    directory.mkdir(parents=True)
    (directory / "layer.yaml").write_text(f"description: The layer {name}\n{text}")


def lock_of(path: Path) -> Lock:
    """Return a lock that answers what a catalog asks, with invented packages."""
    whole = graph(load(path))
    artifacts: dict[str, Artifact] = {}
    cells: dict[str, Slice] = {}
    for cell in whole.cells.values():
        kind = "python" if cell.layer.python else "deb"
        own = [
            _artifact(kind, f"{cell.name}-{number}", "-".join(cell.point.values()))
            for number in range(PACKAGES)
        ]
        artifacts |= {one.id: one for one in own}
        cells[cell.id] = Slice(
            asks=asks(cell, whole), artifacts=tuple(sorted(one.id for one in own))
        )
    return Lock(moment="2026-01-31T12:00:00Z", artifacts=artifacts, cells=cells)


def _artifact(kind: str, name: str, version: str) -> Artifact:
    digest = hashlib.sha256(f"{name}={version}".encode()).hexdigest()
    file = (
        f"{name}-{version}-py3-none-any.whl"
        if kind == "python"
        else f"pool/main/{name}_{version}.deb"
    )
    origin = "pypi" if kind == "python" else "debian"
    return Artifact(
        id=f"{kind}:{name}={version}",
        kind=kind,
        name=name,
        version=version,
        origin=origin,
        locator=file,
        digest=f"sha256:{digest}",
        size=9,
        extra={} if kind == "python" else {KEY: ""},
    )
