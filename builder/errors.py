"""The exceptions a user can meet, and problems as data.

    BuilderError          1  something failed
    ├── InputError        2  the input is wrong: holds every problem of catalog, layer, lock, …
    ├── FetchError        1  an artifact could not be fetched: host, setting to change
    ├── ToolError         1  a process ended badly: argv, exit code, end of its output
    ├── IntegrityError    1  bytes are not what their digest says
    └── ConflictError     1  two layers disagree on a path

Anything else that escapes is a bug (exit code 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from builder.redact import redact


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the input: where, what was found and expected, and the nearest right
    word.
    """

    file: str
    line: int
    """1-based; 0 when the problem is about the whole file."""
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """`file:line:column: message`, then the hint on a line of its own."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message}" + (f"\n  hint: {self.hint}" if self.hint else "")


class BuilderError(Exception):
    """A failure that is not a bug of this program. `hint` says what to do about it. Neither keeps
    a secret that it was given in a URL.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message, self.hint = redact(message), redact(hint)
        super().__init__(self.message)


class InputError(BuilderError):
    """The input is wrong. Holds all problems, sorted by place."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted({_without_secrets(problem) for problem in problems}))
        super().__init__("\n".join(str(p) for p in self.problems))


class FetchError(BuilderError):
    """An artifact or an index could not be fetched."""


class ToolError(BuilderError):
    """A process ended badly."""

    def __init__(self, argv: Sequence[str], code: int | None, tail: str, *, hint: str = "") -> None:
        self.argv, self.code, self.tail = tuple(argv), code, redact(tail)
        how = (
            "was not found"
            if code is None
            else f"was killed by signal {-code}"
            if code < 0
            else f"exited {code}"
        )
        super().__init__(f"{argv[0]} {how}" + (f":\n{self.tail}" if tail else ""), hint=hint)


class IntegrityError(BuilderError):
    """Bytes are not what their digest says."""


class ConflictError(BuilderError):
    """Two layers disagree on a path that no merger owns."""


def _without_secrets(problem: Problem) -> Problem:
    message, hint = redact(problem.message), redact(problem.hint)
    return replace(problem, message=message, hint=hint)


def listed(words: Sequence[str], limit: int, separator: str = ", ") -> str:
    """Return the first words in one line, at most `limit`, and how many more there are."""
    more = [f"and {len(words) - limit} more"] if len(words) > limit else []
    return separator.join([*words[:limit], *more])


def counted(count: int, word: str) -> str:
    """Return a number with its word: `1 chart`, `2 charts`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
