"""What an image runs: the settings of its layers, combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from builder.catalog.model import Catalog, Layer
from builder.graph.model import Graph, ImagePoint
from builder.oci.model import ImageConfig

T = TypeVar("T")
ANNOTATION = "org.opencontainers.image."
LIFECYCLE = "org.catalog.image."
"""Prefix of the labels and annotations that say how long an image is for use."""
VARIABLES = "CATALOG_IMAGE_"
"""Prefix of the variables that say the same to what runs in the image."""
ARCHITECTURE = {"amd64": "amd64", "arm64": "arm64"}
"""Debian's names of architectures to OCI's (GOARCH)."""


def config(
    layers: Sequence[Layer],
    architecture: str,
    annotations: Mapping[str, str],
    *,
    chosen: Layer | None = None,
) -> ImageConfig:
    """Return the configuration of an image of these layers, bottom first.

    Environment and ports add up, and a later layer's value wins; PATH's directories are put before
    those of the layers below. User, working directory, entrypoint and command are those of the
    image's service, else of the last layer that has them. The service is `chosen`, or else the last
    one.
    """
    order = [layer for layer in layers if not layer.service]
    order += [layer for layer in layers if layer.service and layer is not chosen]
    order += [chosen] if chosen is not None else []
    env: dict[str, str] = {}
    path: list[str] = []
    ports: set[int] = set()
    for layer in layers:
        env.update(layer.env)
        ports.update(layer.expose)
        path[:0] = [directory for directory in layer.path if directory not in path]
    return ImageConfig(
        architecture=ARCHITECTURE.get(architecture, architecture),
        env=env,
        path=tuple(path),
        user=_last([layer.user or "" for layer in order], ""),
        workdir=_last([layer.workdir or "" for layer in order], ""),
        entrypoint=_last([tuple(layer.entrypoint) for layer in order], ()),
        cmd=_last([tuple(layer.cmd) for layer in order], ()),
        expose=tuple(sorted(ports)),
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
        ANNOTATION + "description": " ".join(image.description.split()),
        ANNOTATION + "url": catalog.url or "",
        **{LIFECYCLE + name: value for name, value in lifecycle(image).items()},
        **image.labels,
    }
    cells = [graph.cells[cell] for cell in image.cells]
    made = config(
        [cell.layer for cell in cells],
        image.point.get("arch", "amd64"),
        {name: value for name, value in annotations.items() if value},
        chosen=next((cell.layer for cell in cells if cell.name == image.service), None),
    )
    told = {VARIABLES + _variable(name): value for name, value in lifecycle(image).items()}
    return replace(made, env={**made.env, **told})


def lifecycle(image: ImagePoint) -> dict[str, str]:
    """Return what an image says of how long it is for use; nothing where nothing is stated.

    A start of it may be long after its build, so it says days, and not whether they are past.
    """
    standing = image.standing
    if not standing.stated:
        return {}
    told = {
        "status": "yanked" if standing.yanked else standing.status,
        "end-of-life": standing.eol,
        "yanked": standing.yanked,
        "successor": standing.successor,
    }
    return {name: value for name, value in told.items() if value}


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _last(values: Sequence[T], default: T) -> T:
    """Return the last value that is not empty."""
    return next((value for value in reversed(values) if value), default)
