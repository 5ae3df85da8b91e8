"""Text to values, and JSON pointers back to lines and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from builder.documents import DocumentError, check_yaml, from_json

Position = tuple[int, int]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class _Core(yaml.CSafeLoader):
    """YAML 1.2 as the web application reads it: `yes` and `on` are strings."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  PyYAML's way


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    ("merge", r"^<<$", "<"),
):
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def parse_json(text: str) -> tuple[object, str, Position]:
    """Return the document, or None with what is wrong and where."""
    try:
        return from_json(text), "", (0, 0)
    except DocumentError as error:
        return None, error.why.removeprefix("is "), (error.line or 1, error.column or 1)


def parse_yaml(text: str) -> tuple[object, str, Position]:
    """Return the document (None for an empty one), or None with what is wrong and where; a repeated
    key is an error.
    """
    try:
        check_yaml(text)
        loader = _Core(text)
    except DocumentError as error:
        return None, error.why.removeprefix("is "), (error.line or 1, error.column or 1)
    except yaml.YAMLError as error:
        return None, f"not YAML: {error}", (1, 1)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, "", (0, 0)
        for key in _repeated(root):
            return (
                None,
                f"the key {key.value!r} is repeated",
                (key.start_mark.line + 1, key.start_mark.column + 1),
            )
        return loader.construct_document(root), "", (0, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, f"not YAML: {getattr(error, 'problem', None) or error}", where
    except ValueError as error:
        return None, f"not YAML: a value is not of its type: {error}", (1, 1)
    finally:
        loader.dispose()


def json_positions(text: str) -> dict[str, Position]:
    """Return where each node of a JSON document starts, by pointer; a member starts at its key. The
    text must be valid.
    """
    tokens = [(match.group(), match.start()) for match in _TOKEN.finditer(text)]
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, int] = {}
    _scan(tokens, 0, "", places)
    positions: dict[str, Position] = {}
    line = 0
    for pointer, offset in sorted(places.items(), key=lambda place: place[1]):
        while line + 1 < len(lines) and lines[line + 1] <= offset:
            line += 1
        positions[pointer] = (line + 1, offset - lines[line] + 1)
    return positions


def yaml_positions(text: str) -> dict[str, Position]:
    """Return where each node of a YAML document starts, by pointer; a member starts at its key."""
    root = yaml.compose(text, Loader=_Core)
    return dict(_walk(root, "", (1, 1))) if root is not None else {}


def join(pointer: str, *keys: str) -> str:
    """Return the pointer to a member."""
    return pointer + "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _scan(tokens: list[tuple[str, int]], index: int, pointer: str, places: dict[str, int]) -> int:
    """Record where the value at `index` and all below it start; return the index after it."""
    opening, offset = tokens[index]
    places.setdefault(pointer, offset)
    index += 1
    if opening not in {"{", "["}:
        return index
    count = 0
    while tokens[index][0] not in {"}", "]"}:
        if opening == "{":
            below = join(pointer, from_json(tokens[index][0]))
            places[below] = tokens[index][1]
            index += 2
        else:
            below = join(pointer, str(count))
        index = _scan(tokens, index, below, places)
        index += tokens[index][0] == ","
        count += 1
    return index + 1


def _walk(node: yaml.Node, pointer: str, position: Position) -> Iterator[tuple[str, Position]]:
    yield pointer, position
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, join(pointer, str(key.value)), _start(key))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, join(pointer, str(index)), _start(value))


def _start(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _repeated(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield the keys that repeat an earlier one of the same mapping."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                yield key
            seen.add(key.value)
        below = [value for _, value in node.value]
    else:
        below = node.value if isinstance(node, yaml.SequenceNode) else []
    for value in below:
        yield from _repeated(value)
