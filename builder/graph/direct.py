"""Which packages a layer asks for by name; all others come along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from builder.catalog.conditions import wanted
from builder.catalog.packages import Maven, PackageList
from builder.graph.model import Cell
from builder.kinds.table import BY_NAME
from builder.lock.bound import PYTHON
from builder.lock.dependencies import python_nodes
from builder.lock.description import requirement
from builder.lock.maven import coordinates

NODE, NODES = "node", "node-linux-"
"""What layers call Node.js, and how its packages for a processor begin."""


def is_direct(cell: Cell, kind: str, name: str) -> bool:
    """Tell whether a cell asks for a package by name."""
    return any(is_for(kind, word, name) for word in words(cell, kind))


def words(cell: Cell, kind: str) -> Iterable[str]:
    """Return what a cell asks for of one kind, as it is written in its layer."""
    key = BY_NAME[kind].key if kind in BY_NAME else ""
    asked: PackageList | Mapping[str, object] | Maven | None = (
        getattr(cell.layer, key) if key else ()
    )
    if isinstance(asked, Mapping):
        return tuple(asked)
    entries = asked.artifacts if isinstance(asked, Maven) else asked or ()
    return wanted(entries, cell.point)


def is_for(kind: str, word: str, name: str) -> bool:
    """Tell whether a request names a package, without a look at what depends on what."""
    if kind in PYTHON:
        return canonicalize_name(name) in python_nodes(word)
    if kind == "go":
        return bool(module_of(word, [name]))
    if kind == "npm" and word == NODE and name.startswith(NODES):
        return True
    return asked_name(kind, word) == name


def asked_name(kind: str, word: str) -> str:
    """Return the name in a request that is one name and perhaps a version, a release, or the
    repository that it is taken from.
    """
    if kind == "maven":
        project = coordinates(word)
        return project.module.name if project else word
    if kind == "r":
        asked = requirement(word)
        return asked.name if asked else word
    package = BY_NAME[kind].package(word) if kind in BY_NAME else word
    return package.partition("=")[0]


def module_of(package: str, modules: Iterable[str]) -> str:
    """Return the module that holds a Go package: the longest path that begins its path; empty if
    none does.
    """
    holding = [path for path in modules if package == path or package.startswith(f"{path}/")]
    return max(holding, key=len, default="")
