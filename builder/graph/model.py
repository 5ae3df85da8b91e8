"""Cells and images: the catalog's layers and images at their matrix points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.catalog.model import Layer
from builder.catalog.origins import FurtherRepository
from builder.catalog.standing import ACTIVE, Standing


@dataclass(frozen=True, slots=True)
class Cell:
    """A layer at one combination of the axes it depends on: the unit of build, cache, test and
    signature.

    A layer with `once` has a cell only at the values that it names. Images at all other values
    hold the same cell: there it lies on other cells than those it was built on.

    `id` is `<layer>@<label>-<label>…` (labels in the order of catalog.yaml's axes), for example
    `jupyter@trixie-amd64-py3.13`; it names the cell in every interface.
    """

    id: str
    name: str
    point: Mapping[str, str]
    layer: Layer
    parents: tuple[str, ...]
    """Ids of the cells of `layer.on`, in that order."""
    ancestors: tuple[str, ...]
    """Ids of every cell below this one, bottom first: by number of ancestors, then by layer
    name."""
    abi: tuple[str, ...] = ()
    """What the cells that stand on it may rely on, e.g. debian-13."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """The layer's scripts that are files of bash: key of layer.yaml -> text."""
    repositories: Mapping[str, FurtherRepository] = field(default_factory=dict)
    """The further Debian repositories that it takes packages from, by name."""
    indexes: Mapping[str, str] = field(default_factory=dict)
    """The addresses of the further Python indexes that it takes packages from, by name."""


@dataclass(frozen=True, slots=True)
class ImagePoint:
    """An image at one matrix point. `id` is `<name>:<tag>`, for example `jupyter-python:py3.13`."""

    id: str
    name: str
    tag: str
    point: Mapping[str, str]
    cells: tuple[str, ...]
    """Ids of all its cells, glue included, bottom first: an order in which each cell follows its
    ancestors."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    """Names of the layers that the catalog asks for, in its order; the others joined."""
    service: str = ""
    """Name of the layer that it runs, where the catalog says which one."""
    standing: Standing = ACTIVE
    """How long it is for use, and what to use instead."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Points that an image does not have, and why: all that match `point`, which has only the
    deciding axes.
    """

    name: str
    point: Mapping[str, str]
    because: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that may be built: cells in topological order, images in the order of
    catalog.yaml.
    """

    cells: Mapping[str, Cell]
    images: Mapping[str, ImagePoint]
    absent: tuple[Absent, ...] = ()
