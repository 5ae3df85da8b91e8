"""What images of a project hold, for databases of vulnerabilities: by recorded facts, and by the
lock where a cell is not built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from builder.cells import records
from builder.execute.hold import held as holding
from builder.execute.project import Project
from builder.graph.model import ImagePoint
from builder.kinds.table import BY_NAME
from builder.lock.ecosystem import GO_MOD, osv_packages, release_of, releases
from builder.lock.model import Artifact
from builder.sbom import contents, urls
from builder.sbom.contents import Contents
from builder.vulnerabilities.model import Held
from builder.vulnerabilities.names import VERSION
from builder.vulnerabilities.names import held as named


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the cells of images hold."""

    held: tuple[Held, ...]
    unbuilt: tuple[str, ...]
    """The cells of which only the lock says what they hold."""


def holdings(project: Project, *, locked: bool = False) -> Holdings:
    """Return what the images of a project hold; with `locked`, what the lock says of all of them.

    Raises:
        IntegrityError: what the store has of a cell is damaged.

    """
    known = {} if locked else _contents(project)
    numbers = releases(project.lock)
    found: dict[Held, None] = {}
    seen: set[tuple[str, str]] = set()
    for image in project.graph.images.values():
        release = _release(image, known)
        for cell in image.cells:
            # What a cell holds is the same in all images of a Debian release.
            where = cell, release.get(VERSION, "")
            if where in seen:
                continue
            seen.add(where)
            if cell in known:
                there = _recorded(project, cell, known[cell], release)
            else:
                number = release_of(project.lock, cell, numbers)
                there = _of_lock(_artifacts(project, cell), cell, number)
            found.update(dict.fromkeys(there))
    unbuilt = sorted({cell for cell, _ in seen} - known.keys())
    return Holdings(held=tuple(found), unbuilt=tuple(unbuilt))


def _contents(project: Project) -> Mapping[str, Contents]:
    """Return what is recorded of each cell that is built."""
    known: dict[str, Contents] = {}
    with holding(project):
        for cell, inputs in project.inputs.items():
            manifest = records.find(project.store, inputs.key)
            if manifest is not None:
                known[cell] = contents.known(project.store, manifest)
    return known


def _release(image: ImagePoint, known: Mapping[str, Contents]) -> Mapping[str, str]:
    """Return the fields of an image's os-release."""
    fields: dict[str, str] = {}
    for cell in image.cells:
        if cell in known:
            fields.update(known[cell].release)
    return fields


def _recorded(
    project: Project, cell: str, known: Contents, release: Mapping[str, str]
) -> Iterator[Held]:
    """Yield what files of a cell describe, and what its script unpacked, which the lock has."""
    for package in known.packages:
        yield named(package, cell, release)
    unpacked = [one for one in _artifacts(project, cell) if BY_NAME[one.kind].unpacked]
    yield from _of_lock(unpacked, cell, release.get(VERSION, ""))


def _artifacts(project: Project, cell: str) -> Iterator[Artifact]:
    """Yield what the lock has for a cell that may stay in an image."""
    for name in project.lock.cells[cell].artifacts:
        artifact = project.lock.artifacts[name]
        if BY_NAME[artifact.kind].url and not artifact.name.endswith(GO_MOD):
            yield artifact


def _of_lock(artifacts: Iterable[Artifact], cell: str, release: str) -> Iterator[Held]:
    for artifact in artifacts:
        for package in osv_packages(artifact, release):
            yield Held(
                kind=artifact.kind,
                name=artifact.name,
                version=artifact.version,
                url=urls.of_artifact(artifact),
                cell=cell,
                osv=package,
            )
