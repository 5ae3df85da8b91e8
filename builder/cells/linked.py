"""Hard links of a delta: paths that share their bytes."""

from __future__ import annotations

from collections.abc import Mapping

from builder.debian.scan import Item
from builder.oci.model import FILE, HARDLINK, Entry


def linked(items: Mapping[str, Item], entries: dict[str, Entry]) -> dict[str, Entry]:
    """Turn files that shared their bytes into hard links again: the first path has the bytes, the
    others link to it.
    """
    first: dict[tuple[int, int], str] = {}
    for path, entry in entries.items():
        if entry.type != FILE or not entry.size:
            continue
        item = items[path]
        target = first.setdefault((item.layer, item.offset), path)
        if target != path:
            entries[path] = entry._replace(type=HARDLINK, link=target)
    return entries
