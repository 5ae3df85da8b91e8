"""Take out of the store what the catalog, as it is locked now, does not lead to."""

from __future__ import annotations

from dataclasses import dataclass

from builder.cells import inputs, records
from builder.execute.project import IMAGES, Project
from builder.oci.store import GRACE
from builder.oci.writers import alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What `prune` removed."""

    cells: int
    images: int
    bytes: int
    busy: bool
    """Whether a build was running, and what changed within the last hour was left alone."""


def prune(project: Project) -> Freed:
    """Forget the cells and images that are not the project's, and remove the blobs that nothing
    leads to any more.

    Raises:
        BuilderError: the store cannot be written.

    """
    needed = {records.ref(item.key) for item in project.inputs.values()}
    needed |= {IMAGES + name for name in project.graph.images} | {
        inputs.PREFIX + name for name in project.graph.cells
    }
    with alone(project.store) as idle:
        grace = 0.0 if idle else GRACE
        # First what needs no new index: there may be no space for one.
        freed = project.store.gc(grace)
        gone = [
            ref
            for prefix in (records.PREFIX, IMAGES, inputs.PREFIX)
            for ref in project.store.refs(prefix)
            if ref not in needed
        ]
        project.store.untag(gone)
        freed += project.store.gc(grace)
    kinds = [ref.partition("/")[0] + "/" for ref in gone]
    return Freed(
        cells=kinds.count(records.PREFIX), images=kinds.count(IMAGES), bytes=freed, busy=not idle
    )
