"""Take out of the store what nobody has built for some time."""

from __future__ import annotations

from dataclasses import dataclass

from builder.cells import inputs, records
from builder.execute import uses
from builder.execute.project import IMAGES, Project
from builder.oci.store import GRACE
from builder.oci.writers import alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What `prune` removed, or would remove."""

    gone: tuple[str, ...]
    """Refs: `cell/<key>`, `image/<name>:<tag>`."""
    kept_for: tuple[str, ...]
    """Other catalogs, or other states of this one, whose cells and images stay: their names."""
    bytes: int
    busy: bool
    """Whether a build was running, and what changed within the last hour was left alone."""

    def count(self, prefix: str) -> int:
        """Return how many refs of a kind went."""
        return sum(ref.startswith(prefix) for ref in self.gone)


def prune(project: Project, *, days: float, dry_run: bool = False) -> Freed:
    """Forget cells and images that are not the project's, and that no build within the last days
    asked for; remove the blobs to which nothing leads any more.

    Raises:
        BuilderError: the store cannot be written.

    """
    store = project.store
    own = uses.refs_of(project)
    recent = uses.since(store, days)
    needed = set(own)
    for use in recent:
        needed |= use.refs
    prefixes = (records.PREFIX, IMAGES, inputs.PREFIX)
    with alone(store) as idle:
        grace = 0.0 if idle else GRACE
        mine = [ref for ref in store.refs() if ref.startswith(prefixes)]
        gone = tuple(ref for ref in mine if ref not in needed)
        if dry_run:
            freed = store.unreachable(without=gone)
        else:
            # First what needs no new index: there may be no space for one.
            freed = store.gc(grace)
            store.untag(gone)
            freed += store.gc(grace)
            uses.forget(store, recent)
    others = sorted({use.catalog for use in recent if not use.refs <= own})
    return Freed(gone=gone, kept_for=tuple(others), bytes=freed, busy=not idle)
