"""JSON, YAML and TOML of others: the only place that parses them, within limits of size and depth.

Catalogs and layers have a reader of their own, `builder.catalog.reader`, which knows the place of
every value; it keeps to the same limits.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pydantic_core
import yaml
import zstandard

MOST = 256 << 20
"""Bytes of a document."""
DEPTH = 100
"""How deep mappings and lists may be nested: what walks through them afterwards calls itself."""
MOST_EXPANDED = 100_000
"""How many values aliases may stand for in a document."""
Pairs = Callable[[list[tuple[str, Any]]], Any]
_PLACE = re.compile(r"(?P<why>.*) at line (?P<line>\d+) column (?P<column>\d+)", re.DOTALL)
_ONE_ERROR = re.compile(r"(?P<why>.*): line (?P<line>\d+) column (?P<column>\d+) \(char \d+\)")
# What constructors of YAML's own types raise for texts that are none: !!int, !!timestamp, …
_ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError)


class DocumentError(ValueError):
    """A text is not a document that can be read. `line` and `column` are 0 where it has no such
    place.
    """

    def __init__(self, why: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{why} (line {line}, column {column})" if line else why)
        self.why, self.line, self.column = why, line, column


def from_json(
    data: bytes | str,
    *,
    most: int = MOST,
    pairs: Pairs | None = None,
) -> Any:  # noqa: ANN401  JSON is what it is
    """Return the value of a JSON text; `pairs` makes an object of its entries.

    Raises:
        DocumentError: it is not JSON, too large or too deep, or has a number beyond reason.

    """
    _check_size(data, most)
    try:
        value = pydantic_core.from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise _json_error(str(error)) from None
    _check_depth(data, value)
    return json.loads(data, object_pairs_hook=pairs) if pairs else value


def with_any_bytes(data: bytes, *, most: int = MOST) -> Any:  # noqa: ANN401  JSON is what it is
    """Do the same for what this program wrote of names that are not UTF-8: halves of surrogates
    stand for their bytes, and other readers refuse them.

    Raises:
        DocumentError: see `from_json`.

    """
    _check_size(data, most)
    try:
        value = json.loads(data, parse_constant=_no_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _json_error(str(error)) from None
    _check_depth(data, value)
    return value


def from_toml(data: bytes | str, *, most: int = MOST) -> dict[str, Any]:
    """Return the table of a TOML document.

    Raises:
        DocumentError: it is not TOML, or too large or too deep.

    """
    _check_size(data, most)
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise DocumentError(f"is not TOML: {error}") from None
    _check_depth(data, value)
    return value


def unpacked(data: bytes, most: int = MOST) -> bytes:
    """Return what zstd packed.

    Raises:
        DocumentError: it is not packed so, or has more than `most` bytes.

    """
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as stream:
            plain = stream.read(most + 1)
    except zstandard.ZstdError as error:
        raise DocumentError(str(error)) from None
    _check_size(plain, most)
    return plain


def from_yaml(data: bytes | str, *, most: int = MOST) -> Any:  # noqa: ANN401  YAML is what it is
    """Return the value of a YAML document, None for an empty one.

    Raises:
        DocumentError: it is not YAML, not one document, too large or too deep, or its aliases stand
        for too much.

    """
    check_yaml(data, most=most)
    return _constructed(lambda: yaml.load(data, Loader=yaml.CSafeLoader))


def all_from_yaml(data: bytes | str, *, most: int = MOST) -> list[Any]:
    """Return the values of all YAML documents of a text. Raises as `from_yaml`."""
    check_yaml(data, most=most)
    values: list[Any] = _constructed(lambda: list(yaml.load_all(data, Loader=yaml.CSafeLoader)))
    return values


def check_yaml(data: bytes | str, *, most: int = MOST) -> None:
    """Look whether a YAML text is within the limits, before any loader makes values of it.

    Raises:
        DocumentError: it is not YAML, or beyond them.

    """
    _check_size(data, most)
    limits = _Limits()
    try:
        for event in _events(data):
            limits.take(event)
    except yaml.YAMLError as error:
        raise _yaml_error(error) from None
    except UnicodeDecodeError as error:
        raise DocumentError(f"is not UTF-8: byte 0x{error.object[error.start]:02x}") from None


class _Limits:
    """What was seen of a YAML text: how deep it is, and how large each anchor's value."""

    def __init__(self) -> None:
        self._open: list[tuple[str | None, int]] = []
        self._sizes: dict[str, int] = {}
        self._count = self._expanded = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._sizes = {}
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.ScalarEvent():
                self._count += 1
                if event.anchor:
                    self._sizes[event.anchor] = 1
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open.append((event.anchor, self._count))
                self._count += 1
                if len(self._open) > DEPTH:
                    raise _too_deep(*_mark(event.start_mark))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                anchor, before = self._open.pop()
                if anchor:
                    self._sizes[anchor] = self._count - before
            case _:
                pass

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = _mark(event.start_mark)
        size = self._sizes.get(event.anchor or "")
        if size is None:
            why = f"the alias *{event.anchor} has no anchor &{event.anchor} that ends before it"
            raise DocumentError(why, *place)
        self._count += size
        self._expanded += size
        if self._expanded > MOST_EXPANDED:
            raise DocumentError(f"aliases stand for more than {MOST_EXPANDED} values", *place)


def _events(data: bytes | str) -> Iterator[yaml.Event]:
    loader = yaml.CSafeLoader(data)
    try:
        while (event := loader.get_event()) is not None:
            yield event
            if isinstance(event, yaml.StreamEndEvent):
                return
    finally:
        loader.dispose()


def _constructed(load: Callable[[], Any]) -> Any:  # noqa: ANN401  YAML is what it is
    try:
        return load()
    except yaml.YAMLError as error:
        raise _yaml_error(error) from None
    except _ODD as error:
        raise DocumentError(f"a value is not of the type that it should be: {error}") from None


def _yaml_error(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    why = str(getattr(error, "problem", None) or error).splitlines()[0]
    return DocumentError(f"is not YAML: {why}", *_mark(mark))


def _mark(mark: Any) -> tuple[int, int]:  # noqa: ANN401  PyYAML has two
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _json_error(text: str) -> DocumentError:
    place = _PLACE.fullmatch(text) or _ONE_ERROR.fullmatch(text)
    if place is None:
        return DocumentError(f"is not JSON: {text}")
    line, column = int(place["line"]), int(place["column"])
    if "recursion" in place["why"]:
        return _too_deep(line, column)
    return DocumentError(f"is not JSON: {place['why'][:1].lower()}{place['why'][1:]}", line, column)


def _no_number(text: str) -> None:
    raise DocumentError(f"is not JSON: {text} is not a number")


def _check_size(data: bytes | str, most: int) -> None:
    if len(data) > most:
        size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most} bytes"
        raise DocumentError(f"has more than {size}")


def _check_depth(data: bytes | str, value: object) -> None:
    """Refuse what is too deep. A text with few brackets cannot be."""
    if isinstance(data, bytes):
        brackets = data.count(b"[") + data.count(b"{")
    else:
        brackets = data.count("[") + data.count("{")
    if brackets <= DEPTH:
        return
    level = [value]
    for _ in range(DEPTH + 1):
        level = list(_containers(level))
        if not level:
            return
    raise _too_deep()


def _containers(level: list[Any]) -> Iterator[object]:
    """Yield what is inside of containers, as far as it holds something itself."""
    for holder in level:
        inside = holder.values() if isinstance(holder, dict) else holder
        if isinstance(holder, dict | list):
            yield from (item for item in inside if item.__class__ in {dict, list})


def _too_deep(line: int = 0, column: int = 0) -> DocumentError:
    return DocumentError(f"is nested more than {DEPTH} deep", line, column)
