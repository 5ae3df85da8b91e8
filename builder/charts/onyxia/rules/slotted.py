"""Rules on `overwriteSchemaWith`: the API replaces the whole node by the schema of that name, if it
has one.
"""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.expression import references
from builder.charts.onyxia.model import Consequence, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.slots import SLOTS, Slot, nearest
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject
from builder.charts.onyxia.tree import walk


@rule(Consequence.SILENT)
def slot_unknown(subject: Subject) -> Iterator[Violation]:
    """`overwriteSchemaWith` names a schema that the API has, or that administrators are known to
    add: any other name has no effect.
    """
    for node in subject.nodes:
        if node.slot is not None and node.slot not in subject.slots:
            near = nearest(node.slot, subject.slots)
            yield Violation(
                _pointer(node),
                f"there is no schema {node.slot!r}",
                f"did you mean {near}?" if near else "",
            )


@rule(Consequence.SILENT)
def slot_root(subject: Subject) -> Iterator[Violation]:
    """The root has no `overwriteSchemaWith`: the API looks only below the root."""
    if subject.tree.root.slot is not None:
        yield Violation(
            _pointer(subject.tree.root),
            "the API ignores overwriteSchemaWith of the root",
            "put it on the properties",
        )


@rule(Consequence.SILENT)
def slot_nested(subject: Subject) -> Iterator[Violation]:
    """No `overwriteSchemaWith` below another: the API replaces the outer node, or does not look
    below it.
    """
    for node in subject.nodes:
        outer = (
            next((one for one in subject.lineage(node) if one.slot is not None and one.path), None)
            if node.slot is not None
            else None
        )
        if outer is not None:
            yield Violation(
                _pointer(node),
                f"overwriteSchemaWith of {node.name} is never read: {outer.name} has one too",
                "keep one of them",
            )


@rule(Consequence.SILENT)
def slot_shadows(subject: Subject) -> Iterator[Violation]:
    """What a node below a slot injects, the API's own schema for the slot injects too:
    `ide/resources.json`, for example, does not read `region.resources`.
    """
    for outer in subject.nodes:
        slot = SLOTS.get(outer.slot or "", Slot())
        for node in walk(outer):
            lost = _dropped(node, slot)
            if lost is not None:
                pointer = join(node.pointer, "x-onyxia", "overwriteDefaultWith")
                message = (
                    f"{node.name} never injects {lost}: an API replaces {outer.name} by its own"
                    f" {outer.slot}"
                )
                yield Violation(pointer, message, "remove the injection, or the slot")


def _dropped(node: SchemaNode, slot: Slot) -> str | None:
    """Return a path that a node injects from, and that the API's schema for the slot does not."""
    if not isinstance(node.expression, str):
        return None
    dropped = tuple(f"{prefix}." for prefix in slot.drops)
    paths = [str(reference) for reference in references(node.expression)]
    return next((path for path in paths if path.startswith(dropped)), None)


def _pointer(node: SchemaNode) -> str:
    return join(node.pointer, "x-onyxia", "overwriteSchemaWith")
