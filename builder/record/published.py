"""The tags of a catalog's images as far as its lock tells them: what commands show without a
store.
"""

from __future__ import annotations

from collections.abc import Mapping

from builder.catalog.load import Loaded
from builder.graph.model import Graph
from builder.graph.tags import published
from builder.lock.file import read
from builder.lock.model import NAME


def tags_by_lock(
    loaded: Loaded, graph: Graph, digests: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Return the tags under which `push` publishes each image of a whole graph, its own first;
    those that name a digest only for the images in `digests`.

    Raises:
        InputError: the lock is wrong; see also `published`.

    """
    file = loaded.root / NAME
    lock = read(file) if file.exists() else None
    known = published(loaded, graph, lock, digests)
    return {name: [tag.text for tag in tags] for name, tags in known.items()}
