"""The table of kinds of artifact, and functions that use it.

A new kind is a module and a row here, and one of the same name in `builder.resolve.kinds`: its key
is then checked, locked, fetched, mounted under /artifacts, installed, and recognized after a build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from builder.catalog.conditions import absent, wanted
from builder.catalog.model import Layer
from builder.confined import steps
from builder.errors import IntegrityError
from builder.kinds import archive, backport, debian, go, julia, maven, npm, python, r, rust
from builder.kinds.model import ArtifactKind, Bytes, Point
from builder.lock.model import Artifact, Slice

# In the order in which they are installed and listed.
KINDS: tuple[ArtifactKind, ...] = (
    debian.DEB,
    debian.BUILD,
    backport.BACKPORT,
    backport.BUILD_DEPENDENCY,
    python.PYTHON,
    python.SHARED,
    python.WHEEL,
    python.SDIST,
    r.R_PACKAGES,
    julia.ARTIFACT,
    julia.JULIA,
    npm.NPM,
    debian.SOURCE,
    archive.ARCHIVE,
    maven.MAVEN,
    go.GO,
    rust.CRATE,
)
BY_NAME: Mapping[str, ArtifactKind] = {kind.name: kind for kind in KINDS}
ASKED_FOR = tuple(kind for kind in KINDS if kind.key)
"""The kinds that a layer can ask for."""
INSTALLED = tuple(kind for kind in KINDS if kind.installed)
STATEMENTS = tuple(kind.statement for kind in KINDS if kind.statement)
_TRACES = tuple((kind.name, kind.trace) for kind in KINDS if kind.trace)


def wishes(layer: Layer, point: Point) -> dict[str, object]:
    """Return what a layer asks for at a point, by key, without what is empty."""
    by_key = {kind.key: kind.wishes(layer, point) for kind in ASKED_FOR}
    return {key: value for key, value in by_key.items() if value}


def names(layer: Layer, point: Point) -> dict[str, tuple[str, ...]]:
    """Return the packages that a layer asks for by name at a point, by kind."""
    asked: dict[str, tuple[str, ...]] = {}
    for kind in INSTALLED:
        texts = wanted(getattr(layer, kind.key), point)
        asked[kind.name] = tuple(kind.package(text) for text in texts)
    return asked


def left_out(layer: Layer, point: Point) -> dict[str, str]:
    """Return what a layer installs at other points alone, by name, with the reason. What is left to
    its `run` is nothing that users look for.
    """
    reasons: dict[str, str] = {}
    for kind in INSTALLED:
        if kind.template:
            away = absent(getattr(layer, kind.key), point)
            reasons.update({kind.package(text): why for text, why in away.items()})
    return reasons


def place(artifact: Artifact) -> PurePosixPath:
    """Return an artifact's path under /artifacts.

    Raises:
        IntegrityError: the path leads out of it.

    """
    path = placed(artifact)
    if path is None:
        raise LookupError(f"artifacts of the kind {artifact.kind} have no place under /artifacts")
    return path


def placed(artifact: Artifact) -> PurePosixPath | None:
    """Do the same; None for a kind that has no place there."""
    kind = BY_NAME[artifact.kind]
    if kind.place is None:
        return None
    path = kind.place(artifact)
    try:
        steps(path.as_posix())
    except IntegrityError:
        raise IntegrityError(
            f"{artifact.id} would be written to {path}, outside the build",
            hint="the lock was tampered with: restore it from version control",
        ) from None
    return path


def following(artifacts: Iterable[Artifact]) -> dict[str, str]:
    """Return the files for the build that follow from these artifacts, by path."""
    given = tuple(artifacts)
    files: dict[str, str] = {}
    for kind in KINDS:
        if kind.follows:
            files |= kind.follows(given)
    return files


def complete(piece: Slice, artifacts: Mapping[str, Artifact]) -> Slice:
    """Return a slice with the files that follow from its artifacts."""
    files = following(artifacts[name] for name in piece.artifacts)
    return replace(piece, files={**piece.files, **files})


def templates(artifacts: Iterable[str], *, early: bool) -> list[str]:
    """Return the templates that install artifacts with these ids, each once, in the order of the
    table.
    """
    present = {artifact.partition(":")[0] for artifact in artifacts}
    there = (
        kind.template
        for kind in KINDS
        if kind.template and kind.early == early and kind.name in present
    )
    return list(dict.fromkeys(there))


def packages_told_by(
    path: str, mode: int, size: int, read: Bytes
) -> Iterator[tuple[str, str, str]]:
    """Yield the packages that a file of a build describes: (kind, name, version)."""
    for kind, trace in _TRACES:
        told = trace.read(path, size, read) if trace.fits(path, mode) else ()
        for name, version in told:
            if name and version:
                yield kind, writable(name), writable(version)


def writable(text: str) -> str:
    """Return a name or a version so that it can be written, as one from a file name may hold bytes
    that are no UTF-8.
    """
    return text.encode("utf-8", "replace").decode()
