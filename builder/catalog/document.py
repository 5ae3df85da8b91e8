"""One YAML file to one value of the model; where something is wrong, the problems and as much of the value as can still be checked."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from builder.catalog import source, wording
from builder.catalog.reader import Spot, Step
from builder.catalog.source import Source
from builder.errors import InputError, Problem

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Generic[M]):
    """A file that was read. `value` is None when it says too little to check anything else."""

    source: Source
    value: M | None
    problems: tuple[Problem, ...] = ()
    whole: bool = True
    """Whether `value` is all that the file says."""


def read(path: Path, file: str, kind: type[M], *, parts: Sequence[str] = ()) -> Document[M]:
    """Read a file as a `kind`; problems call it `file`.

    A misspelt key is a problem, and then taken for the key that it is near to. A wrong entry of one of `parts` (keys of the
    document) is a problem, and then left out. So the rest can still be checked.
    """
    try:
        text = source.read(path, file)
    except InputError as error:
        return Document(source=Source(file, None, Spot((0, 0))), value=None, problems=error.problems, whole=False)
    try:
        return Document(source=text, value=wording.validate(text, kind))
    except ValidationError as error:
        problems = tuple(wording.problems(text, kind, error))
        return Document(source=text, value=_salvage(text, kind, error, parts), problems=problems, whole=False)


def _salvage(text: Source, kind: type[M], error: ValidationError, parts: Sequence[str]) -> M | None:
    data = copy.deepcopy(text.data)
    meant = dict(wording.misspelt(kind, text, error))
    for path, right in meant.items():
        _rename(data, path, right)
    for details in error.errors(include_url=False):
        path = wording.place(text, details["loc"])
        if path not in meant and len(path) > 1 and path[0] in parts:
            _blank(data, path[:2])
    try:
        return wording.validate_data(_compact(data, parts), kind)
    except ValidationError:
        return None


def _inside(data: Any, path: Sequence[Step]) -> Any:  # noqa: ANN401  plain data of any shape
    for step in path:
        data = data[step]
    return data


def _rename(data: object, path: Sequence[Step], right: str) -> None:
    mapping = _inside(data, path[:-1])
    if path[-1] in mapping and right not in mapping:
        mapping[right] = mapping.pop(path[-1])


def _blank(data: object, path: Sequence[Step]) -> None:
    """Mark an entry of a mapping or list as left out; positions of the others stay until `_compact`."""
    holder = _inside(data, path[:1])
    if isinstance(holder, dict):
        holder.pop(path[1], None)
    elif isinstance(holder, list) and isinstance(path[1], int):
        holder[path[1]] = None


def _compact(data: object, parts: Sequence[str]) -> object:
    if not isinstance(data, Mapping):
        return data
    return {
        key: [entry for entry in value if entry is not None] if key in parts and isinstance(value, list) else value for key, value in data.items()
    }
