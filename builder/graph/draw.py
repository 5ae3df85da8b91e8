"""The graph as text: a tree for terminals, Graphviz and Mermaid for pages, plain data for
programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph, ImagePoint
from builder.graph.needs import needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A layer of the graph, with its cells."""

    layer: Layer
    cells: tuple[Cell, ...]
    images: int
    """How many images hold one of its cells."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.cells[0].name


def nodes(graph: Graph) -> dict[str, Node]:
    """Return the layers that have cells in a graph, bottom first."""
    cells: dict[str, list[Cell]] = {}
    for cell in graph.cells.values():
        cells.setdefault(cell.name, []).append(cell)
    held: dict[str, int] = dict.fromkeys(cells, 0)
    for image in graph.images.values():
        for cell_id in image.cells:
            held[graph.cells[cell_id].name] += 1
    return {
        name: Node(layer=own[0].layer, cells=tuple(own), images=held[name])
        for name, own in cells.items()
    }


def tree(graph: Graph) -> str:
    """Return the layers as a tree: each under the topmost layer that it stands on; the others are
    named beside it.
    """
    known = nodes(graph)
    place = {name: index for index, name in enumerate(known)}
    above: dict[str, list[str]] = {}
    for name, node in known.items():
        below = [parent for parent in node.layer.on if parent in known]
        above.setdefault(max(below, key=lambda parent: place[parent], default=""), []).append(name)
    lines = list(_branches(known, above, "", ""))
    width = max((len(left) for left, _ in lines), default=0)
    return "\n".join(f"{left:<{width}}  {right}".rstrip() for left, right in lines)


def _branches(
    known: Mapping[str, Node], above: Mapping[str, Sequence[str]], name: str, indent: str
) -> Iterator[tuple[str, str]]:
    children = above.get(name, ())
    for child in children:
        last = child == children[-1]
        branch, after = ("", "") if not name else ("└── ", "    ") if last else ("├── ", "│   ")
        yield f"{indent}{branch}{child}", _remark(known[child], name)
        yield from _branches(known, above, child, indent + after)


def _remark(node: Node, under: str) -> str:
    others = [parent for parent in node.layer.on if parent != under]
    also = (
        f"{'glue with' if node.layer.glue else 'and on'} {', '.join(others)}"
        if others
        else "glue"
        if node.layer.glue
        else ""
    )
    count = (
        f"{len(node.cells)} cell{'s' * (len(node.cells) != 1)}, in {node.images}"
        f" image{'s' * (node.images != 1)}"
    )
    return f"{count}; {also}" if also else count


def dot(graph: Graph) -> str:
    """Return the layers in Graphviz's language, each arrow from a layer to what it stands on."""
    lines = ["digraph catalog {", "  rankdir=BT;", '  node [shape=box, fontname="sans-serif"];']
    known = nodes(graph)
    for name, node in known.items():
        style = ", style=dashed" if node.layer.glue else ""
        lines.append(f'  "{name}" [tooltip="{_quoted(node.layer.description)}"{style}];')
    for name, node in known.items():
        lines += [f'  "{name}" -> "{parent}";' for parent in node.layer.on]
    return "\n".join([*lines, "}"])


def mermaid(graph: Graph) -> str:
    """Return the layers as a Mermaid flowchart, each arrow from a layer to what stands on it."""
    known = nodes(graph)
    number = {name: f"n{index}" for index, name in enumerate(known)}
    lines = ["flowchart TD"]
    for name, node in known.items():
        left, right = ("([", "])") if node.layer.glue else ("[", "]")
        lines.append(f'  {number[name]}{left}"{name}"{right}')
    for name, node in known.items():
        arrow = "-.->" if node.layer.glue else "-->"
        lines += [f"  {number[parent]} {arrow} {number[name]}" for parent in node.layer.on]
    return "\n".join(lines)


def document(graph: Graph) -> dict[str, object]:
    """Return the whole graph as JSON data: cells with their parents, images with their cells, what
    is absent and why.
    """
    return {
        "cells": [_cell(cell) for cell in graph.cells.values()],
        "images": [image_document(image, graph) for image in graph.images.values()],
        "absent": [
            {"name": absent.name, "point": dict(absent.point), "because": absent.because}
            for absent in graph.absent
        ],
    }


def image_document(image: ImagePoint, graph: Graph) -> dict[str, object]:
    """Return an image as JSON data; `needs` are hosts beside the package registries."""
    return {
        "id": image.id,
        "name": image.name,
        "tag": image.tag,
        "description": image.description,
        "point": dict(image.point),
        "cells": list(image.cells),
        "needs": list(needs(image, graph)),
        **_standing(image),
    }


def _standing(image: ImagePoint) -> dict[str, object]:
    """Return how an image stands; nothing where nothing is stated."""
    standing = image.standing
    return {"lifecycle": asdict(standing)} if standing.stated else {}


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "id": cell.id,
        "layer": cell.name,
        "point": dict(cell.point),
        "parents": list(cell.parents),
        "glue": cell.layer.glue,
        "abi": list(cell.abi),
    }


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
