"""git: the files of a revision."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from builder.errors import InputError, Problem, ToolError
from builder.tools import process


def export(repository: Path, revision: str, target: Path) -> None:
    """Write the files that a directory of a repository had at a revision below `target`.

    Raises:
        InputError: there is no such revision, or the directory is in no repository.
        ToolError: there is no git.

    """
    # A revision that begins with '-' would be an option.
    argv = ["git", "archive", "--format=tar", "--end-of-options", revision]
    try:
        done = process.run(argv, cwd=repository)
    except ToolError as error:
        if error.code is None:
            raise
        reason = error.tail.splitlines()[0] if error.tail else "git refused it"
        raise InputError([Problem("--from", 0, 0, f"{revision!r}: {reason}")]) from error
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")
