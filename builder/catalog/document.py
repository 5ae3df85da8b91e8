"""One YAML file to one value of the model. Reports every problem, and leaves out what is wrong so
that the rest can be checked as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from builder.catalog import source, wording
from builder.catalog.reader import Key, Keys, Spot
from builder.catalog.source import YamlFile
from builder.errors import Problem

M = TypeVar("M", bound=BaseModel)
ROUNDS = 4
"""How often misspelt keys are corrected: their values may have misspelt keys, too."""
EVERYTHING: Keys = ()
"""The path of a whole document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[M]):
    """A file that was read. `value` is None when it is not a mapping."""

    yaml: YamlFile
    """The file without what is wrong, each value still at its place."""
    value: M | None
    """What the file says. A wrong value is replaced by its default, or by an empty one."""
    lost: frozenset[Keys] = frozenset()
    """The paths of wrong values; for a wrong entry of a list, the path of the list."""
    problems: tuple[Problem, ...] = ()

    def sure(self, *path: Key) -> bool:
        """Tell whether `value` holds at `path` everything that the file says there."""
        return not any(_overlap(path, lost) for lost in self.lost)


def nothing(file: str) -> YamlFile:
    """Return the stand-in for a file that could not be read."""
    return YamlFile(file, {}, Spot((0, 0)))


def read(path: Path, file: str, kind: type[M]) -> Reading[M]:
    """Read a file as a `kind`; problems call it `file`.

    A misspelt key is a problem, and then taken for the key that is near to it.
    """
    return checked(*source.scan(path, file), file, kind)


def checked(
    yaml: YamlFile | None, found_by_reader: Sequence[Problem], file: str, kind: type[M]
) -> Reading[M]:
    """Do the same with a document that is read: None if there is none, and what was wrong with
    it.
    """
    if yaml is None:
        return Reading(
            yaml=nothing(file),
            value=None,
            lost=frozenset({EVERYTHING}),
            problems=tuple(found_by_reader),
        )
    yaml = YamlFile(yaml.file, *_unshared(yaml.data, yaml.spot), yaml.is_cut)
    error, found_by_model = _validated(yaml, kind)
    # A value that the reader refused is replaced, so the model's complaints about it are noise.
    refused = {(problem.line, problem.column) for problem in found_by_reader}
    found_by_model = [one for one in found_by_model if (one.line, one.column) not in refused]

    wrong = {wording.place(yaml, one["loc"]) for one in error.errors()} if error else set()
    for keys in sorted(wrong, key=_order, reverse=True):
        _leave_out(yaml, keys)
    lost = {_holder(keys) for keys in wrong}
    if yaml.is_cut:
        lost.add(EVERYTHING)
    return Reading(
        yaml=yaml,
        value=_built(kind, yaml.data) if isinstance(yaml.data, dict) else None,
        lost=frozenset(lost),
        problems=(*found_by_reader, *found_by_model),
    )


def _validated(
    yaml: YamlFile, kind: type[BaseModel]
) -> tuple[ValidationError | None, list[Problem]]:
    """Correct misspelt keys in place. Return the error that remains, and all problems, those of
    the misspelt keys included.
    """
    problems: dict[Problem, None] = {}
    error: ValidationError | None = None
    for _ in range(ROUNDS):
        try:
            wording.validate(yaml, kind)
        except ValidationError as current:
            error = current
        else:
            return None, list(problems)
        problems.update(dict.fromkeys(wording.problems(yaml, kind, error)))
        misspelt = wording.misspelt(kind, yaml, error)
        if not misspelt:
            break
        for keys, right in misspelt.items():
            _rename(yaml, keys, right)
    return error, list(problems)


def _overlap(one: Keys, other: Keys) -> bool:
    """Tell whether one of two paths leads through the other."""
    return one[: len(other)] == other[: len(one)]


def _holder(keys: Keys) -> Keys:
    """Return the path itself, or the path of the list for an entry of one: the indexes of others
    change when it is left out.
    """
    for length, key in enumerate(keys):
        if isinstance(key, int) and length == len(keys) - 1:
            return keys[:length]
    return keys


def _order(keys: Keys) -> list[tuple[int, int, str]]:
    """Return a key for sorting paths: entries of a list by their index."""
    return [(1, key, "") if isinstance(key, int) else (0, 0, key) for key in keys]


def _unshared(data: object, spot: Spot) -> tuple[object, Spot]:
    """Return a copy without shared parts: YAML's aliases point to one and the same value."""
    if isinstance(data, dict):
        pairs = {key: _unshared(value, spot.inside[key]) for key, value in data.items()}
    elif isinstance(data, list):
        pairs = {index: _unshared(value, spot.inside[index]) for index, value in enumerate(data)}
    else:
        return data, spot
    inside = {key: inner for key, (_, inner) in pairs.items()}
    copied = Spot(spot.place, spot.text, dict(spot.keys), inside, spot.file)
    if isinstance(data, dict):
        return {key: value for key, (value, _) in pairs.items()}, copied
    return [value for value, _ in pairs.values()], copied


def _parent(yaml: YamlFile, keys: Keys) -> tuple[object, Spot] | None:
    """Return what holds the value at a path, or None if it is gone."""
    data, spot = yaml.data, yaml.spot
    for key in keys[:-1]:
        if key not in spot.inside:
            return None
        data, spot = data[key], spot.inside[key]  # type: ignore[index]  # spots are like the data
    return data, spot


def _rename(yaml: YamlFile, keys: Keys, right: str) -> None:
    """Rename a misspelt key, unless the right one is there as well."""
    parent = _parent(yaml, keys)
    if parent is None:
        return
    data, spot = parent
    wrong = str(keys[-1])
    if isinstance(data, dict) and wrong in data and right not in data:
        data[right] = data.pop(wrong)
        spot.keys[right] = spot.keys.pop(wrong)
        spot.inside[right] = spot.inside.pop(wrong)


def _leave_out(yaml: YamlFile, keys: Keys) -> None:
    parent = _parent(yaml, keys) if keys else None
    if parent is None:
        return
    data, spot = parent
    last = keys[-1]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]
        kept = [spot.inside[index] for index in range(len(data) + 1) if index != last]
        spot.inside = dict(enumerate(kept))


def _built(kind: Any, data: Any) -> Any:  # noqa: ANN401  any kind of the model's
    """Return valid data as a kind of the model."""
    plains = list(wording.alternatives(kind))
    models = [one for one in plains if isinstance(one, type) and issubclass(one, BaseModel)]
    if models and isinstance(data, dict):
        # Of several, the one that has most of these keys is meant.
        meant = max(models, key=lambda one: len(one.model_fields.keys() & data.keys()))
        return meant.model_construct(None, **dict(_fields(meant, data)))
    for plain in plains:
        if get_origin(plain) is tuple and isinstance(data, list):
            return tuple(_built(get_args(plain)[0], value) for value in data)
        if get_origin(plain) is Mapping and isinstance(data, dict):
            return {key: _built(get_args(plain)[1], value) for key, value in data.items()}
    return data


def _fields(kind: type[BaseModel], data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, field in kind.model_fields.items():
        if name in data:
            yield name, _built(field.annotation, data[name])
        elif field.is_required():
            yield name, _empty(field.annotation)


def _empty(kind: object) -> object:
    """Return a stand-in for a required value that is missing."""
    for plain in wording.alternatives(kind):
        origin = get_origin(plain)
        if origin is tuple or origin is Mapping:
            return () if origin is tuple else {}
    return ""
