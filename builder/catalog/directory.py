"""The directories of layers: which there are, and that they stay inside the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from builder.catalog.document import Document
from builder.catalog.model import Catalog
from builder.catalog.suggest import nearest
from builder.catalog.words import NAME
from builder.errors import Problem

LAYER = "layer.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands in the directory of layers."""

    layers: Mapping[str, tuple[Path, str]]
    """Name -> directory, and layer.yaml as problems call it."""
    broken: frozenset[str]
    """Names of directories that cannot be layers."""
    problems: tuple[Problem, ...]
    there: bool = True
    """Whether there is such a directory at all."""


def find(root: Path, document: Document[Catalog]) -> Found:
    """Return the layers of a catalog that stands in `root`: the directories that hold a layer.yaml.
    Hidden ones are passed over.
    """
    if not root.is_dir():
        return Found(
            layers={}, broken=frozenset(), problems=(), there=False
        )  # that there is no catalog either is told already
    source = document.source
    name = _where(document)
    folder = root / name
    if (
        PurePosixPath(name).is_absolute()
        or ".." in PurePosixPath(name).parts
        or "\0" in name
        or not _within(folder, root)
    ):
        outside = source.problem(
            ("layers",), f"{name!r} leaves the repository", "name a directory beside catalog.yaml"
        )
        return Found(layers={}, broken=frozenset(), problems=(outside,), there=False)
    if not folder.is_dir():
        beside = [
            path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")
        ]
        missing = source.problem(
            ("layers",),
            f"there is no directory {name!r}",
            nearest(name, beside, what="directories"),
        )
        return Found(layers={}, broken=frozenset(), problems=(missing,), there=False)
    layers: dict[str, tuple[Path, str]] = {}
    problems: list[Problem] = []
    broken: set[str] = set()
    for directory in sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and (path.is_dir() or path.is_symlink())
    ):
        problem = _problem(directory, root)
        if problem is None:
            layers[directory.name] = (directory, (directory / LAYER).as_posix())
        else:
            broken.add(directory.name)
            problems.append(problem)
    return Found(layers=layers, broken=frozenset(broken), problems=tuple(problems))


def _where(document: Document[Catalog]) -> str:
    if document.value is not None:
        return document.value.layers
    default = str(Catalog.model_fields["layers"].default)
    written = (
        document.source.data.get("layers") if isinstance(document.source.data, dict) else default
    )
    return written if isinstance(written, str) else default


def _problem(directory: Path, root: Path) -> Problem | None:
    file = directory / LAYER
    if not _within(directory, root):
        return Problem(
            directory.as_posix(),
            0,
            0,
            "leaves the repository: it is a link to the outside",
            "copy the layer instead",
        )
    if not file.exists() and not file.is_symlink():
        return Problem(
            directory.as_posix(),
            0,
            0,
            f"is no layer: it holds no {LAYER}",
            f"add {LAYER}, or move the directory elsewhere",
        )
    if not _within(file, root):
        return Problem(
            file.as_posix(),
            0,
            0,
            "leaves the repository: it is a link to the outside",
            "copy the file instead",
        )
    if not file.is_file():
        return Problem(file.as_posix(), 0, 0, "is not a file")
    if not re.fullmatch(NAME, directory.name):
        return Problem(
            directory.as_posix(),
            0,
            0,
            "cannot be a layer's name: lower-case letters and digits, with single '.', '_' or '-'"
            " between them",
        )
    return None


def _within(path: Path, root: Path) -> bool:
    """Tell whether a path, links followed, stays below a directory."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
