"""The directories of layers: which there are, and that they stay inside the repository."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from builder import confined
from builder.catalog.model import Catalog
from builder.catalog.source import YamlFile
from builder.catalog.suggest import closest, nearest
from builder.catalog.words import NAME
from builder.errors import Problem

LAYER = "layer.yaml"
NOT_A_NAME = (
    "cannot be a layer's name: lower-case letters and digits, with single '.', '_' or '-' between"
    " them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDirectories:
    """The directories that hold the layers of a catalog."""

    layers: Mapping[str, Path] = field(default_factory=dict)
    """Name -> directory."""
    additions: Mapping[str, Path] = field(default_factory=dict)
    """Layer of upstream -> directory whose files join it."""
    broken: frozenset[str] = frozenset()
    """Names of directories that cannot be layers."""
    problems: tuple[Problem, ...] = ()
    readable: bool = True
    """Whether there is such a directory at all, so that every layer is known."""


def find(
    root: Path, document: YamlFile, upstream: Collection[str] | None = None
) -> LayerDirectories:
    """Return the layers of a catalog that stands in `root`: the directories that hold a layer.yaml.
    Hidden directories are skipped. `upstream` are the layers of the catalog that it extends.
    """
    if not root.is_dir():
        # The missing catalog is reported already.
        return LayerDirectories(readable=False)
    data = document.data if isinstance(document.data, dict) else {}
    name = str(data.get("layers") or Catalog.model_fields["layers"].default)
    folder = root / name
    if _leaves(name) or not _within(folder, root):
        message, hint = f"{name!r} leaves the repository", "name a directory beside catalog.yaml"
        problem = document.problem(("layers",), message, hint)
        return LayerDirectories(problems=(problem,), readable=False)
    if not folder.is_dir() and upstream is not None and "layers" not in data:
        return LayerDirectories()
    if not folder.is_dir():
        hint = nearest(name, [path.name for path in _subdirectories(root)], what="directories")
        problem = document.problem(("layers",), f"there is no directory {name!r}", hint)
        return LayerDirectories(problems=(problem,), readable=False)

    layers: dict[str, Path] = {}
    additions: dict[str, Path] = {}
    problems: dict[str, Problem] = {}
    for directory in _subdirectories(folder):
        wrong = _problem(directory, root, upstream or ())
        is_layer = os.path.lexists(directory / LAYER)
        if wrong is None and not is_layer:
            additions[directory.name] = directory
        elif wrong is None:
            layers[directory.name] = directory
        else:
            problems[directory.name] = wrong
    return LayerDirectories(
        layers=layers,
        additions=additions,
        broken=frozenset(problems),
        problems=tuple(problems.values()),
    )


def _subdirectories(folder: Path) -> list[Path]:
    """Return directories that are not hidden, and links, which may be directories elsewhere."""
    visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [path for path in visible if path.is_dir() or path.is_symlink()]


def _leaves(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\0" in name


def _problem(directory: Path, root: Path, upstream: Collection[str]) -> Problem | None:
    file = directory / LAYER
    if not _within(directory, root):
        return _whole(
            directory,
            "leaves the repository: it is a link to the outside",
            "copy the layer instead",
        )
    if not os.path.lexists(file) and directory.name in upstream:
        return None
    if not os.path.lexists(file):
        near = closest(LAYER, [path.name for path in directory.iterdir()])
        meant = f"rename {near!r} to {LAYER!r}" if near else f"add {LAYER}"
        upstreams = nearest(directory.name, upstream, what="upstream's layers") if upstream else ""
        hint = upstreams or f"{meant}, or move the directory elsewhere"
        return _whole(directory, f"is not a layer: it has no {LAYER}", hint)
    if not _within(file, root):
        return _whole(
            file, "leaves the repository: it is a link to the outside", "copy the file instead"
        )
    if not file.is_file():
        return _whole(file, f"is {confined.kind(file.stat())}, not a file")
    if not re.fullmatch(NAME, directory.name):
        return _whole(directory, NOT_A_NAME)
    return None


def _whole(path: Path, message: str, hint: str = "") -> Problem:
    """Return a problem with a file or a directory as a whole."""
    return Problem(path.as_posix(), 0, 0, message, hint)


def _within(path: Path, root: Path) -> bool:
    """Tell whether a path, links followed, stays below a directory."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
