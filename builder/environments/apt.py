"""apt.txt: names of Debian packages, as repo2docker reads it."""

from __future__ import annotations

from pathlib import Path

from builder.environments import text
from builder.environments.model import Environment, Place
from builder.errors import Problem
from builder.kinds.debian import PACKAGE


def read(path: Path, shown: str) -> Environment:
    """Return the Debian packages that a file names.

    Raises:
        InputError: it cannot be read.

    """
    places: dict[str, Place] = {}
    problems = []
    for number, line in enumerate(text.read(path, shown).splitlines(), 1):
        for word in line.partition("#")[0].split():
            if PACKAGE.fullmatch(word):
                places.setdefault(word, (shown, number, line.index(word) + 1))
                continue
            bare = word.partition("=")[0]
            is_pinned = bare != word and PACKAGE.fullmatch(bare)
            hint = f"write {bare}; versions come from the lock" if is_pinned else ""
            message = f"{word!r} is not the name of a Debian package"
            problems.append(Problem(shown, number, line.index(word) + 1, message, hint))
    return Environment(apt=tuple(places), places=places, problems=tuple(problems))
