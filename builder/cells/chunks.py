"""A delta as a few layers: which paths go into which.

The layers can be put on each other in their order, or in any other, and the result is that of the
one layer that has everything: a path that is no directory is in one of them alone, each has the
directories that lead to its paths, as the delta has them, and a hard link is where its target is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from builder.oci.model import DIRECTORY, HARDLINK, WHITEOUT, Entry

REST = 0
"""The number of the chunk, the first, with whiteouts and with what belongs to no package that the
lock has."""


def parts(
    entries: Mapping[str, Entry], origins: Mapping[str, str], grouping: Mapping[str, int]
) -> list[dict[str, Entry]]:
    """Return the entries of each layer of a delta, each sorted by path, in the order in which the
    layers lie on each other; none of them is empty.

    `origins` says what paths came with, `grouping` is the lock's: origin -> number of its chunk.
    What the lock does not know, as it is in an archive or a wheel that a layer unpacks, is with
    what belongs to no package: it moves with that archive.
    """
    if not entries:
        return []
    if not grouping:
        return [dict(entries)]
    chunks: dict[int, dict[str, Entry]] = {}
    for path, entry in entries.items():
        if entry.type == DIRECTORY:
            continue
        shared = entry.link if entry.type == HARDLINK else path
        origin = "" if entry.type == WHITEOUT else origins.get(shared, "")
        chunks.setdefault(grouping.get(origin, REST), {})[path] = entry
    led_to: set[str] = set()
    for number, chunk in chunks.items():
        above = _above(chunk, entries)
        chunks[number] = {**above, **chunk}
        led_to |= above.keys()
    empty = {
        path: entry
        for path, entry in entries.items()
        if entry.type == DIRECTORY and path not in led_to
    }
    if empty:
        chunks[REST] = {**chunks.get(REST, {}), **_above(empty, entries), **empty}
    return [dict(sorted(chunks[number].items())) for number in sorted(chunks)]


def _above(paths: Mapping[str, Entry], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the directories of a delta that lead to these paths. It has none for a whiteout alone:
    that is in a directory of what lies below.
    """
    above: dict[str, Entry] = {}
    for path in paths:
        top = path
        while (top := posixpath.dirname(top)) and top not in above and top not in paths:
            if top in entries:
                above[top] = entries[top]
    return above
