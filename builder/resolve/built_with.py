"""The Debian packages that source packages are built with, on nothing but the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.errors import Problem
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.kinds.backport import KEY, profiles
from builder.lock.backport import built_with
from builder.lock.deb import Stanza
from builder.lock.model import Artifact
from builder.resolve.refused import AptRefusedError
from builder.resolve.suite import KIND, Suite
from builder.resolve.task import Pieces, Task

SHOWN = 3


@dataclass(kw_only=True, slots=True)
class BuiltWith:
    """What the source packages of one cell are built with, and what is wrong."""

    stanzas: list[Stanza]
    problems: list[Problem]


def resolve(
    task: Task, suite: Suite, cell: Cell, pieces: Pieces, sources: Sequence[Artifact]
) -> BuiltWith:
    """Return what the cell's source packages are built with. All of a cell are built in one
    environment: what mmdebstrap makes, and these packages.
    """
    made = BuiltWith(stanzas=[], problems=[])
    below = [name for name in cell.ancestors if task.graph.cells[name].layer.bootstrap]
    ground: list[Stanza] = []
    for name in below:
        ground += map(suite.stanza, task.result(name, KIND, pieces))
    for artifact in sources:
        text = built_with(artifact)
        if not text:
            continue
        entry = cell.layer.backports[artifact.name]
        try:
            made.stanzas += suite.satisfy(ground + made.stanzas, text, profiles(entry))
        except AptRefusedError as error:
            request = Request(cell, KEY, artifact.name)
            message, hint = _explained(artifact, suite, error, ground)
            made.problems.append(task.documents.problem(request, message, hint))
    return made


def _explained(
    artifact: Artifact, suite: Suite, why: AptRefusedError, ground: Sequence[Stanza]
) -> tuple[str, str]:
    """Return why a source package cannot be built for a release, and what to do about it."""
    there = {stanza.field("Package") for stanza in ground}
    behind = sorted({one.other for one in why.complaints if one.other in there})
    missing = [one.wants for one in why.complaints]
    reason = why.said
    if missing:
        reason = f"it is built with {', '.join(missing[:SHOWN])}"
    message = (
        f"{artifact.name} {artifact.version} cannot be built for Debian {suite.release}: {reason}"
    )
    if behind:
        return message, f"run `catalog lock --upgrade {' '.join(behind)}`, or do `without` it"
    return message, "name what it can do without in `without`, and what stands for it in `build`"
