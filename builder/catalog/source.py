"""YAML text to plain data, and the position of every key and value in it.

Scalars are read by the core schema of YAML 1.2: `on` and `yes` are texts, dates are texts, 3.10 is a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from builder.errors import InputError, Problem

MAX_BYTES = 5 << 20
MAX_DEPTH = 60
MAX_EXPANDED = 100_000
"""How many values aliases may stand for in one document."""

Place = tuple[int, int]
"""Line and column, from 1."""
Step = str | int
Path_ = Sequence[Step]

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ODD = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)  # type: ignore[arg-type]
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Spot:
    """Where a value stands. `text` is a scalar as written, where it is not a text; a mapping has `keys`, a mapping or list `inside`."""

    place: Place
    text: str = ""
    keys: dict[str, Place] = field(default_factory=dict)
    inside: dict[Step, Spot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML document: `file` as problems name it, its data, and where everything stands."""

    file: str
    data: object
    spot: Spot

    def at(self, path: Path_, *, key: bool = False) -> Place:
        """Return the place of the value at `path`, of its key with `key`; of the nearest value around it when there is none."""
        spot, place = self.spot, self.spot.place
        for step in path:
            place = spot.keys.get(str(step), spot.place) if key else spot.place
            if step not in spot.inside:
                return spot.keys.get(str(step), spot.place)
            spot = spot.inside[step]
            place = place if key else spot.place
        return place

    def written(self, path: Path_) -> str:
        """Return a scalar that is not a text as it is written, or an empty text."""
        spot = self.spot
        for step in path:
            if step not in spot.inside:
                return ""
            spot = spot.inside[step]
        return spot.text

    def problem(self, path: Path_, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem with the value (or the key) at `path`."""
        return Problem(self.file, *self.at(path, key=key), message, hint)


def read(path: Path, file: str) -> Source:
    """Read a YAML file of at most 5 MiB; problems call it `file`.

    Raises:
        InputError: it cannot be read, is not UTF-8, or is not one sound YAML document; see `parse`.

    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([Problem(file, 0, 0, f"cannot be read: {error.strerror or error}")]) from None
    return parse(data, file)


def parse(data: bytes, file: str) -> Source:
    """Parse one YAML document.

    Raises:
        InputError: too big, not UTF-8, empty, not YAML, several documents, repeated keys, keys that are not texts,
            tags, aliases that refer to themselves or multiply beyond reason.

    """
    text = _text(data, file)
    reader = _Reader(file, text)
    try:
        value, spot = reader.document()
    except yaml.MarkedYAMLError as error:
        reader.problems.append(_syntax(error, file, text))
    except yaml.YAMLError as error:
        reader.problems.append(Problem(file, 0, 0, f"is not YAML: {error}"))
    else:
        if not reader.problems:
            return Source(file, value, spot)
    raise InputError(reader.problems)


def scalar(text: str) -> str | float | bool | None:
    """Return what a plain scalar means in YAML 1.2's core schema."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    first = text[0]
    if first not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        # Python refuses to read integers of thousands of digits; as floats they are refused like any other wrong number.
        return int(text) if len(text) <= 19 else float(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _ODD.fullmatch(text) else text


def found(value: object, written: str = "") -> str:
    """Return what a value is, in words: "the number 3.1", "a list"."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}" if written in {"", str(value)} else f"{written}, which YAML reads as the number {value}"
        case str():
            return f"the text {value if len(value) <= 60 else value[:57] + '...'!r}"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def _text(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError([Problem(file, 0, 0, f"is larger than {MAX_BYTES >> 20} MiB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = _place(before, len(before))
        raise InputError([Problem(file, *place, f"is not UTF-8: byte 0x{data[error.start]:02x}", "save the file as UTF-8")]) from None
    if bad := _UNREADABLE.search(text):
        place = _place(text, bad.start())
        raise InputError([Problem(file, *place, f"holds the control character U+{ord(bad[0]):04X}", "remove it")])
    return text


def _place(text: str, offset: int) -> Place:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _syntax(error: yaml.MarkedYAMLError, file: str, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    lines = text.splitlines()
    around = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in around[: len(around) - len(around.lstrip())] or "'\\t'" in str(error.problem):
        return Problem(file, line, around.find("\t") + 1, "a tab cannot indent YAML", "use spaces")
    what = f"{error.context}, {error.problem}" if error.context else str(error.problem)
    return Problem(file, line, column, f"is not YAML: {what}")


class _Reader:
    """Turns the parser's events into data and spots. One per document."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.problems = file, list[Problem]()
        self._events = yaml.CSafeLoader(text)
        self._anchors: dict[str, tuple[object, Spot, int]] = {}
        self._count = 0
        self._expanded = 0

    def document(self) -> tuple[object, Spot]:
        events = self._events
        events.get_event()
        if events.check_event(yaml.StreamEndEvent):
            self._refuse((0, 0), "is empty")
            raise InputError(self.problems)
        events.get_event()
        value, spot = self._node(events.get_event(), 0)
        events.get_event()
        if not events.check_event(yaml.StreamEndEvent):
            self._refuse(_start(events.get_event()), "a second document starts here; one was expected", "remove the line '---'")
        if value is None:
            self._refuse((0, 0), "is empty")
        return value, spot

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
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(event, depth)
        else:
            node = self._sequence(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = (*node, self._count - before)
        return node

    def _alias(self, event: yaml.AliasEvent) -> tuple[object, Spot]:
        place = _start(event)
        if event.anchor not in self._anchors:
            self._refuse(place, f"the alias *{event.anchor} has no anchor &{event.anchor} that ends before it")
            return None, Spot(place)
        value, spot, size = self._anchors[event.anchor]
        self._count += size
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            self._refuse(place, f"aliases stand for more than {MAX_EXPANDED} values", "write fewer aliases of aliases")
            raise InputError(self.problems)
        return value, spot

    def _scalar(self, event: yaml.ScalarEvent) -> tuple[object, Spot]:
        place, text = _start(event), event.value
        if event.implicit[0]:
            value = scalar(text)
            return value, Spot(place) if value.__class__ is str else Spot(place, text)
        if not event.implicit[1] and event.tag not in {None, "!", _TAG + "str"}:
            self._tag(event)
        return text, Spot(place)

    def _tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._refuse(_start(event), f"the tag {event.tag!r} means nothing here", "remove it")

    def _sequence(self, event: yaml.SequenceStartEvent, depth: int) -> tuple[list[object], Spot]:
        if event.tag not in {None, "!", _TAG + "seq"}:
            self._tag(event)
        values, spot = list[object](), Spot(_start(event))
        while not isinstance(event := self._events.get_event(), yaml.SequenceEndEvent):
            value, inner = self._node(event, depth + 1)
            spot.inside[len(values)] = inner
            values.append(value)
        return values, spot

    def _mapping(self, event: yaml.MappingStartEvent, depth: int) -> tuple[dict[str, object], Spot]:
        if event.tag not in {None, "!", _TAG + "map"}:
            self._tag(event)
        values, spot = dict[str, object](), Spot(_start(event))
        merged = list[tuple[object, Spot]]()
        while not isinstance(event := self._events.get_event(), yaml.MappingEndEvent):
            plain = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
            raw, at = self._node(event, depth + 1)
            value, inner = self._node(self._events.get_event(), depth + 1)
            place = _start(event)
            if raw == "<<" and plain:
                merged.append((value, inner))
                continue
            key = self._key(raw, at, place)
            if key in values:
                self._refuse(place, f"the key {key!r} is already at line {spot.keys[key][0]}", "a key stands once; remove or rename one")
                continue
            values[key], spot.keys[key], spot.inside[key] = value, place, inner
        for value, inner in merged:
            self._merge(values, spot, value, inner)
        return values, spot

    def _key(self, raw: object, spot: Spot, place: Place) -> str:
        if isinstance(raw, str):
            return raw
        if isinstance(raw, dict | list):
            self._refuse(place, f"{found(raw)} cannot be a key", "a key is a text; quote it when it holds braces or brackets")
            return f"?{place}"
        self._refuse(place, f"a key must be a text, found {found(raw, spot.text)}", f'quote it: "{spot.text}"' if spot.text else "")
        return spot.text

    def _merge(self, values: dict[str, object], spot: Spot, value: object, inner: Spot) -> None:
        if isinstance(value, list):
            for index, part in enumerate(value):
                self._merge(values, spot, part, inner.inside[index])
            return
        if not isinstance(value, dict):
            self._refuse(inner.place, f"'<<' merges mappings, found {found(value, inner.text)}")
            return
        for key in value:
            if key not in values:
                values[key], spot.keys[key], spot.inside[key] = value[key], inner.keys[key], inner.inside[key]


def _start(event: yaml.Event) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
