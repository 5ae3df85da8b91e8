"""pyproject.toml: the dependencies of a project (PyPA specifications, `pyproject.toml`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.documents import DocumentError, from_toml
from builder.environments import text
from builder.environments.model import Environment
from builder.environments.requirements import SHOWN, requirement
from builder.errors import InputError, Problem, listed
from builder.redact import redact

DEPENDENCIES, PYTHON = "dependencies", "requires-python"


def read(path: Path, shown: str) -> Environment:
    """Return what a project depends on.

    Raises:
        InputError: the file is not TOML, or has no dependencies as the standard has them.

    """
    written = text.read(path, shown)
    try:
        document = from_toml(written)
    except DocumentError as error:
        raise InputError([Problem(shown, error.line, error.column, error.why)]) from None
    project = document.get("project")
    if not isinstance(project, dict) or not isinstance(project.get(DEPENDENCIES, []), list):
        message = "it has no table [project] with a list of dependencies"
        raise InputError([Problem(shown, 0, 0, message, _hint(document))])
    problems = list(_problems(project, written, shown))
    name = project.get("name")
    wanted = [str(one) for one in project.get(DEPENDENCIES, [])]
    return Environment(
        python=tuple(wanted),
        places={one: (shown, text.line_of(written, one), 1) for one in wanted},
        versions=_versions(project),
        name=name if isinstance(name, str) else "",
        notes=tuple(_notes(document, project)),
        problems=tuple(problems),
    )


def _hint(document: dict[str, Any]) -> str:
    tool = document.get("tool")
    if isinstance(tool, dict) and "poetry" in tool:
        return "it has them as older releases of Poetry write them: `poetry export` makes a list"
    return "write them as [project] dependencies"


def _problems(project: dict[str, Any], written: str, shown: str) -> Iterator[Problem]:
    dynamic = project.get("dynamic", [])
    if isinstance(dynamic, list) and DEPENDENCIES in dynamic:
        line = text.line_of(written, "dynamic")
        message = "its dependencies are only known when it is built (dynamic)"
        yield Problem(shown, line, 1 if line else 0, message, "write them in a requirements.txt")
    for one in project.get(DEPENDENCIES, []):
        parsed = requirement(one) if isinstance(one, str) else None
        line = text.line_of(written, one if isinstance(one, str) else DEPENDENCIES)
        place = (shown, line, 1 if line else 0)
        if parsed is None:
            yield Problem(*place, f"{redact(str(one))!r} is not a requirement (PEP 508)")
        elif parsed.url:
            message = f"{redact(str(one))!r} is not a package of an index"
            hint = "publish it to an index; or put its wheel under `archives` of a layer.yaml"
            yield Problem(*place, message, hint)
    allowed = project.get(PYTHON, "")
    try:
        SpecifierSet(allowed if isinstance(allowed, str) else "?")
    except InvalidSpecifier:
        line = text.line_of(written, PYTHON)
        yield Problem(shown, line, 1 if line else 0, f"{allowed!r} is not a version specifier")


def _versions(project: dict[str, Any]) -> dict[str, SpecifierSet]:
    try:
        allowed = SpecifierSet(project.get(PYTHON, ""))
    except (InvalidSpecifier, TypeError, AttributeError):
        return {}
    return {"python": allowed} if allowed else {}


def _notes(document: dict[str, Any], project: dict[str, Any]) -> Iterator[str]:
    optional = project.get("optional-dependencies")
    groups = document.get("dependency-groups")
    names = [*(optional or ()), *(groups or ())]
    if names:
        yield f"optional dependencies are left out: {listed([str(one) for one in names], SHOWN)}"
    if not project.get(DEPENDENCIES):
        yield "the project depends on nothing"
