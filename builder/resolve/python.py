"""Python distributions: one resolution per Python over what all layers ask, and each cell's share
of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builder.errors import FetchError, InputError, Problem, ToolError
from builder.events import Note, Step
from builder.fetch.origin import unreachable
from builder.fetch.pypi import ORIGIN, client
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.lock.wheel import best, platform, supported
from builder.resolve.task import Found, Piece, Pieces, Task, asked, groups
from builder.tools.uv import Distribution, Uv

KIND, UNPACKED = "python", "wheel"
AXES = ("python", "arch", "debian")
# For wheels that are only unpacked, and so are made for no Python in particular.
ANY_PYTHON = "3.13"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One Python on one architecture, with a resolver for it."""

    uv: Uv
    python: str
    arch: str

    def compile(
        self,
        requirements: Sequence[str],
        *,
        where: str,
        constraints: Mapping[str, str] | None = None,
        preferences: Mapping[str, str] | None = None,
        dependencies: bool = True,
    ) -> tuple[Distribution, ...]:
        """Resolve requirements; `where` says whose they are."""
        try:
            return self.uv.compile(
                requirements,
                python=self.python,
                platform=platform(self.arch),
                constraints=constraints,
                preferences=preferences,
                dependencies=dependencies,
            )
        except ToolError as error:
            raise _failure(error, where, self.python) from error

    def artifact(self, distribution: Distribution, kind: str = KIND) -> Artifact:
        """Return the one wheel of a distribution that fits this Python best.

        Raises:
            InputError: none fits.

        """
        wheels = {wheel.file: wheel for wheel in distribution.wheels}
        name = best(wheels, supported(self.python, self.arch))
        if name is None:
            message = (
                f"{distribution.name} {distribution.version} has no wheel for Python {self.python}"
                f" on {self.arch}"
            )
            raise InputError(
                [Problem(distribution.name, 0, 0, message, "ask for another version of it")]
            )
        wheel = wheels[name]
        return Artifact(
            id=f"{kind}:{distribution.name}={distribution.version}:{'-'.join(name.removesuffix('.whl').split('-')[-3:])}",
            kind=kind,
            name=distribution.name,
            version=distribution.version,
            origin=ORIGIN,
            locator=name,
            digest=f"sha256:{wheel.sha256}",
            size=wheel.size,
        )


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve the Python packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces: Pieces = {}
    for (python, arch, _), cells in groups(task.graph.cells.values(), AXES).items():
        asking = [cell for cell in cells if asked(cell, cell.layer.python)]
        if not any(task.resolves(cell.id) for cell in asking):
            continue
        if not python:
            raise InputError(
                [
                    Problem(
                        cell.name,
                        0,
                        0,
                        "asks for Python packages, and depends on no axis named python",
                    )
                    for cell in asking
                ]
            )
        pieces |= _group(
            task, Target(uv=client(task.settings), python=python, arch=arch or "amd64"), asking
        )
    return Found(pieces=pieces)


def unpacked(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve wheels that are not installed but unpacked, without what they depend on."""
    del before
    pieces: Pieces = {}
    for cell in task.cells:
        requirements = asked(cell, cell.layer.wheels)
        if not requirements:
            continue
        target = Target(
            uv=client(task.settings),
            python=cell.point.get("python", ANY_PYTHON),
            arch=cell.point.get("arch", "amd64"),
        )
        preferences = _versions(task.preferred([cell], UNPACKED))
        found = target.compile(
            requirements, where=cell.id, preferences=preferences, dependencies=False
        )
        pieces[cell.id] = Piece(
            artifacts=tuple(target.artifact(distribution, UNPACKED) for distribution in found)
        )
    return Found(pieces=pieces)


def _group(task: Task, target: Target, cells: Sequence[Cell]) -> Pieces:
    """Resolve the cells of one Python: the union first, then each cell's share, less what its
    ancestors hold.
    """
    task.monitor(Note(f"resolving Python {target.python} packages"))
    kept = {
        artifact.name: artifact
        for cell in cells
        if not task.resolves(cell.id)
        for artifact in task.locked(cell.id, KIND)
    }
    union = target.compile(
        _all(cells),
        where=f"all layers on Python {target.python}",
        constraints=_versions(kept),
        preferences=_versions(task.preferred(cells, KIND)),
    )
    artifacts = {distribution.name: target.artifact(distribution) for distribution in union} | kept
    pieces: Pieces = {}
    for cell in cells:
        if not task.resolves(cell.id):
            continue
        task.monitor(Step(cell.id, "running", "resolving Python packages"))
        below = [task.graph.cells[ancestor] for ancestor in cell.ancestors]
        found = target.compile(
            _all([*below, cell]), where=cell.id, constraints=_versions(artifacts)
        )
        held = {
            artifact.id
            for ancestor in cell.ancestors
            for artifact in task.result(ancestor, KIND, pieces)
        }
        pieces[cell.id] = Piece(
            artifacts=tuple(
                artifacts[item.name] for item in found if artifacts[item.name].id not in held
            )
        )
    return pieces


def _all(cells: Sequence[Cell]) -> list[str]:
    return sorted({requirement for cell in cells for requirement in asked(cell, cell.layer.python)})


def _versions(artifacts: Mapping[str, Artifact]) -> dict[str, str]:
    return {name: artifact.version for name, artifact in artifacts.items()}


def _failure(error: ToolError, where: str, python: str) -> FetchError | InputError:
    """Tell an index that does not answer from requirements that have no solution."""
    lost = unreachable(error.tail, ORIGIN)
    if lost:
        return lost
    return InputError(
        [Problem(where, 0, 0, f"the Python {python} packages do not resolve:\n{error.tail}")]
    )
