"""The plan: every cell and image, kept or built, and why. A pure question put to what exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from builder.graph.model import Graph
from builder.plan.key import Inputs
from builder.plan.reason import Document, reasons

ImageKey = Callable[[str, tuple[str, ...]], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One node of the plan. `key` is empty for an image that waits for a cell: its key holds the cells' digests."""

    node: str
    kind: Literal["cell", "image"]
    action: Literal["keep", "build"]
    reasons: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the store has, as the plan needs to see it."""

    cells: Mapping[str, str]
    """Key of a cell -> digest of its manifest."""
    images: Mapping[str, str]
    """Id of an image -> the key it was put together from."""
    last: Callable[[str], Document | None]
    """Id of a cell -> the inputs it was last built from."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order in which they can be done: cells after their ancestors, images after their cells."""

    steps: tuple[Step, ...]

    def to_build(self, kind: str) -> tuple[Step, ...]:
        """Return the steps of one kind that are not kept."""
        return tuple(step for step in self.steps if step.kind == kind and step.action == "build")


def plan(graph: Graph, inputs: Mapping[str, Inputs], image_key: ImageKey, known: Known) -> Plan:
    """Return what is to be done so that every cell and image of the graph exists.

    `image_key` gives an image's key from its id and the digests of its cells' manifests, in order.
    """
    steps: list[Step] = []
    digests: dict[str, str] = {}
    for cell in graph.cells.values():
        key = inputs[cell.id].key
        if key in known.cells:
            digests[cell.id] = known.cells[key]
            steps.append(Step(node=cell.id, kind="cell", action="keep", key=key))
        else:
            why = reasons(inputs[cell.id].document, known.last(cell.id))
            steps.append(Step(node=cell.id, kind="cell", action="build", reasons=why, key=key))
    steps.extend(_image(image.id, image.cells, digests, image_key, known) for image in graph.images.values())
    return Plan(tuple(steps))


def _image(node: str, cells: tuple[str, ...], digests: Mapping[str, str], image_key: ImageKey, known: Known) -> Step:
    missing = [cell for cell in cells if cell not in digests]
    if missing:
        return Step(node=node, kind="image", action="build", reasons=tuple(f"{cell} is built" for cell in missing))
    key = image_key(node, tuple(digests[cell] for cell in cells))
    if known.images.get(node) == key:
        return Step(node=node, kind="image", action="keep", key=key)
    why = "its cells or its metadata changed" if node in known.images else "new"
    return Step(node=node, kind="image", action="build", reasons=(why,), key=key)
