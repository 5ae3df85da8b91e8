"""Cells as Dockerfiles with their build contexts: exactly the bytes that BuildKit gets."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from builder import confined
from builder.catalog import script
from builder.catalog.folder import Folder, folder
from builder.catalog.model import Layer
from builder.debian.environment import DEFAULT_PATH
from builder.errors import InputError, Problem
from builder.graph.accounts import given, own
from builder.graph.model import Cell, Graph, ImagePoint
from builder.kinds import table
from builder.lock.model import Lock
from builder.oci.model import EPOCH, ImageConfig
from builder.render import backport, lines
from builder.render.config import config as config_of
from builder.render.jinja import environment
from builder.templates import sandbox
from builder.templates.sandbox import RenderError
from builder.tree import File, Tree

PARENT = "parent"
ARTIFACTS, FILES, SCRIPTS = "artifacts", "files", "scripts"


def user(graph: Graph, cell: Cell) -> str:
    """Return the user that the cell's ancestors set: this user installs Python packages."""
    layers = [graph.cells[ancestor].layer for ancestor in cell.ancestors]
    return config_of(layers, "", {}).user or "0"


def dockerfile(
    graph: Graph, cell: Cell, lock: Lock, directory: Path | Folder, *, marked: bool = False
) -> str:
    """Return the cell's Dockerfile; `directory` is the layer's own. In a `marked` one, the lines
    from Dockerfile.j2 contain their numbers (see `builder.render.lines`): it cannot be built.
    """
    places = Places(artifacts=f"from={ARTIFACTS}", files=FILES, scripts=SCRIPTS)
    steps = _steps(graph, cell, lock, directory, places, marked=marked)
    return environment.get_template("cell.Dockerfile.j2").render(
        parent=PARENT, epoch=EPOCH, steps=steps
    )


def context(graph: Graph, cell: Cell, lock: Lock, directory: Path | Folder) -> Tree:
    """Return the build context: the Dockerfile and the layer's files. A bootstrapped cell has
    none.
    """
    if cell.layer.bootstrap:
        return Tree({})
    files = {"Dockerfile": File(dockerfile(graph, cell, lock, directory).encode())}
    for name, text in backport.dockerfiles(cell, lock).items():
        files[backport.path(name)] = File(text.encode())
    return Tree(files | _files(directory, FILES) | _scripts(cell.layer, directory, SCRIPTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the parts of a cell are in a build context."""

    artifacts: str
    """As an option of a mount."""
    files: str
    scripts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStep:
    """One of a layer's scripts in a Dockerfile."""

    key: str
    text: str
    is_file: bool = False
    """Whether it is run as a file; its first line then names the interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a flat Dockerfile."""

    name: str
    """Empty for the last one, which is the image."""
    roots: list[str]
    """Ids of bootstrapped cells."""
    steps: list[tuple[Cell, str]]
    """Cells with their instructions; for a cell of another stage, these copy it from there."""


def flat(
    graph: Graph,
    image: ImagePoint,
    lock: Lock,
    directories: Mapping[str, Path | Folder],
    config: ImageConfig,
) -> Tree:
    """Return the Dockerfile that builds the whole image at once, and the files of its layers.

    A cell that was not built on cells of the image gets its own stage. The context also
    needs `roots/<cell>.tar` for bootstrapped cells, `artifacts/<cell>/`, and `seal/`.
    """

    def instructions(cell: Cell) -> str:
        places = Places(
            artifacts=f"source=artifacts/{cell.id}",
            files=f"{FILES}/{cell.name}",
            scripts=f"{SCRIPTS}/{cell.name}",
        )
        return _steps(graph, cell, lock, directories[cell.name], places)

    stages = list(_stages(graph, "", image.cells, instructions))
    files: dict[str, File] = {}
    for stage in stages:
        for cell, _ in stage.steps:
            directory = directories[cell.name]
            files |= _files(directory, f"{FILES}/{cell.name}")
            files |= _scripts(cell.layer, directory, f"{SCRIPTS}/{cell.name}")
    template = environment.get_template("flat.Dockerfile.j2")
    text = template.render(
        image=image, stages=stages, config=config, epoch=EPOCH, default_path=":".join(DEFAULT_PATH)
    )
    return Tree({"Dockerfile": File(text.encode())} | files)


def _stages(
    graph: Graph, name: str, cells: Sequence[str], instructions: Callable[[Cell], str]
) -> Iterator[Stage]:
    """Yield the stage that stacks these cells, after the stages of cells built on other cells."""
    steps = []
    for cell in (graph.cells[cell] for cell in cells):
        if cell.layer.once and name != _stage_of(cell) and not set(cell.ancestors) <= set(cells):
            yield from _stages(graph, _stage_of(cell), [*cell.ancestors, cell.id], instructions)
            copy = environment.get_template("copy.j2")
            steps.append((cell, copy.render(layer=cell.layer, stage=_stage_of(cell))))
        elif not cell.layer.bootstrap:
            steps.append((cell, instructions(cell)))
    yield Stage(
        name=name, roots=[cell for cell in cells if graph.cells[cell].layer.bootstrap], steps=steps
    )


def _stage_of(cell: Cell) -> str:
    return f"once-{cell.name}"


def _steps(
    graph: Graph,
    cell: Cell,
    lock: Lock,
    directory: Path | Folder,
    places: Places,
    *,
    marked: bool = False,
) -> str:
    """Return the instructions of a cell: those that its layer.yaml leads to, or the layer's own
    Dockerfile.j2 (which may include them).

    Raises:
        InputError: as `_rendered` does.

    """
    layer, piece, ids = cell.layer, lock.cells[cell.id], given(cell, lock)
    values = {
        "cell": cell,
        "accounts": bool(ids),
        "own_accounts": any(one.name in ids for one in own(cell)),
        "axes": cell.point,
        "artifacts": places.artifacts,
        "env": layer.env,
        "path": layer.path,
        "user": user(graph, cell),
        "early": table.templates(piece.artifacts, early=True),
        "late": table.templates(piece.artifacts, early=False),
        "auto": piece.auto,
        "debs": any(name.startswith("deb:") for name in piece.artifacts),
        "backports": bool(layer.backports),
        "files": places.files if folder(directory).paths(FILES) else "",
        "modes": list(_modes(layer, directory)),
        "prepare": _step(layer, "prepare", directory),
        "scripts": places.scripts,
        "run": _step(layer, "run", directory),
    }
    template = directory / "Dockerfile.j2"
    if template.is_file():
        return "\n" + _rendered(template, values, marked=marked)
    return environment.get_template("steps.j2").render(values)


def _rendered(own: Path, values: Mapping[str, object], *, marked: bool) -> str:
    """Render a layer's own template.

    Raises:
        InputError: it is not a template, or uses an unknown name.

    """
    try:
        text = confined.read(own.parent, own.name).decode()
        text = lines.marked(text) if marked else text
        return sandbox.render(environment, text, values)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem(str(own), line, 0, f"is not UTF-8: {error}")
    except RenderError as error:
        hint = f"a template can use {', '.join(sorted(values))}"
        problem = Problem(str(own), error.line, 0, str(error), hint)
    raise InputError([problem])


def _modes(layer: Layer, directory: Path | Folder) -> Iterator[Mapping[str, str]]:
    """Yield, for each entry of the layer's `files`, mode and owner with the paths that its glob
    matches, quoted for a shell.
    """
    there = [f"/{path}" for path in folder(directory).paths(FILES)]
    for entry in layer.files:
        paths = [path for path in there if fnmatchcase(path, entry.path)]
        yield {"mode": entry.mode or "", "owner": entry.owner or "", "path": shlex.join(paths)}


def _files(directory: Path | Folder, into: str) -> dict[str, File]:
    """Return the contents of a layer's files/. Of the modes, only what git records counts, because
    the umask may differ between checkouts.
    """
    files: dict[str, File] = {}
    for name, about in folder(directory).files(FILES):
        data = folder(directory).read(f"{FILES}/{name}")
        is_program = about.st_mode & 0o100
        files[f"{into}/{name}"] = File(data, 0o755 if is_program else 0o644)
    return files


def _scripts(layer: Layer, directory: Path | Folder, into: str) -> dict[str, File]:
    """Return the files of scripts that are not bash: these are run as files."""
    files: dict[str, File] = {}
    for key, name in script.files(layer):
        if not script.read(layer, key, directory).is_bash:
            files[f"{into}/{name}"] = File(folder(directory).read(name), 0o755)
    return files


def _step(layer: Layer, key: str, directory: Path | Folder) -> ScriptStep | None:
    """Return the step of a Dockerfile for one of the layer's scripts, or None if there is none."""
    read = script.read(layer, key, directory)
    if not read.is_bash:
        return ScriptStep(key=key, text=f"/scripts/{read.file}", is_file=True)
    # Leading blank lines stay, so that line numbers are those of the script's file.
    return ScriptStep(key=key, text=read.text.rstrip()) if read.text.strip() else None
