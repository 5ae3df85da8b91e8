"""Additions to a YAML file that a person keeps: every line that is there stays as it is.

ruamel.yaml tells where the document's nodes begin and end, and writes the new entry. The entry is
then inserted into the text, because writing the whole document again would change the quotes, the
spaces and the line breaks that its author chose.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

BLOCK_STYLES = {"|", ">"}
UNLIMITED = 1 << 20
"""Columns: an entry is one line, however long it is."""


class EditError(Exception):
    """The file is written in a way that cannot be added to. The message says why."""


class MissingError(EditError):
    """There is no such mapping yet."""


def with_entry(text: str, key: str, name: str, value: Mapping[str, object]) -> str:
    """Return a document whose mapping `key` has one more entry, the last one, in flow style.

    Raises:
        EditError: there is no mapping of this name, the entry is there already, or the document is
        written in a way that cannot be added to.

    """
    mapping = _mapping(text, key)
    if any(_is_named(node, name) for node, _ in mapping.value):
        raise EditError(f"{key} already has an entry {name!r}")
    entry = _written({name: _flow(value)}, flow=mapping.flow_style)
    if mapping.flow_style:
        edited = _into_flow(text, mapping, entry)
    else:
        edited = _into_block(text, mapping, entry)
    _verify(text, edited, key, {name: value})
    return edited


def with_item(text: str, key: str, name: str, item: str, items: Sequence[str]) -> str:
    """Return a document whose mapping `key` says `name: items`. Where it says a list of that name,
    that is all of them but `item`, which is their first or their last one.

    Raises:
        EditError: the document is written in a way that cannot be added to.

    """
    try:
        mapping = _mapping(text, key)
    except MissingError:
        newline = "\r\n" if "\r\n" in text else "\n"
        start = text if text.endswith("\n") else text + newline
        edited = f"{start}{_written({key: _flow({name: _list(items)})}, flow=False)}{newline}"
    else:
        there = [value for node, value in mapping.value if _is_named(node, name)]
        if there:
            edited = _into_list(text, there[0], item, is_first=items[0] == item)
        else:
            entry = _written({name: _list(items)}, flow=mapping.flow_style)
            into = _into_flow if mapping.flow_style else _into_block
            edited = into(text, mapping, entry)
    _verify(text, edited, key, {name: [*items]})
    return edited


def entry_line(name: str, value: Mapping[str, object]) -> str:
    """Return the line that `with_entry` adds to a mapping in block style."""
    return _written({name: _flow(value)}, flow=False)


def _mapping(text: str, key: str) -> MappingNode:
    """Return the node of a top-level mapping.

    Raises:
        MissingError: there is none of this name.
        EditError: it is no mapping, or the text is not YAML.

    """
    try:
        document = _yaml().compose(text)
    except YAMLError as error:
        raise EditError(f"it is not YAML: {error}") from None
    entries = document.value if isinstance(document, MappingNode) else []
    for name, value in entries:
        if _is_named(name, key):
            if isinstance(value, MappingNode):
                return value
            raise EditError(f"it has no mapping named {key!r}")
    raise MissingError(f"it has no mapping named {key!r}")


def _is_named(node: Node, name: str) -> bool:
    return isinstance(node, ScalarNode) and node.value == name


def _into_block(text: str, mapping: MappingNode, entry: str) -> str:
    """Insert an entry as a line of its own below the last one, with the same indentation."""
    lines = text.splitlines(keepends=True)
    first_key, _ = mapping.value[0]
    end = _end_of_entry(*mapping.value[-1])
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    indentation = " " * first_key.start_mark.column
    return "".join([*lines[:end], f"{indentation}{entry}{newline}", *lines[end:]])


def _end_of_entry(key: Node, value: Node) -> int:
    """Return the number of lines up to the end of an entry of a mapping."""
    # For YAML, an empty value may start on a later line.
    return _end(value if _has_text(value) else key)


def _has_text(node: Node) -> bool:
    return bool(node.start_mark.index < node.end_mark.index)


def _end(node: Node) -> int:
    """Return the number of lines up to the end of a node."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last) if isinstance(node, SequenceNode) else _end_of_entry(*last)
    is_block_scalar = isinstance(node, ScalarNode) and node.style in BLOCK_STYLES
    # The text of a block scalar ends where the next line begins.
    ends_before = is_block_scalar and node.end_mark.column == 0
    return int(node.end_mark.line) + (0 if ends_before else 1)


def _into_flow(text: str, mapping: MappingNode, entry: str) -> str:
    """Insert an entry behind the last one between the braces."""
    if not mapping.value:
        after = mapping.start_mark.index + 1
        return f"{text[:after]}{entry}{text[after:]}"
    key, value = mapping.value[-1]
    # An entry without a value ends behind its colon.
    after = value.end_mark.index if _has_text(value) else text.index(":", key.end_mark.index) + 1
    return f"{text[:after]}, {entry}{text[after:]}"


def _into_list(text: str, node: Node, item: str, *, is_first: bool) -> str:
    """Insert an item at an end of a list in flow style."""
    if not isinstance(node, SequenceNode) or not node.flow_style or not node.value:
        raise EditError("it has the list in another style than [a, b]")
    if is_first:
        before = node.value[0].start_mark.index
        return f"{text[:before]}{item}, {text[before:]}"
    after = node.value[-1].end_mark.index
    return f"{text[:after]}, {item}{text[after:]}"


def _list(items: Sequence[str]) -> CommentedSeq:
    made = CommentedSeq(items)
    made.fa.set_flow_style()
    return made


def _flow(value: Mapping[str, object]) -> CommentedMap:
    made = CommentedMap(value)
    made.fa.set_flow_style()
    return made


def _written(value: Mapping[str, object], *, flow: bool) -> str:
    """Return a mapping of one entry as YAML in one line, without braces around it."""
    stream = io.StringIO()
    document = CommentedMap(value)
    if flow:
        document.fa.set_flow_style()
    _yaml().dump(document, stream)
    line = stream.getvalue().removesuffix("...\n").strip()
    return line[1:-1] if flow else line


def _verify(before: str, after: str, key: str, entry: Mapping[str, object]) -> None:
    """Check that the new text reads as the old one with the entry added.

    Raises:
        EditError: it does not.

    """
    reader = YAML(typ="safe")
    wanted: Any = reader.load(before)
    wanted[key] = {**wanted.get(key, {}), **entry}
    try:
        same = reader.load(after) == wanted
    except YAMLError:
        same = False
    if not same:
        raise EditError(f"{key} is written in a way that cannot be added to")


def _yaml() -> YAML:
    made = YAML()
    made.width = UNLIMITED
    made.preserve_quotes = True
    return made
