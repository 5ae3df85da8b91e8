"""A Dockerfile cut in two at one of its instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEREDOC = re.compile(r"<<-?(['\"]?)(?P<word>[A-Za-z_][\w-]*)\1")
RUN = "RUN "
FLAGS = re.compile(r"RUN (?:--\S+\s+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """An instruction that runs a script, and what comes before it."""

    before: str
    """The Dockerfile up to the instruction."""
    script: str
    """What the instruction runs, as Bash."""


@dataclass(frozen=True, slots=True)
class _Instruction:
    first: int
    """Its first line, from 0."""
    lines: Sequence[str]
    end_of_script: str
    """The word that ends its here-document; empty if it has none."""


def cut(dockerfile: str, line: int | None = None) -> Cut | None:
    """Return a Dockerfile cut at the RUN instruction with this line (from 1), or else at the last
    one; None if it has no RUN instruction.
    """
    lines = dockerfile.splitlines(keepends=True)
    runs = [part for part in _instructions(lines) if part.lines[0].startswith(RUN)]
    if not runs:
        return None
    here = [run for run in runs if line and run.first < line <= run.first + len(run.lines)]
    chosen = here[0] if here else runs[-1]
    return Cut(before="".join(lines[: chosen.first]), script=_script(chosen))


def _instructions(lines: Sequence[str]) -> Iterator[_Instruction]:
    number = 0
    while number < len(lines):
        end = number
        while lines[end].rstrip().endswith("\\") and end + 1 < len(lines):
            end += 1
        heredoc = HEREDOC.search(lines[end]) if lines[number].startswith(RUN) else None
        word = heredoc["word"] if heredoc else ""
        while word and end + 1 < len(lines) and lines[end].strip() != word:
            end += 1
        yield _Instruction(number, lines[number : end + 1], word)
        number = end + 1


def _script(instruction: _Instruction) -> str:
    if instruction.end_of_script:
        return "".join(instruction.lines[1:-1])
    return FLAGS.sub("", "".join(instruction.lines), count=1)
