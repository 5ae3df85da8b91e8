"""One Python on one architecture, and a resolver for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.errors import FetchError, ToolError
from builder.fetch.origin import unreachable
from builder.fetch.pypi import ORIGIN
from builder.lock.bound import requirement
from builder.lock.model import Artifact
from builder.lock.wheel import best, platform, supported
from builder.resolve.task import Task
from builder.resolve.worlds import Versions
from builder.tools.apt import without_user
from builder.tools.uv import Distribution, IndexFile, Uv

KIND, SHARED, UNPACKED, SDIST = "python", "shared", "wheel", "sdist"


class UnsolvableError(Exception):
    """Requirements have no solution; holds the resolver's message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One Python on one architecture, with a resolver for it."""

    uv: Uv
    python: str
    arch: str

    def compile(
        self,
        requirements: Collection[str],
        *,
        constraints: Versions | None = None,
        limits: Versions | None = None,
        bounds: Iterable[str] = (),
        preferences: Versions | None = None,
        dependencies: bool = True,
        sdists: bool = False,
        sources: Mapping[str, str] | None = None,
    ) -> tuple[Distribution, ...]:
        """Resolve requirements; see `builder.tools.uv.Uv.compile`.

        Raises:
            UnsolvableError: there is no solution.
            FetchError: the index does not answer.

        """
        try:
            return self.uv.compile(
                sorted(requirements),
                python=self.python,
                platform=platform(self.arch),
                constraints=constraints,
                limits=limits,
                bounds=bounds,
                preferences=preferences,
                dependencies=dependencies,
                sdists=sdists,
                sources=sources,
            )
        except ToolError as error:
            raise _failure(error, self.uv.further) from error

    def artifact(self, distribution: Distribution, kind: str = KIND) -> Artifact | None:
        """Return the wheel of a distribution that fits this Python best; None if none fits."""
        wheels = {wheel.file: wheel for wheel in distribution.wheels}
        name = best(wheels, supported(self.python, self.arch))
        if name is None:
            return None
        tags = "-".join(name.removesuffix(".whl").split("-")[-3:])
        return _artifact(kind, distribution, wheels[name], f":{tags}")

    def sdist(self, distribution: Distribution) -> Artifact | None:
        """Return the source of a distribution; None if the index has none."""
        return _artifact(SDIST, distribution, distribution.sdist) if distribution.sdist else None


def _artifact(kind: str, distribution: Distribution, file: IndexFile, tags: str = "") -> Artifact:
    # The same version of two indexes is two files.
    place = f"{tags}:{distribution.index}" if distribution.index else tags
    return Artifact(
        id=f"{kind}:{distribution.name}={distribution.version}{place}",
        kind=kind,
        name=distribution.name,
        version=distribution.version,
        origin=distribution.index or ORIGIN,
        locator=file.file,
        digest=f"sha256:{file.sha256}",
        # Only some indexes state the size of a file.
        size=0,
    )


def answering(
    texts: Iterable[str], moving: Mapping[str, Sequence[Artifact]]
) -> dict[str, list[Artifact]]:
    """Return the locked distributions whose versions answer what is asked for: no others can be
    kept within a bound.
    """
    kept = {name: list(locked) for name, locked in moving.items()}
    for text in texts:
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(wanted.name)
        answers = wanted.specifier.contains
        fitting = [one for one in kept.pop(name, []) if answers(one.version, prereleases=True)]
        if fitting:
            kept[name] = fitting
    return kept


def bounds_of(task: Task, moving: Mapping[str, Sequence[Artifact]]) -> set[str]:
    """Return the requirements that keep packages within the task's bound. Where cells have several
    versions of one, they have to be resolved apart.
    """
    everything = chain.from_iterable(moving.values())
    return {requirement(one.name, one.version, task.within) for one in everything}


def _failure(error: ToolError, further: Mapping[str, str]) -> FetchError | UnsolvableError:
    """Return the right error: an index does not answer, or there is no solution."""
    named = [name for name, url in further.items() if f"{without_user(url)}/" in error.tail]
    return unreachable(error.tail, named[0] if named else ORIGIN) or UnsolvableError(error.tail)
