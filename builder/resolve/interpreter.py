"""Whether a layer that installs Debian's Python gets the version that the axis names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from builder.errors import Problem
from builder.graph.model import Cell
from builder.graph.request import Documents
from builder.lock.model import Artifact
from builder.resolve.suite import Suite
from builder.resolve.task import asked

AXIS = "python"
# python3, or python3.13; not python3-venv, which does not tell the version.
INTERPRETER = re.compile(r"python3(?:\.\d+)?")
MINOR = re.compile(r"(?:\d+:)?(\d+\.\d+)")


def check(
    documents: Documents, suite: Suite, cell: Cell, below: Sequence[Cell], held: Iterable[Artifact]
) -> list[Problem]:
    """Return the problem that a cell installs Debian's Python, and its version is not that of the
    axis. `held` are the Debian packages of the cell and of what it stands on.
    """
    value = cell.point.get(AXIS, "")
    wanted = [name for name in asked(cell, cell.layer.apt) if INTERPRETER.fullmatch(name)]
    brings_another = bool(cell.layer.archives or cell.layer.sources or cell.layer.wheels)
    if not wanted or brings_another or any(AXIS in other.point for other in below):
        return []
    given = _given(held)
    if not given or value in given:
        return []
    version, package = min(given.items())
    message = (
        f"{cell.name} would have no Python {value}: on Debian {suite.release}, {package.name}"
        f" {package.version} is Python {version}"
    )
    own = f"python{value}"
    if suite.index.knows(own):
        return [documents.of_value(AXIS, value, message, f"ask for {own} in {cell.name}")]
    hint = (
        f"Debian {suite.release} has no package {own}: exclude {value} there, for example with"
        f' "{version}": {{when: {{debian: {suite.release}}}}}'
    )
    return [documents.of_value(AXIS, value, message, hint)]


def _given(held: Iterable[Artifact]) -> dict[str, Artifact]:
    """Return the versions of Python among Debian packages: 3.13 -> its package."""
    given = {}
    for artifact in held:
        if INTERPRETER.fullmatch(artifact.name):
            version = MINOR.match(artifact.version)
            if version:
                given[version[1]] = artifact
    return given
