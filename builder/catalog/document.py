"""One YAML file to one value of the model; where something is wrong, the problems and as much of
the value as can still be checked.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from builder.catalog import source, wording
from builder.catalog.reader import Spot, Step
from builder.catalog.source import Source
from builder.errors import InputError, Problem

M = TypeVar("M", bound=BaseModel)
ROUNDS = 4
"""How often a file is corrected and looked at again: each may show problems below the last
one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Generic[M]):
    """A file that was read. `value` is None when it says too little to check anything else."""

    source: Source
    value: M | None
    problems: tuple[Problem, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether `value` is all that the file says."""
        return not self.problems


def read(path: Path, file: str, kind: type[M], *, parts: Sequence[str] = ()) -> Document[M]:
    """Read a file as a `kind`; problems call it `file`.

    A misspelt key is a problem, and then taken for the key that it is near to. A wrong entry of one
    of `parts` (keys of the document) is a problem, and then left out. So the rest can still be
    checked.
    """
    try:
        text = source.read(path, file)
    except InputError as error:
        return Document(
            source=Source(file, None, Spot((0, 0))), value=None, problems=error.problems
        )
    problems: dict[Problem, None] = {}
    for _ in range(ROUNDS):
        try:
            return Document(
                source=text, value=wording.validate(text, kind), problems=tuple(problems)
            )
        except ValidationError as error:
            problems.update(dict.fromkeys(wording.problems(text, kind, error)))
            text = _corrected(text, kind, error, parts)
    return Document(source=text, value=None, problems=tuple(problems))


def _corrected(
    text: Source, kind: type[BaseModel], error: ValidationError, parts: Sequence[str]
) -> Source:
    """Return the document with misspelt keys as they are meant, and without the parts that are
    wrong otherwise.
    """
    better = copy.deepcopy(text)
    meant = wording.misspelt(kind, text, error)
    wrong = {
        path[:2]
        for path in (wording.place(text, one["loc"]) for one in error.errors(include_url=False))
        if path not in meant and len(path) > 1
    }
    for path, right in meant.items():
        _rename(better, path, right)
    # From the end, so that what is left out of a list does not move what is still to be left out.
    for part in sorted((part for part in wrong if part[0] in parts), key=_position, reverse=True):
        _leave_out(better, part)
    return better


def _position(path: tuple[Step, ...]) -> tuple[str, int]:
    return str(path[0]), path[1] if isinstance(path[1], int) else 0


def _inside(text: Source, path: Sequence[Step]) -> tuple[object, Spot]:
    data, spot = text.data, text.spot
    for step in path:
        data, spot = data[step], spot.inside[step]  # type: ignore[index]  # a path of the document itself
    return data, spot


def _rename(text: Source, path: tuple[Step, ...], right: str) -> None:
    data, spot = _inside(text, path[:-1])
    wrong = str(path[-1])
    if isinstance(data, dict) and wrong in data and right not in data:
        data[right], spot.keys[right], spot.inside[right] = (
            data.pop(wrong),
            spot.keys.pop(wrong),
            spot.inside.pop(wrong),
        )


def _leave_out(text: Source, path: tuple[Step, ...]) -> None:
    data, spot = _inside(text, path[:-1])
    step = path[-1]
    if isinstance(data, dict) and len(data) > 1:
        data.pop(step, None)
    elif isinstance(data, list) and isinstance(step, int) and step < len(data):
        del data[step]
        kept = [
            inner
            for index, inner in sorted(spot.inside.items(), key=lambda item: int(item[0]))
            if index != step
        ]
        spot.inside.clear()
        spot.inside.update(enumerate(kept))
