"""A cell as a Dockerfile with its build context: exactly what BuildKit will see, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.graph.build import wanted
from builder.graph.model import Cell, Graph
from builder.lock.model import Slice
from builder.oci.model import EPOCH
from builder.render.jinja import environment
from builder.tree import File, Tree

PARENT = "parent"
ARTIFACTS = "artifacts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names of the contexts in the Dockerfile: they differ where several cells stand in one file."""

    parent: str = PARENT
    artifacts: str = ARTIFACTS


def user(graph: Graph, cell: Cell) -> str:
    """Return the user that the cell's ancestors give to images: the one who installs Python packages."""
    layers = [graph.cells[ancestor].layer for ancestor in cell.ancestors]
    ranked = sorted((layer for layer in layers if layer.user), key=lambda layer: layer.priority)
    return ranked[-1].user or "0" if ranked else "0"


def dockerfile(graph: Graph, cell: Cell, piece: Slice, directory: Path, names: Names | None = None) -> str:
    """Return the cell's Dockerfile; `directory` is the layer's own."""
    names = names or Names()
    own = directory / "Dockerfile.j2"
    template = environment.from_string(own.read_text()) if own.is_file() else environment.get_template("cell.Dockerfile.j2")
    layer = cell.layer
    return template.render(
        cell=cell,
        parent=names.parent,
        artifacts=names.artifacts,
        epoch=EPOCH,
        axes=cell.point,
        env=layer.env,
        path=layer.path,
        user=user(graph, cell),
        apt=any(artifact.startswith("deb:") for artifact in piece.artifacts),
        auto=piece.auto,
        files=(directory / "files").is_dir(),
        prepare=_shell(layer.prepare, cell.point),
        python="requirements.txt" in piece.files,
        run=_shell(layer.run, cell.point),
        modes=layer.files,
    )


def context(graph: Graph, cell: Cell, piece: Slice, directory: Path) -> Tree:
    """Return the build context: the Dockerfile and the layer's files."""
    files: dict[str, File] = {"Dockerfile": File(dockerfile(graph, cell, piece, directory).encode())}
    for path in sorted((directory / "files").rglob("*")):
        if path.is_file():
            name = path.relative_to(directory).as_posix()
            files[name] = File(path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
    return Tree(files)


def asked(cell: Cell) -> Mapping[str, tuple[str, ...]]:
    """Return what the cell asks for by name, by kind."""
    return {"deb": wanted(cell.layer.apt, cell.point), "python": wanted(cell.layer.python, cell.point)}


def _shell(script: str, point: Mapping[str, str]) -> str:
    """Return the script with the point's axes as variables in front of it."""
    if not script.strip():
        return ""
    axes = "\n".join(f"export AXIS_{name.upper()}={value}" for name, value in point.items())
    return f"{axes}\n{script}"
