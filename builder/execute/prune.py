"""Take out of the store what the catalog, as it is locked now, does not lead to."""

from __future__ import annotations

from dataclasses import dataclass

from builder.cells import inputs, records
from builder.errors import IntegrityError
from builder.execute.project import IMAGES, Project
from builder.oci.store import GRACE, Store
from builder.oci.writers import alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What `prune` removed."""

    cells: int
    images: int
    bytes: int
    busy: bool
    """Whether a build was running, and what changed within the last hour was left alone."""
    names: tuple[str, ...] = ()
    """What was removed, for people."""


def prune(project: Project, *, dry_run: bool = False) -> Freed:
    """Forget the cells and images that are not the project's, and remove the blobs that nothing
    leads to any more. With `dry_run`, only tell what that would be.

    Raises:
        BuilderError: the store cannot be written.

    """
    store = project.store
    with alone(store) as idle:
        grace = 0.0 if idle else GRACE
        # First what needs no new index: there may be no space for one.
        freed = 0 if dry_run else store.gc(grace)
        gone = _unneeded(project)
        named = tuple(_name(store, ref) for ref in gone if not ref.startswith(inputs.PREFIX))
        if dry_run:
            freed = store.freed_without(gone, grace)
        else:
            store.untag(gone)
            freed += store.gc(grace)
    kinds = [ref.partition("/")[0] + "/" for ref in gone]
    return Freed(
        cells=kinds.count(records.PREFIX),
        images=kinds.count(IMAGES),
        bytes=freed,
        busy=not idle,
        names=named,
    )


def _unneeded(project: Project) -> list[str]:
    """Return the refs of cells and images that are not the project's."""
    needed = {records.ref(item.key) for item in project.inputs.values()}
    needed |= {IMAGES + name for name in project.graph.images}
    needed |= {inputs.PREFIX + name for name in project.graph.cells}
    prefixes = (records.PREFIX, IMAGES, inputs.PREFIX)
    return [ref for ref in project.store.refs() if ref.startswith(prefixes) and ref not in needed]


def _name(store: Store, ref: str) -> str:
    """Return what a ref stands for, for people: an image's id, or a cell's with its key."""
    if ref.startswith(IMAGES):
        return f"image {ref.removeprefix(IMAGES)}"
    key = ref.removeprefix(records.PREFIX)[:12]
    try:
        return f"cell {records.summary(store, store.refs()[ref]).cell} ({key})"
    except (IntegrityError, KeyError, TypeError):
        # What another version of this program wrote, or a disk damaged, can go all the same.
        return f"cell {key}"
