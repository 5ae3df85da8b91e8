"""The images that charts offer, as values: what the catalog composes, with digests once they are
known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.catalog.suggest import nearest
from builder.charts.model import Service
from builder.errors import InputError, Problem
from builder.graph.model import Graph


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
class ImageRefs:
    """All images of a catalog: name in catalog.yaml -> its references, the default first."""

    registry: str
    images: Mapping[str, tuple[ImageRef, ...]] = field(default_factory=dict)
    any_image: bool = False
    """Whether an image that is not known is taken to be there, under the tag `unknown`."""

    def of(
        self, service: Service, file: str, place: tuple[int, int] = (0, 0)
    ) -> tuple[ImageRef, ...]:
        """Return the images of a service, the default first; `file` and `place` are where it names
        them.

        Raises:
            InputError: the catalog builds no such image, and none is planned.

        """
        built = self.images.get(service.image)
        if built:
            return built
        tags = service.planned or (("unknown",) if self.any_image else ())
        if not tags:
            message = f"the catalog builds no image named {service.image!r}"
            hint = nearest(service.image, self.images)
            hint = hint or "add it to catalog.yaml, or list its tags under 'planned'"
            raise InputError([Problem(file, *place, message, hint)])
        return tuple(ImageRef(name=f"{self.registry}/{service.image}", tag=tag) for tag in tags)


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
