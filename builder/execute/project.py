"""A catalog with its lock, settings and store: what every command that builds starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from builder.catalog.load import Loaded, load
from builder.catalog.model import Catalog
from builder.cells import compose, inputs, records
from builder.debian.model import Facts, Summary
from builder.digest import canonical, sha256
from builder.errors import BuilderError, InputError, Problem, listed
from builder.execute import lending
from builder.execute.replaced import manifests, outdated
from builder.graph.accounts import behind
from builder.graph.build import with_mixes
from builder.graph.meets import refused, unlisted
from builder.graph.model import Cell, Graph
from builder.graph.request import Documents
from builder.graph.select import cells_like, select
from builder.lock.file import read as read_lock
from builder.lock.model import NAME, Lock
from builder.oci.model import MANIFEST, Descriptor, ImageConfig
from builder.oci.shelf import Shelf
from builder.plan.key import Inputs, all_inputs, strict
from builder.plan.plan import Known, Plan, plan
from builder.render.config import image_config
from builder.settings import Settings
from builder.settings import read as read_settings

IMAGES = "image/"
SHOWN = 3
"""Reasons, and images, that a message names."""
SHORT = 16
"""Hex digits of a key in an image's ref."""


def owner(catalog: Catalog) -> str:
    """Return whose refs a catalog's are in a store: its name, and where it publishes. Clones and
    branches have it in common; a fork, which publishes elsewhere, has another.
    """
    return f"{catalog.name}-{sha256(canonical([catalog.name, catalog.registry]))[:12]}"


def image_ref(image: str, key: str) -> str:
    """Return the ref of an image that was put together from a key: `image/<name>:<tag>@<key>`. So
    several states of a catalog have their images beside each other.
    """
    return f"{IMAGES}{image}@{key[:SHORT]}"


def image_of(ref: str) -> str:
    """Return the `<name>:<tag>` of an image's ref."""
    return ref.removeprefix(IMAGES).partition("@")[0]


@dataclass(frozen=True)
class Project:
    """What is to be built (`graph` may be a part of `whole`) and where it goes."""

    loaded: Loaded
    whole: Graph
    graph: Graph
    lock: Lock
    settings: Settings

    @cached_property
    def store(self) -> Shelf:
        """The catalog's part of the store, opened when first asked for. Cells of other catalogs
        that are as good as its own are lent to it.
        """
        shelf = Shelf.of(self.settings.store, owner(self.loaded.catalog))
        lending.lend(shelf, self.graph, self.inputs, self.loaded.catalog.name)
        # An image of the same key is the same image, whoever put it together.
        for ref, theirs in shelf.others(IMAGES).items():
            name = image_of(ref)
            for manifest in theirs.values() if name in self.graph.images else ():
                key = manifest.annotations.get(compose.KEY, "")
                shelf.lend(image_ref(name, key), manifest)
        return shelf

    @cached_property
    def inputs(self) -> Mapping[str, Inputs]:
        """The inputs of every cell's key."""
        return all_inputs(self.graph, self.lock, self.loaded.layer_dirs)

    @property
    def documents(self) -> Documents:
        """The catalog's files, for the places of problems."""
        return Documents(layers=self.loaded.layer_sources, catalog=self.loaded.source)

    @property
    def state(self) -> Path:
        """Directory for logs and results, beside catalog.yaml."""
        return self.loaded.root / ".catalog"

    def summary(self, cell: str) -> Summary:
        """Return what is known of a cell that is built.

        Raises:
            BuilderError: it is not in the store.

        """
        manifest = records.find(self.store, self.inputs[cell].key)
        if manifest is None:
            raise BuilderError(f"{cell} is not in the store", hint=f"run `catalog build {cell}`")
        return records.summary(self.store, manifest)

    def facts(self, cells: Sequence[str]) -> list[Facts]:
        """Return all that is known of cells, in their order.

        Raises:
            BuilderError: some are not in the store.

        """
        manifests = {cell: records.find(self.store, self.inputs[cell].key) for cell in cells}
        missing = [cell for cell, manifest in manifests.items() if manifest is None]
        if missing:
            raise BuilderError(
                f"not built yet: {listed(missing, SHOWN)}", hint=f"run `catalog build {missing[0]}`"
            )
        built = [manifest for manifest in manifests.values() if manifest is not None]
        return [records.facts(self.store, manifest) for manifest in built]

    def config(self, image: str) -> ImageConfig:
        """Return what an image runs, and its labels."""
        return image_config(self.loaded.catalog, self.graph, self.graph.images[image])

    def image_key(self, image: str, cells: Sequence[str]) -> str:
        """Return an image's key from the digests of its cells' manifests, in order."""
        return compose.image_key(
            [Descriptor(MANIFEST, digest, 0) for digest in cells], self.config(image)
        )

    def known(self) -> Known:
        """Return what the store has of this graph."""
        cells: dict[str, str] = {}
        for item in self.inputs.values():
            manifest = records.find(self.store, item.key)
            if manifest is not None:
                cells[item.key] = manifest.digest
        images: dict[str, set[str]] = {}
        there = {**self.store.lent(IMAGES), **self.store.refs(IMAGES)}
        for ref, image in there.items():
            if image_of(ref) in self.graph.images and self.store.intact(image):
                key = image.annotations.get(compose.KEY, "")
                images.setdefault(image_of(ref), set()).add(key)
        return Known(
            cells=cells,
            images=images,
            last=lambda cell: inputs.recall(self.store, cell),
            moved=self.moved,
            outdated=lambda cell: outdated(self.store, self.graph.cells[cell], self.inputs),
        )

    def moved(self, cell: Cell, *, promised: bool = False) -> tuple[str, ...]:
        """Return the cells below one that are other bytes now than when it was built: those that
        declare no ABI, or all of them if `promised`.
        """
        manifest = records.find(self.store, self.inputs[cell.id].key)
        if manifest is None:
            return ()
        below = manifests(self.store, cell, self.inputs)
        counted = cell.ancestors if promised else strict(self.graph, cell)
        return tuple(name for name in records.moved(manifest, below) if name in counted)

    def plan(self, *, forced: Sequence[str] = (), offered: Mapping[str, str] | None = None) -> Plan:
        """Return the plan. `forced` are globs over the cells that are built again in any case;
        `offered` are the keys of cells that may be taken, each with the words on where from.

        Raises:
            InputError: one of them matches no cell.

        """
        again = cells_like(self.graph, forced)
        known = replace(self.known(), offered=offered or {})
        return plan(self.graph, self.inputs, self.image_key, known, forced=again)

    def reference(self, image: str) -> str:
        """Return the name under which an image is published: `<registry>/<name>:<tag>`."""
        return f"{self.loaded.catalog.registry}/{image}"


def open_project(path: Path, patterns: Sequence[str] = (), *, cells: bool = True) -> Project:
    """Load the catalog, take the part that the patterns select, and check that the lock answers it.
    Patterns may select cells, too, unless `cells` is false.

    Raises:
        InputError: the catalog, a pattern, a setting or the lock is wrong, or the lock is out of
        date.

    """
    loaded = load(path)
    settings = read_settings(loaded.home).knowing(loaded.catalog.sources)
    return project_of(loaded, read_lock(loaded.root / NAME), settings, patterns, cells=cells)


def project_of(
    loaded: Loaded, lock: Lock, settings: Settings, patterns: Sequence[str], *, cells: bool = True
) -> Project:
    """Do the same with a catalog, a lock and settings that are read already."""
    whole, patterns = with_mixes(loaded, patterns)
    part = select(whole, patterns, cells=cells) if patterns else whole
    problems = [*_behind(loaded.root / NAME, lock, whole, part), *refused(lock, part)]
    if problems:
        raise InputError(problems)
    return Project(loaded, whole, part, lock, settings)


def _behind(file: Path, lock: Lock, whole: Graph, part: Graph) -> Iterator[Problem]:
    """Yield for which cells of a part the lock is out of date."""
    alone = unlisted(whole)
    for cell, why in behind(lock, whole).items():
        if cell in alone and cell in part.cells and cell not in lock.cells:
            message = f"the lock has nothing for {cell}, which no image of the catalog has"
            hint = "list an image that has it, and run `catalog lock`"
            yield Problem(str(file), 0, 0, message, hint)
        elif cell in part.cells:
            yield Problem(str(file), 0, 0, f"{cell} {why}", "run `catalog lock`")
