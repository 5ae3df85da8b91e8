"""From the layers that an engine wrote to a delta: one layer, purely additive, the same bytes every
time, and its facts.

    facts = normalise([tar, …], cell=…, key=…, ancestors=[Facts, …], store=store,
    built_since=seconds)

The blob is in the store then; `builder.cells.records.record` keeps the facts beside it. The layers
are those that the build put on the composed image of `ancestors` (see `builder.cells.compose`),
uncompressed, bottom first; for a bootstrapped cell, the whole root as one tar and no ancestors.
`built_since` is a time (seconds since 1970) that parts what packages bring, which is older, from
what the build writes. The start of the build would not do where an engine takes a step from its
cache.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from builder.cells.tree import LISTED, Conflict, agree, conflict_error, difference, merged, owner_of
from builder.debian import alternatives, mergers, packages
from builder.debian.environment import GENERATED
from builder.debian.model import Facts
from builder.debian.paths import volatile
from builder.debian.scan import CONFIGURATION, Item, Scan, content, scan
from builder.errors import BuilderError, listed
from builder.oci import layer, tar
from builder.oci.model import DIRECTORY, EPOCH, FILE, HARDLINK, Entry
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
    compression: tar.Compression = "zstd",
) -> Facts:
    """Squash the layers of a build into its delta, put that into the store, and return the facts.

    `replaces` are globs over absolute paths of ancestors that the cell may replace; they cannot be
    removed. `within` are absolute paths of the only files and trees that the cell may write, for
    one that also lies on other cells than these ancestors; none of them may have anything there.

    Raises:
        ConflictError: the build removed or changed what an ancestor holds; layer, path, owner and
        package are named. BuilderError: it wrote outside of `within`, or an ancestor holds what is
        there. IntegrityError: a layer is not a readable tar.
        BuilderError: the disk is full, or a hard link leads nowhere.

    """
    parents = merged(ancestors)
    before = mergers.files(ancestors)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(path.open("rb")) for path in layers]
        found = scan(streams, built_since=built_since)
        added = _bookkeeping(cell, before, found, ancestors)
        drop_generated(found, before)
        gone = _deleted(found, parents)
        _drop_equal(found, parents)
        if within:
            _confine(cell, [*found.items, *added], parents, within)
        replaced = {
            path: parents[path]
            for path in found.items.keys() & parents.keys()
            if _allowed(path, replaces)
        }
        clashing = {
            path: difference(found.items[path].entry, parents[path])
            for path in found.items.keys() & parents.keys() - replaced.keys()
        }
        _refuse(cell, ancestors, clashing, gone)
        entries = linked(found.items, _with_parents(found.items, parents))
        delta, diff_id, unpacked = layer.write(
            store, entries, lambda path: content(found.items[path], streams), compression
        )
    return Facts(
        cell=cell,
        key=key,
        delta=delta,
        diff_id=diff_id,
        unpacked=unpacked,
        packages=packages.by_kind(_told(found, entries), added.get(mergers.STATUS, "")),
        entries=entries,
        bookkeeping=added,
        texts={
            path: text
            for path, text in sorted(found.texts.items())
            if path in entries and CONFIGURATION.fullmatch(path)
        },
        libraries=tuple(
            sorted(
                (lib for lib in found.libraries if lib.path in entries), key=lambda lib: lib.path
            )
        ),
        owners=packages.owners(found.texts, entries),
        replaces=dict(sorted(replaced.items())),
    )


def _told(found: Scan, entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """Yield the packages that the delta's files tell of."""
    for path, packages_of_file in sorted(found.packages.items()):
        if path in entries:
            yield from packages_of_file


def _bookkeeping(
    cell: str, before: Mapping[str, str], found: Scan, below: Sequence[Facts]
) -> dict[str, str]:
    """Return the contributions of the build. The links of an alternative count only when they were
    set by hand.
    """
    databases = {**before, **found.bookkeeping}
    counted = {}
    for path, text in found.bookkeeping.items():
        name = path.removeprefix(alternatives.LINKS)
        if name == path or (
            alternatives.is_manual(databases.get(alternatives.DATABASE + name, "")) and text
        ):
            counted[path] = text
    return mergers.contributions(cell, before, counted, below)


def drop_generated(found: Scan, before: Mapping[str, str]) -> None:
    """Leave out what the seal makes anew: its own files, and the links of alternatives."""
    databases = {**before, **found.bookkeeping}
    links = {
        link
        for path, text in databases.items()
        if path.startswith(alternatives.DATABASE)
        for link in alternatives.managed(text)
    }
    for path in [path for path in found.items if path in GENERATED or path in links]:
        if path in GENERATED or found.items[path].entry.link.startswith("/" + alternatives.LINKS):
            del found.items[path]


def _drop_equal(found: Scan, parents: Mapping[str, Entry]) -> None:
    """Leave out what is as it was below: directories that only got a new time, files written again
    with the same bytes.
    """
    for path in [
        path
        for path, item in found.items.items()
        if path in parents and agree(item.entry, parents[path], times=False)
    ]:
        del found.items[path]


def _confine(cell: str, paths: Iterable[str], parents: Iterable[str], tops: Sequence[str]) -> None:
    """Raise BuilderError for paths outside of these trees that are no directory on the way there,
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
            f"{cell}, which is built once for several, writes outside of its `once.paths`:"
            f" {listed(strays, LISTED)}"
        )
        raise BuilderError(message, hint="name the path there, or clean up at the end of `run`")
    if held:
        message = (
            f"{held[0]}, in `once.paths` of {cell}, is of a layer below it, which is another one in"
            " other images"
        )
        raise BuilderError(message, hint="name what the layer adds itself, further down")


def _within(path: str, tops: Iterable[str]) -> bool:
    return any(f"/{path}" == top or f"/{path}".startswith(f"{top}/") for top in tops)


def _allowed(path: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(f"/{path}", glob) for glob in globs)


def _refuse(
    cell: str, ancestors: Sequence[Facts], clashing: Mapping[str, str], gone: Sequence[str]
) -> None:
    """Raise ConflictError when the build replaced (path -> how) or removed paths of its
    ancestors.
    """
    conflicts = [
        Conflict(path, cell, *owner_of(ancestors, path), f"replaces ({how}) a path of")
        for path, how in sorted(clashing.items())
    ]
    conflicts += [
        Conflict(path, cell, *owner_of(ancestors, path), "deletes a path of") for path in gone
    ]
    if conflicts:
        raise conflict_error(conflicts)


def _deleted(found: Scan, parents: Mapping[str, Entry]) -> list[str]:
    """Return the paths of the parents that the build removed and did not write again, only the
    topmost of each tree.
    """
    if not found.removed and not found.emptied:
        return []
    gone = []
    for path in parents:
        below = any(above in found.removed or above in found.emptied for above in _above(path))
        if (
            (path in found.removed or below)
            and path not in found.items
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
    """Return the entries of the delta, sorted, with every directory on the way to them: an engine
    that unpacks a layer alone needs those.
    """
    entries = {path: item.entry for path, item in items.items()}
    for path in items:
        for above in _above(path):
            if above in entries:
                break
            entries[above] = parents.get(above, Entry(DIRECTORY, 0o755, 0, 0, EPOCH))
    return dict(sorted(entries.items()))


def linked(items: Mapping[str, Item], entries: dict[str, Entry]) -> dict[str, Entry]:
    """Make hard links again of the files that shared their bytes: the first path holds them, the
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
