"""requirements.txt, as pip reads it (pip's documentation, "Requirements File Format")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pip_requirements_parser import (  # type: ignore[import-untyped]  # it has no types
    InstallRequirement,
    OptionLine,
    RequirementsFile,
)

from builder.environments import text
from builder.environments.model import Environment, Place
from builder.errors import InputError, Problem, listed
from builder.redact import redact

HARMLESS = frozenset({"only_binary", "prefer_binary", "require_hashes", "trusted_hosts"})
"""Options that ask for what holds of every layer, or are for another program's network."""
SHOWN = 5
INDEX_HINT = "name the index in catalog.yaml under `indexes`, and take the package from there"


@dataclass(slots=True)
class _Reading:
    """What was read so far of a file and of those that it includes."""

    root: Path
    """The directory of the first file: none outside it is included."""
    wanted: dict[str, Place] = field(default_factory=dict)
    """Requirement -> where it is asked for first."""
    bounds: dict[str, list[Requirement]] = field(default_factory=dict)
    """Constraints by the canonical name of a package."""
    problems: list[Problem] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)
    hashes: bool = False


def read(path: Path, shown: str) -> Environment:
    """Return what a requirements file asks for, with the files that it includes.

    Raises:
        InputError: it cannot be read.

    """
    reading = _Reading(root=path.resolve().parent)
    _take(reading, path, shown, is_constraint=False)
    names: set[str] = {canonicalize_name(Requirement(one).name) for one in reading.wanted}
    places = {_bounded(one, reading.bounds): place for one, place in reading.wanted.items()}
    return Environment(
        python=tuple(places),
        places=places,
        notes=tuple(_notes(reading, names)),
        problems=tuple(reading.problems),
    )


def _take(reading: _Reading, path: Path, shown: str, *, is_constraint: bool) -> None:
    reading.seen.add(path.resolve())
    # What the library reads by itself, it takes in any encoding, and of any size.
    text.read(path, shown)
    try:
        parsed = RequirementsFile.from_file(str(path), include_nested=False)
    except RecursionError:
        message = "a condition is nested beyond reason"
        reading.problems.append(Problem(shown, 0, 0, message))
        return
    for one in parsed.requirements:
        _take_requirement(reading, one, shown, is_constraint=is_constraint)
    for line in parsed.invalid_lines:
        why = (
            str(line.error_message)
            .splitlines()[0]
            .removeprefix("Invalid requirement: ")
            .strip(": ")
        )
        message = f"{redact(line.line)!r} is not a requirement: {why}"
        reading.problems.append(Problem(shown, line.line_number, 1, message, "such as numpy>=2"))
    for option in parsed.options:
        _take_option(reading, option, path, shown, is_constraint=is_constraint)


def _take_requirement(
    reading: _Reading, one: InstallRequirement, shown: str, *, is_constraint: bool
) -> None:
    line: int = one.requirement_line.line_number
    written = redact(one.requirement_line.line)
    if one.is_editable or one.link is not None or one.req is None:
        message = f"{written!r} is not a package of an index"
        hint = "publish it to an index; or put its wheel under `archives` of a layer.yaml"
        reading.problems.append(Problem(shown, line, 1, message, hint))
        return
    reading.hashes = reading.hashes or bool(one.hash_options)
    requirement = Requirement(str(one.req))
    requirement.marker = one.marker
    if is_constraint:
        name = canonicalize_name(requirement.name)
        reading.bounds.setdefault(name, []).append(requirement)
    else:
        reading.wanted.setdefault(str(requirement), (shown, line, 1))


def _take_option(
    reading: _Reading, option: OptionLine, path: Path, shown: str, *, is_constraint: bool
) -> None:
    line: int = option.requirement_line.line_number
    for name, value in option.options.items():
        if name in {"requirements", "constraints"}:
            for file in value:
                bounds = is_constraint or name == "constraints"
                _include(reading, path, shown, line, file, is_constraint=bounds)
        elif name not in HARMLESS:
            word = f"--{name.replace('_', '-').removesuffix('s')}"
            message = f"{word} does not hold for a layer: packages come from the catalog's indexes"
            hint = "name pre-releases by their version" if name == "pre" else INDEX_HINT
            reading.problems.append(Problem(shown, line, 1, message, hint))


def _include(
    reading: _Reading, path: Path, shown: str, line: int, file: str, *, is_constraint: bool
) -> None:
    inner = path.parent / file
    if "://" in file or not inner.resolve().is_relative_to(reading.root):
        message = f"{redact(file)!r} is not below the directory of the first file"
        hint = "keep the files of an environment together"
        reading.problems.append(Problem(shown, line, 1, message, hint))
    elif inner.resolve() not in reading.seen:
        try:
            _take(reading, inner, inner.as_posix(), is_constraint=is_constraint)
        except InputError as error:
            reading.problems += error.problems


def _bounded(text: str, bounds: Mapping[str, list[Requirement]]) -> str:
    """Return a requirement with the constraints on its package."""
    requirement = Requirement(text)
    for bound in bounds.get(canonicalize_name(requirement.name), ()):
        if bound.marker is None:
            requirement.specifier &= bound.specifier
    return str(requirement)


def _notes(reading: _Reading, names: set[str]) -> Iterator[str]:
    if reading.hashes:
        yield "hashes are left out: the lock has those of the files that it takes"
    others = [name for name in reading.bounds if name not in names]
    if others:
        yield (
            f"constraints are taken for what is asked for by name, and left out for"
            f" {listed(others, SHOWN)}"
        )
    on_condition = []
    for name in sorted(names & reading.bounds.keys()):
        if any(bound.marker is not None for bound in reading.bounds[name]):
            on_condition.append(name)
    if on_condition:
        yield f"constraints with a condition are left out: {listed(on_condition, SHOWN)}"


def requirement(words: str) -> Requirement | None:
    """Return a requirement (PEP 508); None where the words are none."""
    try:
        return Requirement(words)
    except (InvalidRequirement, RecursionError):
        return None
