"""What pydantic finds wrong, in plain English and at its place in the file. No other module knows
pydantic's errors.
"""

from __future__ import annotations

import json
import re
import shlex
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from builder.catalog import fork, language, words
from builder.catalog.reader import Key, Keys
from builder.catalog.scalars import in_words, quoted, scalar
from builder.catalog.source import YamlFile
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
    words.ABSOLUTE: "an absolute path on one line, without tabs",
    words.DIRECTORY: "an absolute path on one line, without ':' and tabs",
    words.LINE: "one line, which is all that a Dockerfile can set",
    words.LABEL: "the name of a label: letters, digits and signs but '='",
    words.ARGUMENT: "a text without the character NUL",
    words.URL: (
        "an address that starts with https://, http:// or file:///, without user, password and"
        " query, which everybody could read in the lock"
    ),
    words.PAGE: "the address of a page, such as https://example.org/team, without user and query",
    words.ORIGIN: "a name: lower-case letters and digits, with single '-' between them",
    words.SUITE: "the suite of a repository with dists/, such as {debian}-pgdg",
    fork.GIT_URL: "the URL of a git repository: https://, ssh:// or file://, or user@host:path",
    fork.COMMIT: "the whole id of a commit: 40 or 64 hex digits",
    fork.OCI: (
        "a release by its digest, such as registry.example.org/national/releases@sha256:…;"
        " `catalog releases` lists them"
    ),
    fork.DIRECTORY: "a directory, such as a/b, without '..'",
    fork.UPSTREAM: "a directory",
    fork.GLOB: "a name, or a glob such as jupyter-*",
    fork.RULE: "the reason of a rule, or a glob over it",
    words.COMPONENT: "a component of a repository, such as main",
    words.FILE: "the path of a file beside catalog.yaml, such as keys/pgdg.asc",
    words.SHA256: "a sha256: 64 hex digits",
    words.GO_VERSION: "the version of a Go module, such as v1.2.3, or latest",
    words.ONE_LINE: "one line without single quotes",
    words.DRIVER: 'the version of a driver in quotes, such as "580.65.06"',
    words.ARCHITECTURE: "a graphics processor, such as sm_90 or compute_90",
    words.DAY: "a day, such as 2027-10-31",
    words.TAG_TEMPLATE: "a tag: letters, digits, '_', '.', '-', {tag}, {exact}, {date}, {digest}",
    words.PACKAGE: "a package by its kind and name, such as deb:python{value}",
    words.REASON: "a reason, on one line",
    words.VULNERABILITY: "the name of a vulnerability, such as CVE-2026-1234",
    words.HELD_PACKAGE: "the name of a package, without globs",
    words.IMAGE_GLOB: "an image, or a glob such as jupyter-* or *:py3.13",
    language.LANGUAGE: "a language tag (BCP 47), such as en, pt-BR or zh-Hans",
}
_BRANCHES = {words.TEXT, words.TEXTS, words.CONDITIONAL, fork.RELEASED, "[key]"}
"""Parts of a location of pydantic that are not keys of a document."""
FORMER = {"priority": "write `service: true` in the layer that the image runs, nothing in others"}
"""Keys of earlier formats, and what to write instead."""
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
_COMMANDS = {"cmd", "entrypoint"}
"""Keys whose lists are a program with its arguments."""
_FOR_NOTHING = {"env": 'for an empty value: ""', "npm": "for any version: '*'"}
"""What to write where a value of a mapping should be a text and is missing."""
_OF_STATUS = {
    "eol": "write `eol:` with a day, such as 2027-10-31",
    "yanked": "write `yanked:` with the reason",
}
"""What to write for states that need more than a word."""
_NAMES = re.compile(r"[\w.+-]+([ ,]+[\w.+-]+)*")
_CHOICE = re.compile("'([^']+)'")
_PLAIN = re.compile(r"[\w./][\w./=+-]*", re.ASCII)
"""A text that needs no quotes in a list of YAML, unless it is a number or the like."""


def validate(yaml: YamlFile, kind: type[M]) -> M:
    """Return a document as a `kind`.

    Raises:
        pydantic.ValidationError: it is not valid; `problems` says the same in words.

    """
    return validate_data(yaml.data, kind)


def validate_data(data: object, kind: type[M]) -> M:
    """Return plain data as a `kind`. A text is never read as a number or a boolean; a list
    becomes a tuple.

    Raises:
        pydantic.ValidationError: it is not valid.

    """
    return kind.model_validate_json(json.dumps(data), strict=True)


def problems(yaml: YamlFile, kind: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Return what is wrong with the document, one problem for each place."""
    # A key that is there, but misspelt, is not missing.
    meant = {(*keys[:-1], right) for keys, right in misspelt(kind, yaml, error).items()}
    wrong: list[Problem] = []
    for details in error.errors(include_url=False):
        is_missing = details["type"] == "missing"
        may_be_there = yaml.is_cut or place(yaml, details["loc"]) in meant
        if not (is_missing and may_be_there):
            wrong.append(_problem(yaml, kind, details))
    return wrong


def misspelt(kind: type[BaseModel], yaml: YamlFile, error: ValidationError) -> dict[Keys, str]:
    """Return the path of each unknown key that is near to a known one, and the known one."""
    meant: dict[Keys, str] = {}
    for details in error.errors(include_url=False):
        if details["type"] != "extra_forbidden":
            continue
        keys = place(yaml, details["loc"])
        near = closest(str(keys[-1]), fields(kind, keys[:-1]))
        if near is not None and keys[-1] not in FORMER:
            meant[keys] = near
    return meant


def place(yaml: YamlFile, loc: tuple[Key, ...]) -> Keys:
    """Return the path in the document for a location of pydantic, which also names branches."""
    spot, keys = yaml.spot, list[Key]()
    for index, step in enumerate(loc):
        is_last = index == len(loc) - 1
        if step in spot.inside:
            keys.append(step)
            spot = spot.inside[step]
        elif is_last and step not in _BRANCHES:
            keys.append(step)
    return tuple(keys)


def fields(kind: object, keys: Keys) -> list[str]:
    """Return the keys that the format knows at a path, or none where keys are free."""
    known: dict[str, str] = {}
    for reached in _reach(kind, keys):
        if isinstance(reached, type) and issubclass(reached, BaseModel):
            known |= _aliases(reached)
    return list(known)


def _aliases(kind: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a mapping in a file, each with the name of its field."""
    return {field.alias or name: name for name, field in kind.model_fields.items()}


def alternatives(kind: object) -> Iterator[object]:
    """Yield the kinds that a value of this kind may have: those of a union, and without the
    constraints of `Annotated`.
    """
    if get_origin(kind) is Annotated:
        yield from alternatives(get_args(kind)[0])
    elif get_origin(kind) in {Union, types.UnionType}:
        for one in get_args(kind):
            yield from alternatives(one)
    else:
        yield kind


def _reach(kind: object, keys: Keys) -> list[object]:
    """Return the kinds that a value at a path may have."""
    reached = list(alternatives(kind))
    for key in keys:
        inside: list[object] = []
        for outer in reached:
            for inner in _inside(outer, key):
                inside += alternatives(inner)
        reached = inside
    return reached


def _inside(kind: object, key: Key) -> Iterator[object]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        names = _aliases(kind)
        if key in names:
            yield kind.model_fields[names[str(key)]].annotation
    elif isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):  # type: ignore[arg-type]
        yield get_args(kind)[1]
    elif get_args(kind):
        yield get_args(kind)[0]


def _problem(yaml: YamlFile, kind: type[BaseModel], details: ErrorDetails) -> Problem:
    loc, error, value = details["loc"], details["type"], details["input"]
    keys = place(yaml, loc)
    if error == "extra_forbidden":
        return _unknown_key(yaml, kind, keys)
    if error == "missing":
        name = keys[-1]
        return yaml.problem(keys[:-1], f"the key {name!r} is missing", f"add '{name}:'")
    if loc and loc[-1] == "[key]":
        return yaml.problem(keys, f"the key {quoted(value)} is not {_wanted(details)}", key=True)
    if error == "string_pattern_mismatch":
        return yaml.problem(keys, f"{quoted(value)} is not {_wanted(details)}")
    written = yaml.written(keys)
    is_choice = error == "string_type" and words.TEXT in loc
    wanted = _branch(loc) if is_choice else _wanted(details)
    hint = _hint(error, value, written, keys) or _meant(details)
    return yaml.problem(keys, f"expected {wanted}, found {in_words(value, written)}", hint)


def _unknown_key(yaml: YamlFile, kind: type[BaseModel], keys: Keys) -> Problem:
    name = str(keys[-1])
    known = fields(kind, keys[:-1])
    hint = FORMER.get(name) or nearest(name, known, what="known keys")
    return yaml.problem(keys, f"unknown key {quoted(name)}", hint, key=True)


def _hint(error: str, value: object, written: str, keys: Keys) -> str:
    around = str(keys[-2]) if len(keys) > 1 else ""
    if keys[-1:] == ("status",) and value in _OF_STATUS:
        return _OF_STATUS[str(value)]
    if error == "string_type" and value is None:
        return _FOR_NOTHING.get(around, "")
    if error == "string_type" and written:
        return f'quote it: "{written}"'
    is_list = error in {"tuple_type", "list_type"}
    if is_list and isinstance(value, int) and keys[-1] == "expose":
        return f"write [{value}]"
    if is_list and isinstance(value, str):
        entries = _entries(value, is_command=str(keys[-1]) in _COMMANDS)
        return f"write [{', '.join(_as_entry(entry) for entry in entries)}]"
    return ""


def _meant(details: ErrorDetails) -> str:
    """Return the word that is near to one that is none of a few."""
    expected = details.get("ctx", {}).get("expected")
    is_choice = details["type"] == "literal_error" and isinstance(details["input"], str)
    near = closest(details["input"], _CHOICE.findall(str(expected))) if is_choice else None
    return f"did you mean {near!r}?" if near else ""


def _entries(text: str, *, is_command: bool) -> list[str]:
    """Return the entries of the list that was probably meant by a text."""
    if not is_command:
        return re.split("[ ,]+", text) if _NAMES.fullmatch(text) else [text]
    try:
        return shlex.split(text)
    except ValueError:
        return [text]


def _as_entry(text: str) -> str:
    """Return a text as an entry of a list in YAML, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) and scalar(text) == text else json.dumps(text)


def _branch(loc: Keys) -> str:
    if loc[:1] == ("extends",):
        return "a directory, or a mapping with 'git' and 'commit', or with 'oci'"
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
