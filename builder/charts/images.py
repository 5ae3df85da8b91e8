"""The images that charts offer, as values: what the catalog composes, with digests once they are
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from builder.catalog.suggest import nearest
from builder.charts.service import Service, Workload
from builder.errors import InputError, Problem
from builder.graph.model import Graph

UNKNOWN = "unknown"
HINT = "add it to catalog.yaml, or list the tags of the service's own image under `planned`"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """One image of a registry."""

    name: str
    """Registry and path, without a tag."""
    tag: str
    digest: str = ""
    """`sha256:<hex>` of its manifest; empty while it is not known."""

    def __str__(self) -> str:
        """`<name>:<tag>`, as users choose it."""
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """The images of one service."""

    own: tuple[ImageRef, ...]
    """What users choose from, the default first."""
    others: Mapping[str, ImageRef] = field(default_factory=dict)
    """Those of further workloads and of sidecars: name in catalog.yaml -> reference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRefs:
    """All images of a catalog: name in catalog.yaml -> its references, the default first."""

    registry: str
    images: Mapping[str, tuple[ImageRef, ...]] = field(default_factory=dict)
    any_image: bool = False
    """Whether an image that is not known is taken to be there, with the tag `unknown`."""

    def of(self, service: Service, file: str, place: tuple[int, int] = (0, 0)) -> Images:
        """Return the images of a service; `file` and `place` are where it names its own.

        Raises:
            InputError: the catalog builds no such image, and none is planned.

        """
        own = self.images.get(service.image) or self._planned(service)
        problems = [] if own else [self._missing(service.image, file, place)]
        others: dict[str, ImageRef] = {}
        for name in dict.fromkeys(_further(service)):
            if name in self.images:
                others[name] = self.images[name][0]
            elif self.any_image:
                others[name] = ImageRef(name=f"{self.registry}/{name}", tag=UNKNOWN)
            else:
                problems.append(self._missing(name, file, (0, 0)))
        if problems:
            raise InputError(problems)
        return Images(own=own, others=others)

    def _planned(self, service: Service) -> tuple[ImageRef, ...]:
        tags = service.planned or ((UNKNOWN,) if self.any_image else ())
        return tuple(ImageRef(name=f"{self.registry}/{service.image}", tag=tag) for tag in tags)

    def _missing(self, name: str, file: str, place: tuple[int, int]) -> Problem:
        message = f"the catalog builds no image named {name!r}"
        return Problem(file, *place, message, nearest(name, self.images) or HINT)


def _further(service: Service) -> Iterator[str]:
    """Yield the images that a service names besides its own."""
    for running in (service, *service.workloads.values()):
        if isinstance(running, Workload) and running.image:
            yield running.image
        for sidecar in running.sidecars.values():
            if sidecar.image:
                yield sidecar.image


def image_refs(registry: str, graph: Graph, digests: Mapping[str, str] | None = None) -> ImageRefs:
    """Return the images of a graph; `digests` maps `<name>:<tag>` to `sha256:<hex>`, where it is
    known.
    """
    images: dict[str, tuple[ImageRef, ...]] = {}
    for image in graph.images.values():
        ref = ImageRef(
            name=f"{registry}/{image.name}", tag=image.tag, digest=(digests or {}).get(image.id, "")
        )
        images[image.name] = (*images.get(image.name, ()), ref)
    return ImageRefs(registry=registry, images=images)
