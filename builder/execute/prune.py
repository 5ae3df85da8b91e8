"""Take out of the store what a catalog no longer leads to; what others lead to stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from builder.catalog.suggest import nearest
from builder.errors import InputError, Problem
from builder.execute import uses
from builder.execute.hold import image_refs, state
from builder.execute.project import Project
from builder.execute.uses import Use
from builder.oci.shelf import PREFIX, owner_of, short
from builder.oci.store import GRACE, Store
from builder.oci.writers import alone

FORMER = "former"
"""What stands for all that a former version of this program left, which knew no owners."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Another catalog on the store, or what the former format has, of which everything stays."""

    owner: str
    """As `--forget` takes it."""
    refs: tuple[str, ...]
    """Whole names."""
    last: float
    """When it was built or taken last, in seconds since 1970; 0 where that is not known."""
    bytes: int
    """Of blobs to which nothing else leads."""

    def count(self, prefix: str) -> int:
        """Return how many refs of a kind it has."""
        return sum(short(ref).startswith(prefix) for ref in self.refs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Freed:
    """What `prune` removed, or would remove."""

    gone: tuple[str, ...]
    """Whole refs: `catalog/<owner>/cell/<key>`, `catalog/<owner>/image/<name>:<tag>@<key>`."""
    kept_for: tuple[str, ...]
    """Other states of this catalog, whose cells and images stay: their names."""
    others: tuple[Other, ...]
    bytes: int
    busy: bool
    """Whether a build was running, and what changed within the last hour was left alone."""

    def count(self, prefix: str) -> int:
        """Return how many refs of a kind went."""
        return sum(short(ref).startswith(prefix) for ref in self.gone)


def prune(
    project: Project, *, days: float, forgotten: Sequence[str] = (), dry_run: bool = False
) -> Freed:
    """Forget the catalog's cells and images to which it does not lead now, nor did in a state that
    is in use or was within the last days; remove the blobs to which nothing leads any more. All
    that other catalogs lead to stays, except for those that are to be `forgotten`.

    Raises:
        InputError: there is none of these in the store.
        BuilderError: the store cannot be written.

    """
    shelf, store = project.store, project.store.store
    with alone(store) as idle, uses.settled(store):
        grace = 0.0 if idle else GRACE
        known = uses.all_uses(store)
        own = frozenset(_whole(shelf.owner, state(project) | image_refs(project.plan())))
        mine = [use for use in known if use.owner == shelf.owner]
        recent = [use for use in mine if uses.is_recent(use, days) or uses.is_held(use)]
        needed = own.union(*(use.refs for use in recent))
        away = _away(store, known, shelf.owner, forgotten)
        gone = tuple(
            ref
            for ref in store.refs()
            if owner_of(ref) in away or (owner_of(ref) == shelf.owner and ref not in needed)
        )
        others = _others(store, known, gone, {shelf.owner, *away})
        if dry_run:
            freed = store.unreachable(without=gone)
        else:
            # First what needs no new index: there may be no space for one.
            freed = store.gc(grace)
            store.untag(gone)
            freed += store.gc(grace)
            uses.forget([use for use in mine if use not in recent])
            uses.forget([use for use in known if use.owner in away])
    kept_for = sorted({use.catalog for use in recent if not use.refs <= own})
    return Freed(gone=gone, kept_for=tuple(kept_for), others=others, bytes=freed, busy=not idle)


def _whole(owner: str, refs: Collection[str]) -> set[str]:
    return {f"{PREFIX}{owner}/{ref}" for ref in refs}


def _away(store: Store, known: Sequence[Use], own: str, forgotten: Sequence[str]) -> set[str]:
    """Return the owners of which nothing is to stay; empty for the former format's.

    Raises:
        InputError: there is no such catalog in the store, or it is the one that is pruned.

    """
    owners = {owner_of(ref) for ref in store.refs()} | {use.owner for use in known}
    words = {owner or FORMER: owner for owner in owners if owner != own}
    problems = []
    for word in forgotten:
        if word not in words:
            message = f"no other catalog {word!r} is in the store"
            hint = nearest(word, list(words)) or f"there are: {', '.join(sorted(words)) or 'none'}"
            problems.append(Problem("--forget", 0, 0, message, hint))
    if problems:
        raise InputError(problems)
    return {words[word] for word in forgotten}


def _others(
    store: Store, known: Sequence[Use], gone: Collection[str], left_out: Collection[str]
) -> tuple[Other, ...]:
    """Return the other catalogs of which everything stays."""
    refs: dict[str, list[str]] = {}
    for ref in store.refs():
        if owner_of(ref) not in left_out:
            refs.setdefault(owner_of(ref), []).append(ref)
    loose = store.unreachable(without=gone) if refs else 0
    others = []
    for owner, names in sorted(refs.items()):
        last = max((use.last for use in known if use.owner == owner), default=0.0)
        size = store.unreachable(without={*gone, *names}) - loose
        others.append(Other(owner=owner or FORMER, refs=tuple(names), last=last, bytes=size))
    return tuple(others)
