"""States of a catalog: of a git revision or in a directory, with what is built of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.cells import compose, records
from builder.debian.model import Summary
from builder.digest import canonical, sha256
from builder.errors import InputError, Problem
from builder.events import Monitor, Note
from builder.execute.project import Project, image_ref, open_project
from builder.graph.model import ImagePoint
from builder.graph.moved import Blobs, ImageState, State
from builder.lock.encode import HEAD
from builder.lock.file import read as read_lock
from builder.lock.model import NAME, Lock
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.settings import Settings
from builder.tools import git

REVISION = "rev:"
"""Before a git revision that has the name of a file, too."""
SUFFIXES = {".yaml", ".yml"}
STATES = f"name a git revision (`{REVISION}NAME` if a file has its name), a catalog, or a lock"


def state_of(
    word: str, argument: str, catalog: Path, settings: Settings, monitor: Monitor
) -> State:
    """Return the state that a word names: a directory with a catalog or only with its lock, or a
    git revision of the repository that `catalog` is in. The store is that of the settings.

    Raises:
        InputError: there is no such state, or it has no lock that can be read.

    """
    path = Path(word)
    if word.startswith(REVISION) or not path.exists():
        revision = word.removeprefix(REVISION)
        with catalog_at(catalog, revision, argument) as there:
            return _state(word, there, settings, monitor)
    if path.is_file() and path.suffix not in SUFFIXES:
        message = f"{word!r} is a file, and no catalog"
        raise InputError([Problem(argument, 0, 0, message, STATES)])
    if path.is_dir() and not (path / catalog.name).exists():
        return State(name=word, lock=_lock(path))
    file = path / catalog.name if path.is_dir() else path
    return _state(word, file, settings, monitor)


@contextmanager
def catalog_at(catalog: Path, revision: str | None, argument: str = "--from") -> Iterator[Path]:
    """Return the path of the catalog; with a revision, of a copy as it was at that revision.

    Raises:
        InputError: there is no such revision.

    """
    if revision is None:
        yield catalog
        return
    with TemporaryDirectory() as name:
        git.export(catalog.parent, revision, Path(name), argument=argument)
        yield Path(name) / catalog.name


def _lock(directory: Path) -> Lock:
    """Return the lock in a directory, which may be the lock itself."""
    return read_lock(directory if (directory / HEAD).exists() else directory / NAME)


def _state(word: str, catalog: Path, settings: Settings, monitor: Monitor) -> State:
    """Return a catalog's state; if this program cannot use the catalog, that of its lock alone."""
    lock = _lock(catalog.parent)
    try:
        project = open_project(catalog)
    except InputError as error:
        first = error.problems[0].message
        said = f"{word}: only its lock is compared, as its catalog cannot be used: {first}"
        monitor(Note(said, "warning"))
        return State(name=word, lock=lock)
    project = replace(project, settings=replace(project.settings, store=settings.store))
    return _built(word, project)


def _built(word: str, project: Project) -> State:
    images = {}
    for name, image in project.graph.images.items():
        images[name] = ImageState(
            cells=image.cells,
            about=sha256(canonical(asdict(project.config(name)))),
            blobs=_image(project, image),
        )
    summaries = _summaries(project)
    return State(
        name=word,
        lock=project.lock,
        graph=project.graph,
        keys={cell: made.key for cell, made in project.inputs.items()},
        blobs={cell: deltas([summary]) for cell, summary in summaries.items()},
        images=images,
    )


def _summaries(project: Project) -> dict[str, Summary]:
    """Return what is known of each cell that is built."""
    known: dict[str, Summary] = {}
    for cell, made in project.inputs.items():
        manifest = records.find(project.store, made.key)
        if manifest is not None:
            known[cell] = records.summary(project.store, manifest)
    return known


def _image(project: Project, image: ImagePoint) -> Blobs | None:
    """Return the layers of an image; None where a cell of it is not built."""
    manifests = [records.find(project.store, project.inputs[cell].key) for cell in image.cells]
    built = [manifest for manifest in manifests if manifest is not None]
    if len(built) < len(manifests):
        return None
    return layers(project, image, [records.summary(project.store, one) for one in built])


def layers(project: Project, image: ImagePoint, stack: Sequence[Summary]) -> Mapping[str, int]:
    """Return the layers of an image; without the seal if it is not put together yet."""
    manifests = [records.find(project.store, summary.key) for summary in stack]
    digests = [manifest.digest for manifest in manifests if manifest is not None]
    key = project.image_key(image.id, digests)
    composed = compose.find(project.store, image_ref(image.id, key), key)
    return deltas(stack) if composed is None else blobs_of(project.store, composed)


def blobs_of(store: Store, manifest: Descriptor) -> Mapping[str, int]:
    """Return the layers of an image by digest, each with its size."""
    return {layer["digest"]: layer["size"] for layer in store.read_json(manifest)["layers"]}


def deltas(stack: Sequence[Summary]) -> Mapping[str, int]:
    """Return the layers of cells by digest, each with its size."""
    sizes: dict[str, int] = {}
    for summary in stack:
        sizes.update({chunk.blob.digest: chunk.blob.size for chunk in summary.delta})
    return sizes
