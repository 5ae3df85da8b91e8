"""What pydantic finds wrong, in plain English, at its place in the file: the only place that knows
pydantic's errors.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from builder.catalog import language, words
from builder.catalog.reader import Step
from builder.catalog.scalars import found, quoted
from builder.catalog.source import Source
from builder.catalog.suggest import closest, nearest
from builder.errors import Problem

M = TypeVar("M", bound=BaseModel)

_PATTERNS = {
    words.NAME: "a name: lower-case letters and digits, with single '.', '_' or '-' between them",
    words.IMAGE_NAME: "an image's name: lower-case letters, digits, '.', '_', '-' and {parameters}",
    words.IDENTIFIER: "a name: lower-case letters, digits and '_', starting with a letter",
    words.VALUE: "a version: letters, digits, '.', '_' and '-'",
    words.VARIABLE: "the name of an environment variable: letters, digits and '_'",
    words.MODE: 'an octal mode, such as "0755"',
    words.OWNER: "a user, or user:group",
    words.ACCOUNT: "the name of an account: letters, digits, '_', '-', '.'",
    words.REGISTRY: (
        "a registry with a path, such as registry.example.org/catalog, without https:// and tag"
    ),
    words.ABSOLUTE: "an absolute path",
    words.URL: "an address that starts with https://, http:// or file:///",
    words.SHA256: "a sha256: 64 hex digits",
    words.GO_VERSION: "the version of a Go module, such as v1.2.3, or latest",
    words.ONE_LINE: "one line without single quotes",
    language.LANGUAGE: "a language tag (BCP 47), such as en, pt-BR or zh-Hans",
}
_EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "at least one entry",
}


def validate(source: Source, kind: type[M]) -> M:
    """Return the document as a `kind`.

    Raises:
        pydantic.ValidationError: it is none; `problems` says the same for people.

    """
    return validate_data(source.data, kind)


def validate_data(data: object, kind: type[M]) -> M:
    """Return plain data as a `kind`: a text is never taken for a number or a truth value, a list
    stands for a tuple.

    Raises:
        pydantic.ValidationError: it is none.

    """
    return kind.model_validate_json(json.dumps(data), strict=True)


def problems(source: Source, kind: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Return what is wrong with the document, one problem for each place."""
    meant = {(*path[:-1], right) for path, right in misspelt(kind, source, error).items()}
    every = error.errors(include_url=False)
    return [
        _problem(source, kind, one)
        for one in every
        if one["type"] != "missing" or place(source, one["loc"]) not in meant
    ]


def misspelt(
    kind: type[BaseModel], source: Source, error: ValidationError
) -> dict[tuple[Step, ...], str]:
    """Return the path of each unknown key that is near to a known one, and that one."""
    meant: dict[tuple[Step, ...], str] = {}
    for details in error.errors(include_url=False):
        path = place(source, details["loc"])
        if details["type"] != "extra_forbidden":
            continue
        near = closest(str(path[-1]), fields(kind, path[:-1]))
        if near is not None:
            meant[path] = near
    return meant


def place(source: Source, loc: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the path in the document that a location of pydantic means: without the names of
    branches.
    """
    spot, path = source.spot, list[Step]()
    for index, step in enumerate(loc):
        if step in spot.inside:
            path.append(step)
            spot = spot.inside[step]
        elif index == len(loc) - 1 and step not in {
            words.TEXT,
            words.TEXTS,
            words.CONDITIONAL,
            "[key]",
        }:
            path.append(step)
    return tuple(path)


def fields(kind: object, path: tuple[Step, ...]) -> list[str]:
    """Return the keys that the format knows at a path, or none where keys are free."""
    for kinds in _reach([kind], path):
        if isinstance(kinds, type) and issubclass(kinds, BaseModel):
            return list(_keys(kinds))
    return []


def _keys(kind: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a mapping in a file, each with the name of its field."""
    return {field.alias or name: name for name, field in kind.model_fields.items()}


def _reach(kinds: list[object], path: tuple[Step, ...]) -> list[object]:
    for step in path:
        kinds = [inner for kind in _plain(kinds) for inner in _inside(kind, step)]
    return list(_plain(kinds))


def _plain(kinds: list[object]) -> Iterator[object]:
    for kind in kinds:
        if get_origin(kind) is Annotated:
            yield from _plain([get_args(kind)[0]])
        elif get_origin(kind) in {Union, types.UnionType}:
            yield from _plain(list(get_args(kind)))
        else:
            yield kind


def _inside(kind: object, step: Step) -> Iterator[object]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        keys = _keys(kind)
        if step in keys:
            yield kind.model_fields[keys[str(step)]].annotation
    elif isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):  # type: ignore[arg-type]
        yield get_args(kind)[1]
    elif get_args(kind):
        yield get_args(kind)[0]


def _problem(source: Source, kind: type[BaseModel], details: ErrorDetails) -> Problem:
    loc, error = details["loc"], details["type"]
    path = place(source, loc)
    written = source.written(path)
    value = details["input"]
    if error == "extra_forbidden":
        return source.problem(
            path,
            f"unknown key {quoted(path[-1])}",
            nearest(str(path[-1]), fields(kind, path[:-1]), what="known keys"),
            key=True,
        )
    if error == "missing":
        return source.problem(path[:-1], f"the key {path[-1]!r} is missing", f"add '{path[-1]}:'")
    if loc and loc[-1] == "[key]":
        return source.problem(path, f"the key {quoted(value)} is not {_wanted(details)}", key=True)
    hint = _hint(error, value, written)
    if error == "string_type" and words.TEXT in loc:
        return source.problem(path, f"expected {_branch(loc)}, found {found(value, written)}", hint)
    if error == "string_pattern_mismatch":
        return source.problem(path, f"{quoted(value)} is not {_wanted(details)}")
    return source.problem(path, f"expected {_wanted(details)}, found {found(value, written)}", hint)


def _hint(error: str, value: object, written: str) -> str:
    if error == "string_type" and written:
        return f'quote it: "{written}"'
    if error in {"tuple_type", "list_type"} and isinstance(value, str):
        return f"write [{value}]"
    return ""


def _branch(loc: tuple[Step, ...]) -> str:
    return (
        "a text or a list of texts"
        if "when" in loc
        else "a text, or a mapping with 'when' and 'packages'"
    )


def _wanted(details: ErrorDetails) -> str:
    error, context = details["type"], details.get("ctx", {})
    if error == "string_pattern_mismatch":
        return _PATTERNS.get(
            str(context.get("pattern")), f"a text that matches {context.get('pattern')}"
        )
    if error == "string_too_long":
        return f"a text of at most {context.get('max_length')} characters"
    if error == "literal_error":
        return str(context.get("expected"))
    if error in {"greater_than_equal", "less_than_equal", "int_from_float"}:
        bound = context.get("ge", context.get("le"))
        return (
            "a whole number"
            if bound is None
            else f"a number of {'at least' if 'ge' in context else 'at most'} {bound}"
        )
    return _EXPECTED.get(error, "something else")
