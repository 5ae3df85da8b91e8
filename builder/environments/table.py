"""The table of files that an environment can be read from. Another one is a module and a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from builder.environments import apt, conda, pyproject, renv, requirements
from builder.environments.model import Environment, Read, merged
from builder.errors import InputError, Problem

# A glob over the name of a file -> its reader; the first that matches is taken.
READERS: Mapping[str, Read] = {
    "pyproject.toml": pyproject.read,
    "renv.lock": renv.read,
    "apt.txt": apt.read,
    "*.yml": conda.read,
    "*.yaml": conda.read,
    "*.txt": requirements.read,
    "*.in": requirements.read,
}
NAMES = "requirements.txt, pyproject.toml, environment.yml, renv.lock or apt.txt"


def environment(paths: Iterable[Path]) -> Environment:
    """Return what files ask for together.

    Raises:
        InputError: a file cannot be read, or asks for what no layer can have; with all problems.

    """
    parts, problems = [], []
    for path in paths:
        read = _reader(path)
        if read is None:
            message = "the name does not say what kind of file it is"
            problems.append(Problem(path.as_posix(), 0, 0, message, f"a file such as {NAMES}"))
            continue
        try:
            part = read(path, path.as_posix())
        except InputError as error:
            problems += error.problems
        else:
            parts.append(part)
            problems += part.problems
    if problems:
        raise InputError(problems)
    return merged(parts)


def _reader(path: Path) -> Read | None:
    return next((read for glob, read in READERS.items() if fnmatchcase(path.name, glob)), None)
