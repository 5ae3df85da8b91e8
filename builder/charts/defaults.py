"""What changed between two versions of values.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.charts.levels import ChangeKind


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One key whose default is new, gone or another one."""

    path: str
    """Keys, joined by dots."""
    kind: ChangeKind
    old: object = None
    new: object = None


def value_changes(
    old: Mapping[str, object], new: Mapping[str, object], path: str = ""
) -> Iterator[ValueChange]:
    """Yield the keys that differ, in the order of the new values; those that are gone come last.
    Lists are compared whole.
    """
    for name, value in new.items():
        here = f"{path}.{name}" if path else name
        if name not in old:
            yield ValueChange(here, "added", None, value)
            continue
        before = old[name]
        if isinstance(before, Mapping) and isinstance(value, Mapping) and before and value:
            yield from value_changes(before, value, here)
        elif before != value or isinstance(before, bool) != isinstance(value, bool):
            yield ValueChange(here, "changed", before, value)
    for name, value in old.items():
        if name not in new:
            yield ValueChange(f"{path}.{name}" if path else name, "removed", value)
