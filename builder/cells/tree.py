"""Filesystems as mappings from path to entry: putting layers together, and telling how two
differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.debian.model import Facts
from builder.errors import ConflictError
from builder.oci.model import DIRECTORY, FILE, HARDLINK, SYMLINK, WHITEOUT, Entry

LISTED = 20
"""Conflicts named in one message."""


@dataclass(frozen=True, slots=True, order=True)
class PathDifference:
    """One path at which two filesystems differ; a side without the path is empty."""

    path: str
    one: str
    other: str

    def __str__(self) -> str:
        """`/path: one | other`."""
        return f"/{self.path}: {self.one or 'absent'} | {self.other or 'absent'}"


@dataclass(frozen=True, slots=True)
class PathConflict:
    """A path on which two layers disagree."""

    path: str
    layer: str
    other: str
    package: str
    """Owner of the path; empty if none is known."""
    what: str

    def __str__(self) -> str:
        """Return a sentence that names the layers, the path and the Debian package that owns it."""
        owner = f", of Debian package {self.package}" if self.package else ""
        return f"/{self.path}: {self.layer} {self.what} {self.other}{owner}"


def agree(one: Entry, other: Entry, *, times: bool = True) -> bool:
    """Tell whether two entries are the same to a user of the file system, whether they are hard
    links or not.
    """
    if one == other:
        return True
    if one.type != other.type and not {one.type, other.type} <= {FILE, HARDLINK}:
        return False
    same = (
        one[1:4] == other[1:4]
        and one.xattrs == other.xattrs
        and (one.mtime == other.mtime or not times or one.type == DIRECTORY)
    )
    if one.type in {FILE, HARDLINK}:
        return same and (one.size, one.digest) == (other.size, other.digest)
    return same and one.link == other.link


def merged(layers: Sequence[Facts]) -> dict[str, Entry]:
    """Return the tree that these layers make together, in any order.

    Raises:
        ConflictError: two of them disagree on a path.

    """
    tree = stacked(layers)
    for path in [path for path, entry in tree.items() if entry.type == WHITEOUT]:
        del tree[path]
    return tree


def stacked(layers: Sequence[Facts]) -> dict[str, Entry]:
    """Return the tree as `merged` does, with a whiteout at each path that a layer deletes.

    Raises:
        ConflictError: two of them disagree on a path.

    """
    tree: dict[str, Entry] = {}
    contested: set[str] = set()
    for facts in layers:
        for path, entry in facts.entries.items():
            there = tree.setdefault(path, entry)
            if there is not entry and there != entry and not agree(there, entry):
                contested.add(path)
    clashes: list[PathConflict] = []
    for path in sorted(contested):
        winner = _winner(layers, path)
        if winner is None:
            clashes.append(_clash(layers, path))
        else:
            tree[path] = winner
    clashes += _hidden(layers, tree)
    if clashes:
        raise conflict_error(clashes)
    return tree


def _winner(layers: Sequence[Facts], path: str) -> Entry | None:
    """Return the entry of a path that replaced all others; None if there is no such entry.

    A cell can replace only what it stands on: beside any other layer, the result would depend on
    the order of the two.
    """
    holding = [facts for facts in layers if path in facts.entries]
    standing: list[Entry] = []
    for facts in holding:
        entry = facts.entries[path]
        if _replaced(facts, path, holding) or any(agree(entry, other) for other in standing):
            continue
        standing.append(entry)
    return standing[0] if len(standing) == 1 else None


def _replaced(facts: Facts, path: str, holding: Sequence[Facts]) -> bool:
    """Tell whether a layer that stands on this one replaced its entry of a path."""
    entry = facts.entries[path]
    for other in holding:
        replaced = other.replaces.get(path)
        if replaced is not None and facts.cell in other.on and agree(replaced, entry):
            return True
    return False


def _hidden(layers: Sequence[Facts], tree: dict[str, Entry]) -> list[PathConflict]:
    """Remove from the tree what is in deleted directories; return a conflict for each path there
    that the deleting layer does not stand on.
    """
    conflicts: list[PathConflict] = []
    for facts in layers:
        tops = [path for path, entry in facts.replaces.items() if _ends(facts, path, entry)]
        if not tops:
            continue
        for path in [path for path in tree if _below_one(path, tops)]:
            holding = [other for other in layers if path in other.entries]
            others = [other for other in holding if other.cell not in facts.on]
            if path in facts.replaces and not others:
                del tree[path]
            else:
                conflicts.append(_deleted_by(facts, path, (others or holding)[0]))
    return conflicts


def _ends(facts: Facts, path: str, replaced: Entry) -> bool:
    """Tell whether a layer replaced a directory by something else."""
    entry = facts.entries.get(path)
    return replaced.type == DIRECTORY and entry is not None and entry.type != DIRECTORY


def _below_one(path: str, tops: Sequence[str]) -> bool:
    return any(path.startswith(f"{top}/") for top in tops)


def _deleted_by(deleting: Facts, path: str, holder: Facts) -> PathConflict:
    package = holder.owners.get(path, "")
    return PathConflict(
        path, deleting.cell, holder.cell, package, "deletes its directory, a path of"
    )


def conflict_error(conflicts: Sequence[PathConflict], *, below: bool = False) -> ConflictError:
    """Return the error that names these conflicts, the first twenty in full. `below` tells
    whether they are with layers that the layer stands on.
    """
    lines = [str(conflict) for conflict in conflicts[:LISTED]]
    if len(conflicts) > LISTED:
        lines.append(f"… and {len(conflicts) - LISTED} more paths")
    hint = (
        "let only one layer write the path: move that into a layer that both stand on, or let one"
        " stand on the other"
    )
    if below:
        hint = (
            "leave the path unchanged, or add it to `replaces`; if both layers install the same,"
            " leave that to the layer below"
        )
    return ConflictError("\n".join(lines), hint=hint)


def owner_of(layers: Sequence[Facts], path: str) -> tuple[str, str]:
    """Return the cell of these layers whose entry of a path is the one that counts, and the Debian
    package that owns it there (or empty).
    """
    facts = held_by(layers, path)
    return (facts.cell, facts.owners.get(path, "")) if facts is not None else ("", "")


def held_by(layers: Sequence[Facts], path: str) -> Facts | None:
    """Return the layer, of these, bottom first, whose entry of a path counts; None if none has the
    path.
    """
    holding = [facts for facts in layers if path in facts.entries]
    return next(
        (facts for facts in reversed(holding) if path in facts.replaces),
        holding[0] if holding else None,
    )


def held_twice(layers: Sequence[Facts]) -> dict[tuple[str, str], int]:
    """Return (cell, other cell) -> bytes of files that both have; pairs that share nothing are left
    out.
    """
    shared_bytes: dict[tuple[str, str], int] = {}
    for index, facts in enumerate(layers):
        files = {
            path: entry
            for path, entry in facts.entries.items()
            if entry.type == FILE and entry.size
        }
        for other in layers[:index]:
            shared = other.entries.keys() & files.keys()
            size = sum(
                files[path].size
                for path in shared
                if other.entries[path].digest == files[path].digest
            )
            if size:
                shared_bytes[other.cell, facts.cell] = size
    return shared_bytes


def diff_filesystems(
    one: Mapping[str, Entry], other: Mapping[str, Entry], *, times: bool = False
) -> list[PathDifference]:
    """Return the paths at which two trees differ, sorted. Times count only if asked for."""
    return sorted(_differences(one, other, times=times))


def _differences(
    one: Mapping[str, Entry], other: Mapping[str, Entry], *, times: bool
) -> Iterator[PathDifference]:
    for path in one.keys() | other.keys():
        left, right = one.get(path), other.get(path)
        if left is None or right is None or not agree(left, right, times=times):
            yield PathDifference(path, describe(left), describe(right))


def describe(entry: Entry | None) -> str:
    """Return an entry in a few words; empty for none."""
    if entry is None:
        return ""
    what = {
        FILE: f"{entry.size} B {entry.digest[:12]}",
        HARDLINK: f"{entry.size} B {entry.digest[:12]}",
        SYMLINK: f"-> {entry.link}",
    }
    return (
        f"{entry.type} {entry.mode:04o} {entry.uid}:{entry.gid} {what.get(entry.type, '')}".rstrip()
    )


def difference(one: Entry, other: Entry) -> str:
    """Return what differs between two entries that do not agree, in a few words."""
    if WHITEOUT in {one.type, other.type}:
        return "deleted" if one.type == WHITEOUT else "not deleted"
    if one.type != other.type and not {one.type, other.type} <= {FILE, HARDLINK}:
        return f"{one.type} instead of {other.type}"
    if one.digest != other.digest:
        return "different bytes"
    if one.link != other.link and one.type not in {FILE, HARDLINK}:
        return f"link to {one.link} instead of {other.link}"
    if one[1:4] != other[1:4]:
        return (
            f"mode and owner {one.mode:04o} {one.uid}:{one.gid} instead of {other.mode:04o}"
            f" {other.uid}:{other.gid}"
        )
    return "different times" if one.xattrs == other.xattrs else "different extended attributes"


def _clash(layers: Sequence[Facts], path: str) -> PathConflict:
    """Return the conflict of the first two layers that disagree on a path."""
    holding = [facts for facts in layers if path in facts.entries]
    one = holding[0]
    other = next(o for o in holding if not agree(o.entries[path], one.entries[path]))
    package = other.owners.get(path) or one.owners.get(path, "")
    what = f"disagrees ({difference(other.entries[path], one.entries[path])}) with"
    return PathConflict(path, other.cell, one.cell, package, what)
