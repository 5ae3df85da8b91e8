"""Images to look into: an image of the store, a cell on what it stands on, the state in which a
step of a build failed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import docker

from builder.cells import records
from builder.errors import BuilderError
from builder.events import Monitor, Note, Output
from builder.execute import backports
from builder.execute.cells import LOCKED
from builder.execute.hold import check_cells, hold, taken
from builder.execute.loading import load, pinned
from builder.execute.project import Project
from builder.execute.session import Session
from builder.execute.workshop import Workshop
from builder.fetch.context import context as lay_out
from builder.fetch.fetch import fetch
from builder.graph.model import Cell
from builder.oci.model import EPOCH
from builder.render.dockerfile import ARTIFACTS, FILES, PARENT, SCRIPTS
from builder.render.dockerfile import context as build_context
from builder.render.instructions import Cut, cut
from builder.tools import buildx, engine
from builder.tree import File, Tree

BASH = "/bin/bash"
STEP = "/step.sh"
"""Where the script of a step that failed is mounted."""
NO_NETWORK = "none"
ROOT = "0:0"


def check(project: Project, node: str) -> None:
    """Check that an image or a cell is what the catalog and its lock mean now.

    Raises:
        BuilderError: it is not built, or was built from something else.

    """
    if node in project.graph.images:
        with taken(project):
            return
    check_cells(project, node, [*project.graph.cells[node].ancestors, node])


def image_session(
    project: Project, client: docker.DockerClient, image: str, monitor: Monitor
) -> Session:
    """Return a shell in an image, which is brought into the engine.

    Raises:
        BuilderError: it is not built, or was built from something else.

    """
    with taken(project) as images:
        names = load(project, client, {image: images[image]}, monitor)
        pin = pinned(project, client, image, images[image])
    return Session(image=names[image], pinned=pin, entrypoint=BASH)


@contextlib.contextmanager
def cell_session(
    project: Project, client: docker.DockerClient, cell: Cell, monitor: Monitor
) -> Iterator[Session]:
    """Return a shell as root in a cell on what it stands on; the engine has that image while the
    context lasts.
    """
    shop = _workshop(project, "", monitor)
    with hold(project):
        check(project, cell.id)
        manifest = shop.compose([*cell.ancestors, cell.id])
        names = load(project, client, {_name(cell): manifest}, monitor)
    (reference,) = names.values()
    try:
        yield Session(image=reference, entrypoint=BASH, user=ROOT, network=NO_NETWORK)
    finally:
        engine.remove(client, reference)


@contextlib.contextmanager
def failed_session(
    project: Project, client: docker.DockerClient, cell: Cell, monitor: Monitor
) -> Iterator[Session]:
    """Return a shell in what the failed step of a cell's build had: everything up to that step, its
    user, no network, the artifacts at /artifacts, and its script at /step.sh.

    Raises:
        BuilderError: no build of the cell has failed here, or it runs no step.

    """
    log = failed_log(project, cell.id)
    if log is None:
        of_source = sorted((project.state / "logs").glob(f"*/{cell.id}.*.log"))
        if of_source:
            message = f"a source package of {cell.id} failed to build, before the cell itself"
            raise BuilderError(message, hint=f"what it said: {of_source[-1]}")
        message = f"no build of {cell.id} has failed here"
        raise BuilderError(message, hint=f"run `catalog build {cell.id}`")
    if cell.layer.bootstrap:
        message = f"{cell.id} is made by mmdebstrap, which leaves nothing to look into"
        raise BuilderError(message, hint=f"what it said: {log}")
    fetch(project.lock, [cell], project.settings, monitor, project.documents)
    with hold(project):
        staging = project.store.staging()
        try:
            yield from _at_failure(project, client, cell, (staging, log), monitor)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _at_failure(
    project: Project,
    client: docker.DockerClient,
    cell: Cell,
    places: tuple[Path, Path],
    monitor: Monitor,
) -> Iterator[Session]:
    """Build everything up to the failed step, and yield a shell on it. The places are those of
    files for the build, and of the log that tells which step failed.
    """
    staging, log = places
    source = project.loaded.layer_dirs[cell.name]
    files = build_context(project.graph, cell, project.lock, source)
    step = _step(cell, files, log)
    context, artifacts = staging / "context", staging / "artifacts"
    files.merged({"Dockerfile": File(step.before.encode())}).write(context, settled=False)
    artifacts.mkdir()
    lay_out(cell, project.lock, project.settings.cache, artifacts)
    backports.lay(_workshop(project, buildx.builder(), monitor), cell, artifacts)
    script = staging / "step.sh"
    script.write_text(step.script)
    reference = project.reference(_name(cell))
    monitor(Note(f"{cell.id}: preparing what the failed step had"))
    _build(project, cell, staging, reference, monitor)
    mounts = {"/artifacts": artifacts, STEP: script}
    for name in (FILES, SCRIPTS):
        if (context / name).is_dir():
            mounts[f"/{name}"] = context / name
    try:
        yield Session(image=reference, entrypoint=BASH, network=NO_NETWORK, mounts=mounts)
    finally:
        engine.remove(client, reference)


def _build(project: Project, cell: Cell, staging: Path, reference: str, monitor: Monitor) -> None:
    builder = buildx.builder()
    parent = _workshop(project, builder, monitor).compose(cell.ancestors)
    spec = buildx.Build(
        context=staging / "context",
        output=staging / "output",
        contexts={
            PARENT: f"oci-layout://{project.store.root}@{parent.digest}",
            ARTIFACTS: str(staging / "artifacts"),
        },
        log=staging / "log",
        arguments={"SOURCE_DATE_EPOCH": str(EPOCH), LOCKED: project.lock.moment},
    )
    buildx.load(spec, builder, reference, lambda line: monitor(Output(cell.id, line)))


def _step(cell: Cell, files: Tree, log: Path) -> Cut:
    """Return the step that failed, or the last one where the log does not say."""
    lines = log.read_text(errors="replace").splitlines()
    step = cut(files["Dockerfile"].data.decode(), buildx.broken_step(lines).line or None)
    if step is None:
        raise BuilderError(f"{cell.id} runs no step that could fail", hint=f"what it said: {log}")
    return step


def is_built(project: Project, cell: Cell) -> bool:
    """Tell whether a cell is in the store."""
    return records.find(project.store, project.inputs[cell.id].key) is not None


def failed_log(project: Project, cell: str) -> Path | None:
    """Return the log of the last build of a cell, if that failed or was interrupted."""
    logs = sorted((project.state / "logs").glob(f"*/{cell}.log"))
    if not logs or buildx.finished(logs[-1].read_text(errors="replace").splitlines()):
        return None
    return logs[-1]


def _workshop(project: Project, builder: str, monitor: Monitor) -> Workshop:
    logs = project.state / "logs"
    return Workshop(project=project, builder=builder, logs=logs, monitor=monitor)


def _name(cell: Cell) -> str:
    """Return a name and a tag for the engine, which no image of the catalog has."""
    layer, _, labels = cell.id.partition("@")
    return f"shell/{layer}:{labels or 'latest'}"
