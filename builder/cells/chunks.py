"""A delta as a few layers: which paths go into which.

The layers can be put on each other in their order, or in any other, and the result is that of the
one layer that has everything: a path that is no directory is in one of them alone, each has the
directories that lead to its paths, as the delta has them, and a hard link is where its target is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from builder.digest import sha256
from builder.oci.model import DIRECTORY, HARDLINK, WHITEOUT, Entry

REST = 0
"""The number of the chunk, the first, with whiteouts and with what belongs to no package."""


def parts(
    entries: Mapping[str, Entry], origins: Mapping[str, str], grouping: Mapping[str, int]
) -> list[dict[str, Entry]]:
    """Return the entries of each layer of a delta, each sorted by path, in the order in which the
    layers lie on each other; none of them is empty.

    `origins` says what paths came with, `grouping` is the lock's: origin -> number of its chunk. An
    origin that it does not know, as the lock did not, goes where its name puts it.
    """
    if not entries:
        return []
    if not grouping:
        return [dict(entries)]
    numbers = sorted(set(grouping.values()))
    chunks: dict[int, dict[str, Entry]] = {}
    for path, entry in entries.items():
        if entry.type == DIRECTORY:
            continue
        shared = entry.link if entry.type == HARDLINK else path
        origin = "" if entry.type == WHITEOUT else origins.get(shared, "")
        number = _number(origin, grouping, numbers)
        chunks.setdefault(number, {})[path] = entry
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


def _number(origin: str, grouping: Mapping[str, int], numbers: list[int]) -> int:
    """Return the number of an origin's chunk."""
    if not origin:
        return REST
    if origin in grouping:
        return grouping[origin]
    return numbers[int(sha256(origin.encode())[:8], 16) % len(numbers)]


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
