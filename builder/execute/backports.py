"""Build source packages of other releases, each once: the packages stay in the cache, by all that
goes into them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from builder import confined
from builder.digest import canonical, sha256
from builder.documents import from_json
from builder.errors import BuilderError, IntegrityError, ToolError
from builder.events import Note, Output
from builder.execute.workshop import Workshop
from builder.fetch.context import lay_apart
from builder.graph.model import Cell
from builder.kinds.backport import KEY, KIND, WITH
from builder.oci.model import EPOCH
from builder.plan.key import FORMAT, relied_on
from builder.render.backport import ARTIFACTS, FILE, PARENT, dockerfiles
from builder.tools import buildx

INDEX = "index.json"
"""Beside the packages: their hashes."""
SHOWN = 20
"""Lines of output that are shown."""
LINES = 500
STEP = re.compile(r"catalog: step: (?P<step>.*)")


def lay(shop: Workshop, cell: Cell, directory: Path) -> None:
    """Put what is built of a cell's source packages where its build installs it from; what is not
    in the cache is built.

    Raises:
        BuilderError: a package does not build.

    """
    for name, text in dockerfiles(cell, shop.project.lock).items():
        made = _made(shop, cell, name, text)
        for file, digest in _index(made).items():
            data = confined.read(made, file)
            if sha256(data) != digest:
                message = f"{made / file} is not what was built"
                raise IntegrityError(message, hint=f"remove {made}, and run the build again")
            with confined.create(directory, f"{KEY}/{file}") as stream:
                stream.write(data)


def _made(shop: Workshop, cell: Cell, name: str, dockerfile: str) -> Path:
    """Return the directory in the cache that has the packages of a source package."""
    project = shop.project
    parts = _parts(shop, cell, name)
    document = {
        "format": FORMAT,
        "dockerfile": sha256(dockerfile.encode()),
        "artifacts": {one: project.lock.artifacts[one].digest for one in parts},
        "below": {
            below: relied_on(project.graph.cells[below], project.inputs[below].key)
            for below in _ground(shop, cell)
        },
    }
    place = project.settings.cache / KEY / sha256(canonical(document))
    if not (place / INDEX).is_file():
        if not shop.builder:
            hint = f"run `catalog build {cell.id}`"
            raise BuilderError(f"{name} of {cell.id} is not built on this machine", hint=hint)
        shop.monitor(Note(f"{cell.id}: building {name} from its source"))
        _build(shop, cell, name, dockerfile, place)
    return place


def _parts(shop: Workshop, cell: Cell, name: str) -> list[str]:
    """Return the ids of the files of a source package, and of what it is built with."""
    lock = shop.project.lock
    return [
        one
        for one in lock.cells[cell.id].artifacts
        if lock.artifacts[one].kind == WITH
        or (lock.artifacts[one].kind == KIND and lock.artifacts[one].name == name)
    ]


def _ground(shop: Workshop, cell: Cell) -> list[str]:
    cells = shop.project.graph.cells
    return [below for below in cell.ancestors if cells[below].layer.bootstrap]


def _build(shop: Workshop, cell: Cell, name: str, dockerfile: str, place: Path) -> None:
    """Build a source package into a directory of the cache, which has it as a whole or not at
    all.
    """
    project = shop.project
    staging = shop.store.staging()
    try:
        context, artifacts, output = (staging / part for part in ("context", ARTIFACTS, "output"))
        for directory in (context, artifacts):
            directory.mkdir()
        (context / FILE).write_text(dockerfile)
        parts = [project.lock.artifacts[one] for one in _parts(shop, cell, name)]
        lay_apart(parts, project.settings.cache, artifacts)
        parent = shop.compose(_ground(shop, cell))
        log = shop.log(f"{cell.id}.{name}")
        spec = buildx.Build(
            context=context,
            output=output,
            contexts={
                PARENT: f"oci-layout://{shop.store.root}@{parent.digest}",
                ARTIFACTS: str(artifacts),
            },
            log=log,
            arguments={"SOURCE_DATE_EPOCH": str(EPOCH)},
            cache=shop.cache,
        )
        try:
            buildx.export(spec, shop.builder, lambda line: shop.monitor(Output(cell.id, line)))
        except ToolError as error:
            raise _failed(shop, cell, name, log, error) from error
        _keep(output, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _keep(output: Path, place: Path) -> None:
    """Move what was built into the cache."""
    files = {path.name: sha256(path.read_bytes()) for path in sorted(output.glob("*.deb"))}
    beside = place.with_name(f"{place.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for file in files:
        shutil.copyfile(output / file, beside / file)
    (beside / INDEX).write_text(json.dumps(files, indent=1, sort_keys=True) + "\n")
    shutil.rmtree(place, ignore_errors=True)
    beside.rename(place)


def _index(place: Path) -> Mapping[str, str]:
    return {
        str(file): str(digest) for file, digest in from_json(confined.read(place, INDEX)).items()
    }


def _failed(shop: Workshop, cell: Cell, name: str, log: Path, error: ToolError) -> BuilderError:
    """Return the error that a source package does not build: its step, and what that printed."""
    project = shop.project
    lines = log.read_text(errors="replace").splitlines()[-LINES:] if log.exists() else []
    broken = buildx.broken_step(lines)
    printed = [line for line in broken.output if not STEP.fullmatch(line)]
    steps = [match["step"] for match in map(STEP.fullmatch, broken.output) if match]
    versions = [
        project.lock.artifacts[one].version
        for one in _parts(shop, cell, name)
        if project.lock.artifacts[one].kind == KIND
    ]
    problem = project.documents.of_layer(cell, KEY, "")
    place = f"{problem.file}:{problem.line}: " if problem.line else ""
    step = f"`{steps[-1]}`" if steps else "the build"
    ended = f"exited {broken.code}" if broken.code is not None else "failed"
    what = f"{name} {versions[0]} does not build for {cell.point['debian']}: {step} {ended}"
    tail = printed[-SHOWN:] or error.tail.splitlines()[-SHOWN:]
    text = "\n".join([f"{place}{what}", *(f"  {line}" for line in tail)])
    return BuilderError(f"{cell.id} failed to build:\n{text}", hint=f"all of it: {log}")
