"""Bytes of both ways from the deltas in the store, without building anything: `python -m
bench.sizes`.

A link of a chain is taken to be as large as the delta of the same layer: the same files, without
the bookkeeping that a chain repeats.
"""

from __future__ import annotations

from pathlib import Path

from bench.chains import chains, nodes
from builder.console.text import Console
from builder.execute.project import IMAGES, Project, open_project

CHANGES = {
    "an IDE's patch release": "jupyter",
    "a base security update": "base",
    "one Python package moved": "python-datascience",
}


def report(project: Project) -> str:
    """Return the tables, as Markdown; every cell and image has to be in the store."""
    deltas = {cell: project.summary(cell).size for cell in project.graph.cells}
    images = {name: image.cells for name, image in project.graph.images.items()}
    seals = {name: _seal(project, name) for name in images}
    links = [link for link in nodes(chains(project)) if len(link) > 1]
    roots = {
        cell: size for cell, size in deltas.items() if project.graph.cells[cell].layer.bootstrap
    }
    built = {cell: size for cell, size in deltas.items() if cell not in roots}
    chained = sum(roots.values()) + sum(deltas[link[-1]] for link in links)
    ours = sum(deltas.values()) + sum(seals.values())
    lines = [
        "| | chains | this program | ratio |",
        "|---|--:|--:|--:|",
        f"| builds | {len(links)} | {len(built)} | {len(links) / len(built):.1f} |",
        (
            f"| unique compressed bytes | {chained / 1e6:,.0f} MB | {ours / 1e6:,.0f} MB |"
            f" {chained / ours:.1f} |"
        ),
        "",
        "| after … | chains pull again | this program: deltas | and seals |",
        "|---|--:|--:|--:|",
    ]
    for what, layer in CHANGES.items():
        own = {cell for cell in deltas if project.graph.cells[cell].name == layer}
        again = sum(deltas[link[-1]] for link in links if own & set(link))
        touched = sum(size for name, size in seals.items() if own & set(images[name]))
        lines.append(
            f"| {what} | {again / 1e6:,.0f} MB | {sum(deltas[cell] for cell in own) / 1e6:,.0f} MB"
            f" | {touched / 1e6:.1f} MB |"
        )
    return "\n".join(lines) + "\n"


def _seal(project: Project, image: str) -> int:
    manifest = project.store.find(IMAGES + image)
    return (
        int(project.store.read_json(manifest)["layers"][-1]["size"]) if manifest is not None else 0
    )


if __name__ == "__main__":
    Console().text(report(open_project(Path("catalog.yaml"))))
