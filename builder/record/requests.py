"""What a layer asks for by name, with its place in layer.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.catalog.conditions import condition, holds
from builder.catalog.load import Loaded
from builder.catalog.packages import Maven, PackageList
from builder.catalog.reader import Key
from builder.graph.model import Cell
from builder.kinds.table import BY_NAME


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerRequest:
    """What a layer asks for by name, and where."""

    layer: str
    key: str
    word: str
    """As it is written, such as `numpy>=2`."""
    file: str
    line: int
    column: int


def requests(loaded: Loaded, cell: Cell, kind: str) -> list[LayerRequest]:
    """Return what a cell asks for of one kind, with its places in layer.yaml."""
    document = loaded.layer_sources[cell.name]
    key = BY_NAME[kind].key if kind in BY_NAME else ""
    asked: PackageList | Mapping[str, object] | Maven | None = (
        getattr(cell.layer, key) if key else ()
    )
    if isinstance(asked, Mapping):
        entries = _keys(key, asked)
    elif isinstance(asked, Maven):
        entries = _items((key, "artifacts"), asked.artifacts, cell)
    else:
        entries = _items((key,), asked or (), cell)
    made = []
    for path, word in entries:
        file, line, column = document.site(path, key=isinstance(asked, Mapping))
        made.append(
            LayerRequest(
                layer=cell.name,
                key=key,
                word=word,
                file=file,
                line=line,
                column=column,
            )
        )
    return made


def _items(
    key: tuple[Key, ...], asked: PackageList, cell: Cell
) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield the words of a list that hold at the cell's point, each with its place."""
    for index, entry in enumerate(asked):
        if isinstance(entry, str):
            yield (*key, index), entry
        elif holds(condition(entry.when), cell.point):
            for number, word in enumerate(entry.packages):
                yield (*key, index, "packages", number), word


def _keys(key: str, asked: Mapping[str, object]) -> Iterator[tuple[tuple[Key, ...], str]]:
    for word in asked:
        yield (key, word), word
