"""Whole filesystems in a comparable form: of a flat image built by an engine, of an export, of a
list of cells.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.cells.delta import drop_generated
from builder.cells.linked import linked
from builder.cells.tree import PathDifference, diff_filesystems, merged
from builder.debian import alternatives, mergers
from builder.debian.merger import Table
from builder.debian.model import Facts
from builder.debian.scan import scan
from builder.oci.model import Entry


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A filesystem without volatile files and those that the seal makes."""

    entries: Mapping[str, Entry]
    shared: Mapping[str, str]
    """Files that mergers own: path -> text."""


def of_layers(layers: Sequence[Path], *, built_since: int) -> Filesystem:
    """Return the filesystem that uncompressed layer tars (or one `docker export`) make, bottom
    first.

    Raises:
        IntegrityError: one of them is not a readable tar.

    """
    with contextlib.ExitStack() as stack:
        scanned = scan(
            [stack.enter_context(path.open("rb")) for path in layers], built_since=built_since
        )
    drop_generated(scanned, {})
    entries = linked(
        scanned.items, dict(sorted((path, item.entry) for path, item in scanned.items.items()))
    )
    return Filesystem(
        entries,
        {
            path: text
            for path, text in scanned.bookkeeping.items()
            if not path.startswith(alternatives.LINKS)
        },
    )


def of_cells(layers: Sequence[Facts]) -> Filesystem:
    """Return the filesystem that cells make together. Raises ConflictError as `compose` does."""
    shared = mergers.files(layers)
    return Filesystem(
        merged(layers),
        {path: text for path, text in shared.items() if not path.startswith(alternatives.LINKS)},
    )


def differences(one: Filesystem, other: Filesystem) -> list[PathDifference]:
    """Return where two filesystems differ, sorted: by path, and by key within the files that
    mergers own. Times are ignored.
    """
    return sorted(
        [*diff_filesystems(one.entries, other.entries), *_shared(one.shared, other.shared)]
    )


def _shared(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[PathDifference]:
    for path in one.keys() | other.keys():
        left, right = _table(path, one.get(path, "")), _table(path, other.get(path, ""))
        for key in left.keys() | right.keys():
            if left.get(key) != right.get(key):
                yield PathDifference(
                    f"{path} {key}", repr(left.get(key, "")), repr(right.get(key, ""))
                )


def _table(path: str, text: str) -> Table:
    merger = mergers.merger_of(path)
    return merger.finish(merger.parse(text)) if merger is not None else {}
