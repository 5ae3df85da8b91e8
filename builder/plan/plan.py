"""The plan: every cell and image, kept or built, and why. A pure question put to what exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from builder.graph.model import Cell, Graph
from builder.plan.key import Inputs
from builder.plan.reason import Document, reasons

ImageKey = Callable[[str, tuple[str, ...]], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One node of the plan. `key` is empty for an image that waits for a cell: its key holds the
    cells' digests.
    """

    node: str
    kind: Literal["cell", "image"]
    action: Literal["keep", "check", "build"]
    """check: it is kept unless something that it replaces comes out of the build of what it stands
    on as another file."""
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
    outdated: Callable[[str], tuple[str, ...]]
    """Id of a cell that replaces files, and of which all is there -> why it has to be built again,
    if it has."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order in which they can be done: cells after their ancestors, images after their
    cells.
    """

    steps: tuple[Step, ...]

    def to_build(self, kind: str) -> tuple[Step, ...]:
        """Return the steps of one kind that make something."""
        return tuple(step for step in self.steps if step.kind == kind and step.action == "build")

    def to_check(self) -> tuple[Step, ...]:
        """Return the steps that may have to make something."""
        return tuple(step for step in self.steps if step.action == "check")


def plan(graph: Graph, inputs: Mapping[str, Inputs], image_key: ImageKey, known: Known) -> Plan:
    """Return what is to be done so that every cell and image of the graph exists.

    `image_key` gives an image's key from its id and the digests of its cells' manifests, in order.
    """
    steps: list[Step] = []
    digests: dict[str, str] = {}
    for cell in graph.cells.values():
        step = _cell(
            cell, inputs[cell.id], [name for name in cell.ancestors if name not in digests], known
        )
        if step.action != "build":
            digests[cell.id] = known.cells[step.key]
        steps.append(step)
    steps.extend(
        _image(image.id, image.cells, digests, image_key, known) for image in graph.images.values()
    )
    return Plan(tuple(steps))


def _cell(cell: Cell, own: Inputs, below: Sequence[str], known: Known) -> Step:
    """Return the step of a cell; `below` are those it stands on that are built."""
    key = own.key
    if key not in known.cells:
        return Step(
            node=cell.id,
            kind="cell",
            action="build",
            reasons=reasons(own.document, known.last(cell.id)),
            key=key,
        )
    if cell.layer.replaces and below:
        why = (
            f"it is built again if a file that it replaces comes out of {', '.join(below)} as"
            " another one"
        )
        return Step(node=cell.id, kind="cell", action="check", reasons=(why,), key=key)
    why_again = known.outdated(cell.id) if cell.layer.replaces else ()
    return Step(
        node=cell.id,
        kind="cell",
        action="build" if why_again else "keep",
        reasons=why_again,
        key=key,
    )


def _image(
    node: str, cells: tuple[str, ...], digests: Mapping[str, str], image_key: ImageKey, known: Known
) -> Step:
    missing = [cell for cell in cells if cell not in digests]
    if missing:
        return Step(
            node=node,
            kind="image",
            action="build",
            reasons=tuple(f"{cell} is built" for cell in missing),
        )
    key = image_key(node, tuple(digests[cell] for cell in cells))
    if known.images.get(node) == key:
        return Step(node=node, kind="image", action="keep", key=key)
    why = "its cells or its metadata changed" if node in known.images else "new"
    return Step(node=node, kind="image", action="build", reasons=(why,), key=key)
