"""The events of a YAML parser to plain data and the position of every key and value."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from builder.catalog.scalars import in_words, scalar
from builder.errors import InputError, Problem

MAX_DEPTH = 60
MAX_EXPANDED = 100_000
"""How many values aliases may stand for in one document."""

Place = tuple[int, int]
"""Line and column, from 1."""
Key = str | int
"""A key of a mapping, or an index of a list."""
Keys = tuple[Key, ...]
"""The keys and indexes that lead to a value."""
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Spot:
    """Where a value is in a file. `text` is a scalar as written, if it is not a string; `keys` and
    `inside` are for the entries of a mapping or a list. `file` is what problems call the file: the
    parts of one document may come from several.
    """

    place: Place
    text: str = ""
    keys: dict[str, Place] = field(default_factory=dict)
    inside: dict[Key, Spot] = field(default_factory=dict)
    file: str = ""


# Scalars are most of a document, and share these.
_NO_KEYS: dict[str, Place] = {}
_NOTHING_INSIDE: dict[Key, Spot] = {}


class Reader:
    """Reads one document, once. `problems` holds everything that was wrong; `is_cut` tells whether
    something followed that was not read.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file, self.problems = file, list[Problem]()
        self.is_cut = False
        self._events = yaml.CSafeLoader(text)
        self._anchors: dict[str, tuple[object, Spot, int]] = {}
        self._count = 0
        self._expanded = 0

    def document(self) -> tuple[object, Spot]:
        """Return the data and its positions.

        Raises:
            yaml.YAMLError: it is not YAML.
            InputError: it is empty, nested too deeply, or has too many aliases.

        """
        self._next()
        if self._events.check_event(yaml.StreamEndEvent):
            self._refuse((0, 0), "is empty")
            raise InputError(self.problems)
        self._next()
        value, spot = self._node(self._next(), 0)
        self._next()
        if not self._events.check_event(yaml.StreamEndEvent):
            self.is_cut = True
            self._refuse(
                _start(self._next()),
                "a second document starts here; one was expected",
                "remove the line '---'",
            )
        if value is None:
            self._refuse((0, 0), "is empty")
        return value, spot

    def _next(self) -> yaml.Event:
        event = self._events.get_event()
        if event is None:
            raise yaml.YAMLError("it ends too early")
        return event

    def _refuse(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, *place, message, hint))

    def _node(self, event: yaml.Event, depth: int) -> tuple[object, Spot]:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._count
        self._count += 1
        if depth > MAX_DEPTH:
            self._refuse(_start(event), f"is nested more than {MAX_DEPTH} deep")
            raise InputError(self.problems)
        node: tuple[object, Spot]
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(event, depth)
        else:
            node = self._sequence(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = (*node, self._count - before)
        return node

    def _alias(self, event: yaml.AliasEvent) -> tuple[object, Spot]:
        place = _start(event)
        if event.anchor not in self._anchors:
            self._refuse(
                place,
                f"the alias *{event.anchor} has no anchor &{event.anchor} before it",
            )
            return None, Spot(place, file=self.file)
        value, spot, size = self._anchors[event.anchor]
        self._count += size
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            self._refuse(
                place,
                f"aliases stand for more than {MAX_EXPANDED} values",
                "write fewer aliases of aliases",
            )
            raise InputError(self.problems)
        return value, spot

    def _scalar(self, event: yaml.ScalarEvent) -> tuple[object, Spot]:
        place, text = _start(event), event.value
        if event.implicit[0]:
            value = scalar(text)
            return value, Spot(
                place,
                "" if value.__class__ is str else text,
                _NO_KEYS,
                _NOTHING_INSIDE,
                self.file,
            )
        if not event.implicit[1]:
            self._check_tag(event, "str")
        return text, Spot(place, "", _NO_KEYS, _NOTHING_INSIDE, self.file)

    def _check_tag(self, event: yaml.Event, allowed: str) -> None:
        tag = getattr(event, "tag", None)
        if tag not in {None, "!", _TAG + allowed}:
            self._refuse(
                _start(event),
                f"the tag {str(tag).replace(_TAG, '!!')!r} means nothing here",
                "remove it",
            )

    def _sequence(self, event: yaml.Event, depth: int) -> tuple[list[object], Spot]:
        self._check_tag(event, "seq")
        values, spot = list[object](), Spot(_start(event), file=self.file)
        while not isinstance(entry := self._next(), yaml.SequenceEndEvent):
            value, inner = self._node(entry, depth + 1)
            spot.inside[len(values)] = inner
            values.append(value)
        return values, spot

    def _mapping(self, event: yaml.Event, depth: int) -> tuple[dict[str, object], Spot]:
        self._check_tag(event, "map")
        values, spot = dict[str, object](), Spot(_start(event), file=self.file)
        merged = list[tuple[object, Spot]]()
        while not isinstance(entry := self._next(), yaml.MappingEndEvent):
            raw, at = self._node(entry, depth + 1)
            value, inner = self._node(self._next(), depth + 1)
            if raw == "<<" and isinstance(entry, yaml.ScalarEvent) and entry.implicit[0]:
                merged.append((value, inner))
                continue
            place = _start(entry)
            key = self._key(raw, at, place)
            if key in values:
                self._refuse(
                    place,
                    f"the key {key!r} is already at line {spot.keys[key][0]}",
                    "a key may appear only once; remove or rename one",
                )
                continue
            values[key], spot.keys[key], spot.inside[key] = value, place, inner
        for value, inner in merged:
            self._merge(values, spot, value, inner)
        return values, spot

    def _key(self, raw: object, spot: Spot, place: Place) -> str:
        if isinstance(raw, str):
            return raw
        if isinstance(raw, dict | list):
            self._refuse(
                place,
                f"{in_words(raw)} cannot be a key",
                "a key is a text; quote it if it contains braces or brackets",
            )
            return f"?{place}"
        self._refuse(
            place,
            f"a key must be a text, found {in_words(raw, spot.text)}",
            f'quote it: "{spot.text}"' if spot.text else "",
        )
        return spot.text

    def _merge(self, values: dict[str, object], spot: Spot, value: object, inner: Spot) -> None:
        """Add what `<<` merges: entries of one or more mappings whose keys are not there yet."""
        if isinstance(value, list):
            for index, part in enumerate(value):
                self._merge(values, spot, part, inner.inside[index])
        elif isinstance(value, dict):
            for key in [key for key in value if key not in values]:
                values[key], spot.keys[key], spot.inside[key] = (
                    value[key],
                    inner.keys[key],
                    inner.inside[key],
                )
        else:
            self._refuse(inner.place, f"'<<' merges mappings, found {in_words(value, inner.text)}")


def _start(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)
