"""renv.lock: the R packages of a project, as renv writes it (renv's documentation, "lockfiles")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.documents import DocumentError, from_json
from builder.environments import text
from builder.environments.model import Environment, Place
from builder.errors import InputError, Problem
from builder.lock.description import BASE, IS_NAME, IS_VERSION

ITSELF = "renv"
"""What restores a project elsewhere, and has nothing to do in an image."""
REPOSITORY = "Repository"
"""The source of a package that comes from CRAN, or a repository like it."""
MINOR = 2
"""Numbers of R's version that an axis has."""


def read(path: Path, shown: str) -> Environment:
    """Return the R packages of a lock of renv, each in its exact version.

    Raises:
        InputError: it is not such a file.

    """
    written = text.read(path, shown)
    try:
        document = from_json(written)
    except DocumentError as error:
        raise InputError([Problem(shown, error.line, error.column, error.why)]) from None
    packages = document.get("Packages") if isinstance(document, dict) else None
    if not isinstance(packages, dict):
        message = 'it is not a lock of renv: it has no object "Packages"'
        raise InputError([Problem(shown, 0, 0, message, "renv::snapshot() writes one")])
    places: dict[str, Place] = {}
    problems = []
    for name, entry in packages.items():
        if name in BASE or name == ITSELF:
            continue
        why = _refused(name, entry)
        line = text.line_of(written, f'"{name}"')
        place = (shown, line, 1 if line else 0)
        if why:
            problems.append(Problem(*place, *why))
        else:
            places[f"{name} (== {entry['Version']})"] = place
    return Environment(
        cran=tuple(places),
        versions=_versions(document),
        places=places,
        problems=tuple(problems),
    )


def _refused(name: str, entry: object) -> tuple[str, str] | None:
    """Return why a package cannot be had, and what to do; None if it can."""
    version = entry.get("Version") if isinstance(entry, dict) else None
    if not IS_NAME.fullmatch(name) or not isinstance(version, str):
        return f"{name[:60]!r} is not an R package with a version", ""
    if not IS_VERSION.fullmatch(version):
        return f"{name} has no version of R's: {version[:60]!r}", ""
    source = entry.get("Source", REPOSITORY) if isinstance(entry, dict) else ""
    if source != REPOSITORY:
        message = f"{name} comes from {str(source)[:60]}, and layers take packages of repositories"
        return (
            message,
            "take its release from CRAN, or add a repository that has it to catalog.yaml",
        )
    return None


def _versions(document: Mapping[str, Any]) -> dict[str, SpecifierSet]:
    r = document.get("R")
    version = r.get("Version") if isinstance(r, dict) else None
    if not isinstance(version, str) or not IS_VERSION.fullmatch(version):
        return {}
    numbers = version.replace("-", ".").split(".")[:MINOR]
    try:
        return {"r": SpecifierSet(f"=={'.'.join(numbers)}.*")}
    except InvalidSpecifier:
        return {}
