"""From the layers that an engine wrote to a delta and its facts: a delta only adds, except for what
`replaces` allows, and has the same bytes every time.

    facts = normalise([tar, …], cell=…, key=…, ancestors=[Facts, …], store=store,
    built_since=seconds)

The blob is then in the store; `builder.cells.records.record` stores the facts beside it. The layers
are those that the build put on the composed image of `ancestors` (see `builder.cells.compose`),
uncompressed, bottom first; for a bootstrapped cell, the whole root as one tar and no ancestors.
`built_since` is a time (seconds since 1970): files of packages are older, files that the build
writes are not. It is not the start of the build, because an engine may take a step from its cache.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import IO

from builder.cells import chunks
from builder.cells.derived import derived
from builder.cells.linked import linked
from builder.cells.origins import origins
from builder.cells.tree import (
    LISTED,
    PathConflict,
    agree,
    conflict_error,
    difference,
    owner_of,
    stacked,
)
from builder.debian import alternatives, mergers
from builder.debian.environment import GENERATED
from builder.debian.model import Facts
from builder.debian.paths import volatile
from builder.debian.scan import Item, Scan, content, scan
from builder.errors import BuilderError, listed
from builder.oci import layer, tar
from builder.oci.model import DIRECTORY, EPOCH, WHITEOUT, Entry
from builder.oci.store import Store


def normalise(
    layers: Sequence[Path],
    *,
    cell: str,
    key: str,
    ancestors: Sequence[Facts],
    store: Store,
    built_since: int,
    replaces: Sequence[str] = (),
    within: Sequence[str] = (),
    grouping: Mapping[str, int] | None = None,
    compression: tar.Compression = "zstd",
) -> Facts:
    """Squash the layers of a build into its delta, put that into the store, and return the facts.

    `replaces` are globs over absolute paths of ancestors that the cell may replace or delete.
    `within` are absolute paths: the only files and trees that a cell may write if it also lies on
    other cells than these ancestors. The ancestors may not have anything there.
    `grouping` says which packages share a layer of the delta (see `builder.lock.chunks`); without
    one, the delta is a single layer.

    Raises:
        ConflictError: the build removed or changed a path of an ancestor; names layer, path, owner
        and package.
        BuilderError: it wrote outside of `within`, or an ancestor has a path there; or it made a
        file whose name means a deletion.
        IntegrityError: a layer is not a readable tar.
        BuilderError: the disk is full, or a hard link leads nowhere.

    """
    below = stacked(ancestors)
    parents = {path: entry for path, entry in below.items() if entry.type != WHITEOUT}
    before = mergers.files(ancestors)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(path.open("rb")) for path in layers]
        scanned = scan(streams, built_since=built_since)
        _refuse_names(cell, scanned, {*parents, *before, *_managed(before)})
        added = _bookkeeping(cell, before, scanned, ancestors)
        drop_generated(scanned, before)
        gone = _deleted(scanned, parents)
        _drop_equal(scanned, parents)
        if within:
            _confine(cell, [*scanned.items, *gone, *added], parents, within)
        _refuse(cell, ancestors, scanned, below, gone, replaces=replaces)
        replaced = _replaced(scanned, parents, gone)
        entries = linked(scanned.items, _with_parents(scanned.items, parents))
        for top in gone:
            entries[top] = Entry(WHITEOUT, 0, 0, 0, EPOCH)
        entries = dict(sorted(entries.items()))
        told = derived(scanned, entries, added)
        bytes_of = partial(_content, scanned, streams)
        status = added.get(mergers.STATUS, "")
        found = origins(scanned, entries, told.owners, status, bytes_of) if grouping else {}
        delta = tuple(
            layer.write(store, part, bytes_of, compression)
            for part in chunks.parts(entries, found, grouping or {})
        )
    return Facts(
        cell=cell,
        key=key,
        delta=delta,
        packages=told.packages,
        entries=entries,
        bookkeeping=added,
        texts=told.texts,
        libraries=told.libraries,
        owners=told.owners,
        on=tuple(facts.cell for facts in ancestors),
        replaces=replaced,
    )


def _content(scanned: Scan, streams: Sequence[IO[bytes]], path: str) -> Iterator[bytes]:
    return content(scanned.items[path], streams)


def _replaced(scanned: Scan, parents: Mapping[str, Entry], gone: Sequence[str]) -> dict[str, Entry]:
    """Return the entries of ancestors that the build replaced or deleted, sorted by path; if a
    directory became something else, with all that was in it.
    """
    replaced = {path: parents[path] for path in scanned.items.keys() & parents.keys()}
    tops = list(gone)
    for path, entry in replaced.items():
        if entry.type == DIRECTORY and scanned.items[path].entry.type != DIRECTORY:
            tops.append(path)
    for top in tops:
        for path, entry in parents.items():
            if path == top or path.startswith(f"{top}/"):
                replaced[path] = entry
    return dict(sorted(replaced.items()))


def _refuse_names(cell: str, scanned: Scan, known: Collection[str]) -> None:
    """Raise BuilderError for files whose names mean deletions in a layer: an engine that unpacks it
    would delete something, or nothing, but never write the file.
    """
    strays = set(scanned.named)
    for path in scanned.foreign:
        dropped = volatile(path) or volatile(f"{path}/")
        made_by_seal = path in GENERATED or mergers.merger_of(path) is not None
        if path not in known and not made_by_seal and not dropped:
            directory, name = posixpath.split(path)
            strays.add(posixpath.join(directory, tar.WHITEOUT_PREFIX + name))
    if strays:
        listing = listed([f"/{path}" for path in sorted(strays)], LISTED)
        message = f"{cell} makes files whose names mean deletions in a layer: {listing}"
        raise BuilderError(message, hint=f"no file may begin with {tar.WHITEOUT_PREFIX!r}")


def _bookkeeping(
    cell: str, before: Mapping[str, str], scanned: Scan, below: Sequence[Facts]
) -> dict[str, str]:
    """Return the contributions of the build. The links of an alternative count only if they were
    set by hand.
    """
    databases = {**before, **scanned.bookkeeping}
    counted = {}
    for path, text in scanned.bookkeeping.items():
        name = path.removeprefix(alternatives.LINKS)
        if name == path or (
            alternatives.is_manual(databases.get(alternatives.DATABASE + name, "")) and text
        ):
            counted[path] = text
    return mergers.contributions(cell, before, counted, below)


def drop_generated(scanned: Scan, before: Mapping[str, str]) -> None:
    """Drop what the seal makes: its own files, and the links of alternatives."""
    links = _managed({**before, **scanned.bookkeeping})
    for path in [path for path in scanned.items if path in GENERATED or path in links]:
        if path in GENERATED or scanned.items[path].entry.link.startswith("/" + alternatives.LINKS):
            del scanned.items[path]


def _managed(bookkeeping: Mapping[str, str]) -> set[str]:
    """Return the paths of the links that alternatives make."""
    links: set[str] = set()
    for path, text in bookkeeping.items():
        if path.startswith(alternatives.DATABASE):
            links.update(alternatives.managed(text))
    return links


def _drop_equal(scanned: Scan, parents: Mapping[str, Entry]) -> None:
    """Drop what is unchanged: directories with a new time, files rewritten with the same bytes."""
    for path in [
        path
        for path, item in scanned.items.items()
        if path in parents and agree(item.entry, parents[path], times=False)
    ]:
        del scanned.items[path]


def _confine(cell: str, paths: Iterable[str], parents: Iterable[str], tops: Sequence[str]) -> None:
    """Raise BuilderError for paths outside of these trees, except the directories that lead there,
    and for parents' paths inside.
    """
    strays = sorted(
        f"/{path}"
        for path in paths
        if not _within(path, tops) and not any(top.startswith(f"/{path}/") for top in tops)
    )
    held = sorted(f"/{path}" for path in parents if _within(path, tops))
    if strays:
        message = (
            f"{cell}, which is built once for several points, writes outside its `once.paths`:"
            f" {listed(strays, LISTED)}"
        )
        raise BuilderError(message, hint="add the path there, or remove it at the end of `run`")
    if held:
        message = (
            f"{held[0]}, in `once.paths` of {cell}, belongs to a cell below it, which other"
            " images do not have"
        )
        raise BuilderError(message, hint="give longer paths, to what only this layer adds")


def _within(path: str, tops: Iterable[str]) -> bool:
    return any(f"/{path}" == top or f"/{path}".startswith(f"{top}/") for top in tops)


def _allowed(path: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(f"/{path}", glob) for glob in globs)


def _refuse(
    cell: str,
    ancestors: Sequence[Facts],
    scanned: Scan,
    below: Mapping[str, Entry],
    gone: Sequence[str],
    *,
    replaces: Sequence[str],
) -> None:
    """Raise ConflictError if the build replaced or deleted paths of its ancestors without
    permission, or wrote into a directory that one of them deletes.
    """
    conflicts: list[PathConflict] = []
    whiteouts = {path for path, entry in below.items() if entry.type == WHITEOUT}
    for path, item in sorted(scanned.items.items()):
        top = next((top for top in (path, *_above(path)) if top in whiteouts), None)
        if top is not None:
            owner, _ = owner_of(ancestors, top)
            conflicts.append(
                PathConflict(path, cell, owner, "", f"writes below /{top}, deleted by")
            )
        elif path in below and not _allowed(path, replaces):
            what = f"replaces ({difference(item.entry, below[path])}) a path of"
            conflicts.append(PathConflict(path, cell, *owner_of(ancestors, path), what))
    for path in gone:
        if not _allowed(path, replaces):
            what = "deletes a path of"
            conflicts.append(PathConflict(path, cell, *owner_of(ancestors, path), what))
    if conflicts:
        raise conflict_error(conflicts, below=True)


def _deleted(scanned: Scan, parents: Mapping[str, Entry]) -> list[str]:
    """Return the paths of the parents that the build removed and did not write again; of each tree,
    only the topmost path.
    """
    if not scanned.removed and not scanned.emptied:
        return []
    gone = []
    for path in parents:
        below = any(above in scanned.removed or above in scanned.emptied for above in _above(path))
        if (
            (path in scanned.removed or below)
            and path not in scanned.items
            and not volatile(path)
            and path not in GENERATED
        ):
            gone.append(path)
    listed = set(gone)
    return sorted(path for path in gone if not any(above in listed for above in _above(path)))


def _above(path: str) -> Iterable[str]:
    while path := posixpath.dirname(path):
        yield path


def _with_parents(items: Mapping[str, Item], parents: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of the delta, sorted, with all their parent directories: an engine that
    unpacks a single layer needs these.
    """
    entries = {path: item.entry for path, item in items.items()}
    for path in items:
        for above in _above(path):
            if above in entries:
                break
            entries[above] = parents.get(above, Entry(DIRECTORY, 0o755, 0, 0, EPOCH))
    return dict(sorted(entries.items()))
