"""What an image runs: its layers' settings put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from builder.catalog.model import Catalog, Layer
from builder.graph.model import Graph, ImagePoint
from builder.oci.model import ImageConfig

T = TypeVar("T")
ANNOTATION = "org.opencontainers.image."
ARCHITECTURE = {"amd64": "amd64", "arm64": "arm64"}
"""Debian's names of architectures to OCI's (GOARCH)."""


def config(
    layers: Sequence[Layer], architecture: str, annotations: Mapping[str, str]
) -> ImageConfig:
    """Return the configuration of an image of these layers, bottom first.

    Environment and ports add up, a later layer's value wins; PATH's directories stand in front of
    those of the layers below. User, working directory, entrypoint and command are those of the
    layer with the highest `priority`, then of the last.
    """
    ranked = sorted(enumerate(layers), key=lambda item: (item[1].priority, item[0]))
    order = [layer for _, layer in ranked]
    env: dict[str, str] = {}
    path: list[str] = []
    for layer in layers:
        env.update(layer.env)
        path[:0] = [directory for directory in layer.path if directory not in path]
    return ImageConfig(
        architecture=ARCHITECTURE.get(architecture, architecture),
        env=env,
        path=tuple(path),
        user=_last([layer.user or "" for layer in order], ""),
        workdir=_last([layer.workdir or "" for layer in order], ""),
        entrypoint=_last([tuple(layer.entrypoint) for layer in order], ()),
        cmd=_last([tuple(layer.cmd) for layer in order], ()),
        expose=tuple(sorted({port for layer in layers for port in layer.expose})),
        labels=annotations,
        annotations=annotations,
    )


def image_config(catalog: Catalog, graph: Graph, image: ImagePoint) -> ImageConfig:
    """Return an image's configuration, labels and annotations included (OCI image specification,
    Annotations).
    """
    annotations = {
        ANNOTATION + "title": image.name,
        ANNOTATION + "version": image.tag,
        ANNOTATION + "description": image.description,
        ANNOTATION + "url": catalog.url or "",
        **image.labels,
    }
    layers = [graph.cells[cell].layer for cell in image.cells]
    return config(
        layers,
        image.point.get("arch", "amd64"),
        {name: value for name, value in annotations.items() if value},
    )


def _last(values: Sequence[T], default: T) -> T:
    """Return the last value that says something."""
    return next((value for value in reversed(values) if value), default)
