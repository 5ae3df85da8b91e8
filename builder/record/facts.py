"""What the lock and the store know about cells: packages with their versions, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.catalog.load import Loaded
from builder.cells import records
from builder.execute import lending
from builder.execute.project import owner
from builder.graph.asks import stale
from builder.graph.model import Graph
from builder.lock.file import read as read_lock
from builder.lock.model import NAME, Lock
from builder.oci.shelf import Shelf
from builder.plan.key import inputs_of
from builder.settings import read as read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is known about a cell beyond the catalog."""

    size: int | None = None
    """Bytes of its delta, compressed; None when it is not built."""
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kind (deb, python, npm, …) -> name -> version, of what it adds."""


Facts = Mapping[str, Fact]
"""By cell id; cells about which nothing is known are left out."""


def facts(loaded: Loaded, graph: Graph) -> Facts:
    """Return what is known about the cells of a graph. Reads only; nothing is known without a lock
    that covers the catalog.

    Raises:
        InputError: the lock or a setting is wrong.

    """
    file = loaded.root / NAME
    if not file.exists():
        return {}
    lock = read_lock(file)
    late = stale(lock, graph)
    locked = [name for name in graph.cells if name not in late]
    built = _built(loaded, graph, lock, locked)
    return {name: built.get(name) or Fact(packages=_packages(lock, name)) for name in locked}


def _packages(lock: Lock, cell: str) -> dict[str, dict[str, str]]:
    packages: dict[str, dict[str, str]] = {}
    for name in lock.cells[cell].artifacts:
        artifact = lock.artifacts[name]
        packages.setdefault(artifact.kind, {})[artifact.name] = artifact.version
    return packages


def _built(loaded: Loaded, graph: Graph, lock: Lock, names: list[str]) -> dict[str, Fact]:
    place: Path = read_settings(loaded.home).store
    if not (place / "index.json").exists():
        return {}
    store = Shelf(place, owner(loaded.catalog))
    known: dict[str, Fact] = {}
    inputs = inputs_of(graph, lock, loaded.layer_dirs, names)
    lending.lend(store, graph, inputs, loaded.catalog.name)
    for name, item in inputs.items():
        manifest = records.find(store, item.key)
        if manifest is not None:
            summary = records.summary(store, manifest)
            known[name] = Fact(size=summary.size, packages=summary.packages)
    return known
