"""What changed between two versions of values.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.charts.levels import ChangeKind


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One key that is new or gone, or has a different default."""

    path: str
    """Keys, joined by dots."""
    kind: ChangeKind
    old: object = None
    new: object = None


def value_changes(
    old: Mapping[str, object], new: Mapping[str, object], path: str = ""
) -> Iterator[ValueChange]:
    """Yield the keys that differ, in the order of the new values; those that are gone come last.
    Lists are compared as a whole.
    """
    prefix = f"{path}." if path else ""
    for name, after in new.items():
        here = f"{prefix}{name}"
        if name not in old:
            yield ValueChange(here, "added", None, after)
            continue
        before = old[name]
        if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
            yield from value_changes(before, after, here)
        elif _differ(before, after):
            yield ValueChange(here, "changed", before, after)
    for name, before in old.items():
        if name not in new:
            yield ValueChange(f"{prefix}{name}", "removed", before)


def _differ(before: object, after: object) -> bool:
    # In Python 1 == True, in YAML they differ.
    return before != after or isinstance(before, bool) != isinstance(after, bool)
