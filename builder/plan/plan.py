"""The plan: every cell and image, kept, taken or built, and why. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from builder.graph.model import Cell, Graph, ImagePoint
from builder.plan.key import Inputs, strict
from builder.plan.reason import Document, reasons

ImageKey = Callable[[str, tuple[str, ...]], str]
VERBS = {"keep": "is kept", "take": "is taken", "check": "is checked", "build": "is built"}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanStep:
    """One node of the plan. `key` is empty for an image that waits for a cell: its key holds the
    cells' digests.
    """

    node: str
    kind: Literal["cell", "image"]
    action: Literal["keep", "take", "check", "build"]
    """take: somebody else has it. check: it is built only if what it stands on is built first and
    gets different bytes."""
    reasons: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the store has, as far as the plan needs it."""

    cells: Mapping[str, str]
    """Key of a cell -> digest of its manifest."""
    images: Mapping[str, Collection[str]]
    """Id of an image -> the keys it was put together from: one for each state of the catalog."""
    last: Callable[[str], Document | None]
    """Id of a cell -> the inputs it was last built from."""
    moved: Callable[[Cell], tuple[str, ...]]
    """Complete cell -> cells below it, without an ABI, whose bytes changed since it was built."""
    outdated: Callable[[str], tuple[str, ...]]
    """Id of a complete cell that replaces files -> why it has to be built again, if so."""
    offered: Mapping[str, str] = field(default_factory=dict)
    """Key of a cell that somebody else has and that may be taken -> from where, in words."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order in which they can be executed: cells after their ancestors, images after
    their cells.
    """

    steps: tuple[PlanStep, ...]

    def to_build(self, kind: str) -> tuple[PlanStep, ...]:
        """Return the steps of one kind that build something."""
        return tuple(step for step in self.steps if step.kind == kind and step.action == "build")

    def to_take(self) -> tuple[PlanStep, ...]:
        """Return the steps of the cells that are taken from elsewhere."""
        return tuple(step for step in self.steps if step.action == "take")

    def to_check(self) -> tuple[PlanStep, ...]:
        """Return the steps that may turn out to build something."""
        return tuple(step for step in self.steps if step.action == "check")


def plan(
    graph: Graph,
    inputs: Mapping[str, Inputs],
    image_key: ImageKey,
    known: Known,
    *,
    forced: Collection[str] = (),
) -> Plan:
    """Return what is to be done so that every cell and image of the graph exists.

    `image_key` gives an image's key from its id and the digests of its cells' manifests, in order.
    `forced` are the cells that are built again whatever the store has.
    """
    steps: list[PlanStep] = []
    digests: dict[str, str] = {}
    for cell in graph.cells.values():
        if cell.id in forced:
            step = _build(cell, inputs[cell.id], ("you asked for it",))
        else:
            step = _cell(graph, cell, inputs[cell.id], digests, known)
        if step.action == "keep":
            digests[cell.id] = known.cells[step.key]
        steps.append(step)
    verbs = {step.node: VERBS[step.action] for step in steps}
    for image in graph.images.values():
        steps.append(_image(image, digests, verbs, image_key, known))
    return Plan(tuple(steps))


def _cell(
    graph: Graph, cell: Cell, own: Inputs, digests: Mapping[str, str], known: Known
) -> PlanStep:
    """Return the step of a cell; `digests` holds the cells below that are kept as they are."""
    if own.key not in known.cells and own.key in known.offered:
        whence = (known.offered[own.key],)
        return PlanStep(node=cell.id, kind="cell", action="take", reasons=whence, key=own.key)
    if own.key not in known.cells:
        return _build(cell, own, reasons(own.document, known.last(cell.id)))
    unsettled = [name for name in cell.ancestors if name not in digests]
    relied_on = [name for name in strict(graph, cell) if name in unsettled]
    if relied_on:
        return _check(cell, own, f"if the bytes of {', '.join(relied_on)} change")
    if cell.layer.replaces and unsettled:
        why = f"if {', '.join(unsettled)} changes a file that it replaces"
        return _check(cell, own, why)
    moved = tuple(f"the bytes of {name} changed" for name in known.moved(cell))
    if moved:
        return _build(cell, own, moved)
    outdated = known.outdated(cell.id) if cell.layer.replaces else ()
    if outdated:
        return _build(cell, own, outdated)
    return PlanStep(node=cell.id, kind="cell", action="keep", key=own.key)


def _build(cell: Cell, own: Inputs, why: tuple[str, ...]) -> PlanStep:
    return PlanStep(node=cell.id, kind="cell", action="build", reasons=why, key=own.key)


def _check(cell: Cell, own: Inputs, when: str) -> PlanStep:
    why = f"will be built again {when}"
    return PlanStep(node=cell.id, kind="cell", action="check", reasons=(why,), key=own.key)


def _image(
    image: ImagePoint,
    digests: Mapping[str, str],
    verbs: Mapping[str, str],
    image_key: ImageKey,
    known: Known,
) -> PlanStep:
    missing = [cell for cell in image.cells if cell not in digests]
    if missing:
        why = tuple(f"{cell} {verbs[cell]}" for cell in missing)
        return PlanStep(node=image.id, kind="image", action="build", reasons=why)
    key = image_key(image.id, tuple(digests[cell] for cell in image.cells))
    before = known.images.get(image.id, ())
    if key in before:
        return PlanStep(node=image.id, kind="image", action="keep", key=key)
    reason = "its cells or its metadata changed" if before else "new"
    return PlanStep(node=image.id, kind="image", action="build", reasons=(reason,), key=key)
