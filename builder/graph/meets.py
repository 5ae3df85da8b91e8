"""Whether cells that no listed image holds together may meet: they agree on every package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builder.catalog.mix import ARGUMENT, is_mix
from builder.errors import Problem
from builder.graph.model import Graph
from builder.kinds import table
from builder.lock.model import Lock

ENVIRONMENTS = {kind.name: kind.url for kind in table.KINDS if kind.installed}
"""Kinds of which an image has one version of each package -> what it is installed into: kinds that
share it must agree, too.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two cells that have one package in two versions."""

    package: str
    """As the lock calls it: `<kind>:<name>`."""
    cells: tuple[str, str]
    versions: tuple[str, str]

    def __str__(self) -> str:
        """Return it in words."""
        pairs = zip(self.cells, self.versions, strict=True)
        return f"{self.package} is " + " and ".join(f"{ver} in {cell}" for cell, ver in pairs)


def clashes(lock: Lock, cells: Sequence[str]) -> Iterator[Clash]:
    """Yield the packages on which cells of one image do not agree, each once.

    A lock decides versions for layers that some listed image has together; others were free to
    differ.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    told: set[tuple[str, str]] = set()
    for cell in cells:
        for name in lock.cells[cell].artifacts:
            artifact = lock.artifacts[name]
            environment = ENVIRONMENTS.get(artifact.kind)
            if environment is None:
                continue
            package = environment, artifact.name
            other, version = first.setdefault(package, (cell, artifact.version))
            if version != artifact.version and package not in told:
                told.add(package)
                yield Clash(
                    package=f"{artifact.kind}:{artifact.name}",
                    cells=(other, cell),
                    versions=(version, artifact.version),
                )


def refused(lock: Lock, graph: Graph) -> Iterator[Problem]:
    """Yield why images that the catalog does not list cannot be had: their cells do not agree."""
    for image in graph.images.values():
        is_locked = all(cell in lock.cells for cell in image.cells)
        for clash in clashes(lock, image.cells) if is_mix(image.id) and is_locked else ():
            hint = "list an image that has both layers, and `catalog lock` looks for one version"
            yield Problem(ARGUMENT, 0, 0, f"{image.id} cannot be put together: {clash}", hint)


def unlisted(graph: Graph) -> frozenset[str]:
    """Return the cells that only images have which the catalog does not list."""
    listed: set[str] = set()
    for image in graph.images.values():
        if not is_mix(image.id):
            listed.update(image.cells)
            listed.update(*(graph.cells[cell].ancestors for cell in image.cells))
    return frozenset(graph.cells) - listed
