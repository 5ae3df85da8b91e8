"""Rules about `mixes`: what they allow exists."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from builder.catalog.draft import Draft, repeated
from builder.catalog.suggest import nearest
from builder.errors import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """Yield globs that match no layer, and those that are written twice."""
    mixes = draft.catalog.mixes
    if mixes is None or not draft.sure("mixes"):
        return
    yield from repeated(draft.yaml, ("mixes", "layers"), mixes.layers)
    for index, glob in enumerate(mixes.layers):
        is_known = any(fnmatchcase(name, glob) for name in draft.known)
        # What upstream allows may be left out here.
        if is_known or not draft.all_known or draft.is_upstream("mixes", "layers", index):
            continue
        message = f"no layer is called {glob!r}"
        hint = nearest(glob, draft.known, what="layers")
        yield draft.yaml.problem(("mixes", "layers", index), message, hint)
