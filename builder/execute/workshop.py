"""What building needs: a project, an engine, and what is known of the cells that are there."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builder.cells import compose, records
from builder.debian.model import Facts
from builder.errors import BuilderError, IntegrityError
from builder.events import Monitor
from builder.execute.project import Project
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.render.config import config


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A project, and an engine that builds its cells."""

    project: Project
    builder: str
    """The buildx builder; empty when nothing needs one."""
    logs: Path
    monitor: Monitor
    cache: bool = True
    """Whether the engine may use what its own cache holds."""
    _facts: dict[str, Facts] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def store(self) -> Store:
        """The project's store."""
        return self.project.store

    def facts(self, cell: str) -> Facts:
        """Return the facts of a cell that has been built; they are read once."""
        with self._guard:
            if cell not in self._facts:
                self._facts[cell] = self._read(cell)
            return self._facts[cell]

    def forget(self, cell: str) -> None:
        """Read a cell's facts again when they are asked for next."""
        with self._guard:
            self._facts.pop(cell, None)

    def _read(self, cell: str) -> Facts:
        key = self.project.inputs[cell].key
        manifest = records.find(self.store, key)
        if manifest is None:
            raise BuilderError(f"{cell} is not in the store", hint=f"run `catalog build {cell}`")
        try:
            return records.facts(self.store, manifest)
        except IntegrityError as error:
            # A cell of which nothing is known is of no use: it is built again.
            self.store.untag([records.ref(key)])
            raise IntegrityError(f"{cell}: {error.message}", hint="run the build again") from error

    def compose(self, below: Sequence[str]) -> Descriptor:
        """Compose, in the store, the image that a cell on these cells is built on, and return its
        manifest.
        """
        cells = [self.project.graph.cells[name] for name in below]
        settings = config([cell.layer for cell in cells], cells[0].point.get("arch", "amd64"), {})
        return compose.compose(self.store, [self.facts(name) for name in below], settings)

    def log(self, cell: str) -> Path:
        """Return the path of a cell's log."""
        return self.logs / f"{cell}.log"
