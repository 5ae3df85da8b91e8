"""Cells as Dockerfiles with their build contexts: exactly what BuildKit will see, byte for byte."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from jinja2 import TemplateError, TemplateSyntaxError

from builder.catalog.model import Layer
from builder.debian.environment import DEFAULT_PATH
from builder.errors import InputError, Problem
from builder.graph.accounts import given, own
from builder.graph.model import Cell, Graph, ImagePoint
from builder.kinds import table
from builder.lock.model import Lock
from builder.oci.model import EPOCH, ImageConfig
from builder.render.jinja import environment
from builder.tree import File, Tree

PARENT = "parent"
ARTIFACTS = "artifacts"


def user(graph: Graph, cell: Cell) -> str:
    """Return the user that the cell's ancestors give to images: the one who installs Python
    packages.
    """
    layers = [graph.cells[ancestor].layer for ancestor in cell.ancestors]
    ranked = sorted((layer for layer in layers if layer.user), key=lambda layer: layer.priority)
    return ranked[-1].user or "0" if ranked else "0"


def dockerfile(graph: Graph, cell: Cell, lock: Lock, directory: Path) -> str:
    """Return the cell's Dockerfile; `directory` is the layer's own."""
    steps = _steps(graph, cell, lock, directory, artifacts=f"from={ARTIFACTS}", files="files")
    return environment.get_template("cell.Dockerfile.j2").render(
        parent=PARENT, epoch=EPOCH, steps=steps
    )


def context(graph: Graph, cell: Cell, lock: Lock, directory: Path) -> Tree:
    """Return the build context: the Dockerfile and the layer's files. A bootstrapped cell has
    none.
    """
    if cell.layer.bootstrap:
        return Tree({})
    files = {"Dockerfile": File(dockerfile(graph, cell, lock, directory).encode())}
    return Tree(files | _files(directory, "files"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a flat Dockerfile."""

    name: str
    """Empty for the last one, which is the image."""
    roots: list[str]
    """Ids of bootstrapped cells."""
    steps: list[tuple[Cell, str]]
    """Cells with their instructions; of those that another stage builds, what copies them from
    there."""


def flat(
    graph: Graph,
    image: ImagePoint,
    lock: Lock,
    directories: Mapping[str, Path],
    config: ImageConfig,
) -> Tree:
    """Return the Dockerfile that builds the whole image at once, and the files of its layers.

    A cell that was not built on what the image holds gets a stage of its own. What it also needs in
    its context: `roots/<cell>.tar` of bootstrapped cells, `artifacts/<cell>/`, and `seal/`.
    """

    def instructions(cell: Cell) -> str:
        places = {"artifacts": f"source=artifacts/{cell.id}", "files": f"files/{cell.name}"}
        return _steps(graph, cell, lock, directories[cell.name], **places)

    stages = list(_stages(graph, "", image.cells, instructions))
    files: dict[str, File] = {}
    for cell, _ in (step for stage in stages for step in stage.steps):
        files |= _files(directories[cell.name], f"files/{cell.name}")
    template = environment.get_template("flat.Dockerfile.j2")
    text = template.render(
        image=image, stages=stages, config=config, epoch=EPOCH, default_path=":".join(DEFAULT_PATH)
    )
    return Tree({"Dockerfile": File(text.encode())} | files)


def _stages(
    graph: Graph, name: str, cells: Sequence[str], instructions: Callable[[Cell], str]
) -> Iterator[Stage]:
    """Yield the stage that puts these cells on each other, after the stages of those cells that
    were built on others.
    """
    steps = []
    for cell in (graph.cells[cell] for cell in cells):
        if cell.layer.once and name != _stage_of(cell) and not set(cell.ancestors) <= set(cells):
            yield from _stages(graph, _stage_of(cell), [*cell.ancestors, cell.id], instructions)
            steps.append(
                (
                    cell,
                    environment.get_template("copy.j2").render(
                        layer=cell.layer, stage=_stage_of(cell)
                    ),
                )
            )
        elif not cell.layer.bootstrap:
            steps.append((cell, instructions(cell)))
    yield Stage(
        name=name, roots=[cell for cell in cells if graph.cells[cell].layer.bootstrap], steps=steps
    )


def _stage_of(cell: Cell) -> str:
    return f"once-{cell.name}"


def _steps(
    graph: Graph, cell: Cell, lock: Lock, directory: Path, *, artifacts: str, files: str
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
        "artifacts": artifacts,
        "env": layer.env,
        "path": layer.path,
        "user": user(graph, cell),
        "early": table.templates(piece.artifacts, early=True),
        "late": table.templates(piece.artifacts, early=False),
        "auto": piece.auto,
        "files": files if (directory / "files").is_dir() else "",
        "modes": list(_modes(layer, directory / "files")),
        "prepare": _shell(layer.prepare, cell.point),
        "run": _shell(layer.run, cell.point),
    }
    template = directory / "Dockerfile.j2"
    if template.is_file():
        return "\n" + _rendered(template, values)
    return environment.get_template("steps.j2").render(values)


def _rendered(own: Path, values: Mapping[str, object]) -> str:
    """Render a layer's own template.

    Raises:
        InputError: it is no template, or names what is not there.

    """
    try:
        return environment.from_string(own.read_text()).render(values)
    except TemplateSyntaxError as error:
        raise InputError(
            [Problem(str(own), error.lineno, 0, error.message or "not a Jinja template")]
        ) from error
    except (TemplateError, UnicodeDecodeError) as error:
        line = next(
            (
                frame.lineno or 0
                for frame in reversed(traceback.extract_tb(error.__traceback__))
                if frame.filename == "<template>"
            ),
            0,
        )
        raise InputError(
            [
                Problem(
                    str(own), line, 0, str(error), f"a template knows {', '.join(sorted(values))}"
                )
            ]
        ) from error


def _modes(layer: Layer, source: Path) -> Iterator[Mapping[str, str]]:
    """Yield, for each entry of the layer's `files`, mode and owner with the paths that its glob
    means, quoted for a shell.
    """
    there = sorted(f"/{path.relative_to(source).as_posix()}" for path in source.rglob("*"))
    for entry in layer.files:
        paths = [path for path in there if fnmatchcase(path, entry.path)]
        yield {"mode": entry.mode or "", "owner": entry.owner or "", "path": shlex.join(paths)}


def _files(directory: Path, into: str) -> dict[str, File]:
    source = directory / "files"
    found = sorted(path for path in source.rglob("*") if path.is_file())
    return {
        f"{into}/{path.relative_to(source).as_posix()}": File(
            path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644
        )
        for path in found
    }


def _shell(script: str, point: Mapping[str, str]) -> str:
    """Return the script with the point's axes as variables in front of it."""
    if not script.strip():
        return ""
    axes = "\n".join(f"export AXIS_{name.upper()}={value}" for name, value in point.items())
    return f"{axes}\n{script}"
