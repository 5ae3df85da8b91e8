"""The images that charts offer, as values: those of the catalog, with digests if they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from builder.catalog.reader import Key
from builder.catalog.standing import ACTIVE, Standing
from builder.catalog.suggest import nearest
from builder.charts.service import Service
from builder.errors import InputError, Problem
from builder.graph.gpu import Needs, needs
from builder.graph.model import Graph
from builder.graph.tags import default_versions

Reporter = Callable[[tuple[Key, ...], str, str], Problem]
"""Returns a problem at some keys of a service.yaml, with a hint."""
UNKNOWN = "unknown"
HINT = "add it to catalog.yaml, or list the tags of the service's own image under `planned`"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """One image of a registry."""

    name: str
    """Registry and path, without a tag."""
    tag: str
    digest: str = ""
    """`sha256:<hex>` of its manifest; empty if it is not known."""
    needs: Needs | None = None
    """What it needs of a node with graphics processors; None if it has nothing for these."""
    standing: Standing = ACTIVE
    """How long it is for use."""

    def __str__(self) -> str:
        """`<name>:<tag>`, as users choose it."""
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """The images of one service."""

    own: tuple[ImageRef, ...]
    """What users choose from, the default first: never a preview, unless all are."""
    gone: tuple[ImageRef, ...] = ()
    """What is yanked: releases may still run it, and no form offers it."""
    others: Mapping[str, ImageRef] = field(default_factory=dict)
    """Images of further workloads and of sidecars: name in catalog.yaml -> reference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRefs:
    """All images of a catalog: name in catalog.yaml -> its references, the default first."""

    registry: str
    images: Mapping[str, tuple[ImageRef, ...]] = field(default_factory=dict)
    """The yanked ones come last."""
    any_image: bool = False
    """Whether an unknown image is assumed to exist, under the tag `unknown`."""

    def of(self, service: Service, problem: Reporter) -> Images:
        """Return the images of a service; `problem` makes a problem at the place where one is
        named.

        Raises:
            InputError: the catalog builds no such image, and none is planned.

        """
        problems: list[Problem] = []
        known = self.images.get(service.image) or self._planned(service)
        own = tuple(image for image in known if not image.standing.yanked)
        gone = tuple(image for image in known if image.standing.yanked)
        if not known:
            problems.append(self._unknown(("image",), service.image, problem))
        elif not own:
            problems.append(_yanked(("image",), gone[0], problem))
        others: dict[str, ImageRef] = {}
        for keys, name in _further(service):
            if name in self.images:
                others[name] = self.images[name][0]
                if others[name].standing.yanked:
                    problems.append(_yanked(keys, others[name], problem))
            elif self.any_image:
                others[name] = ImageRef(name=f"{self.registry}/{name}", tag=UNKNOWN)
            else:
                problems.append(self._unknown(keys, name, problem))
        if problems:
            raise InputError(problems)
        return Images(own=own, others=others, gone=gone)

    def _planned(self, service: Service) -> tuple[ImageRef, ...]:
        """Return the images of a service that the catalog does not build yet."""
        tags = service.planned or ((UNKNOWN,) if self.any_image else ())
        return tuple(ImageRef(name=f"{self.registry}/{service.image}", tag=tag) for tag in tags)

    def _unknown(self, keys: tuple[Key, ...], name: str, problem: Reporter) -> Problem:
        hint = nearest(name, self.images)
        return problem(keys, f"the catalog builds no image named {name!r}", hint or HINT)


def _yanked(keys: tuple[Key, ...], image: ImageRef, problem: Reporter) -> Problem:
    why = image.standing.yanked
    hint = "add a version to catalog.yaml, or remove the service"
    return problem(keys, f"every version of the image is yanked: {why}", hint)


def _further(service: Service) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield the images that a service names besides its own, with the keys that lead to each."""
    for key, sidecar in service.sidecars.items():
        if sidecar.image:
            yield ("sidecars", key, "image"), sidecar.image
    for key, workload in service.workloads.items():
        if workload.image:
            yield ("workloads", key, "image"), workload.image
        for name, sidecar in workload.sidecars.items():
            if sidecar.image:
                yield ("workloads", key, "sidecars", name, "image"), sidecar.image


def image_refs(registry: str, graph: Graph, digests: Mapping[str, str] | None = None) -> ImageRefs:
    """Return the images of a graph; `digests` maps `<name>:<tag>` to `sha256:<hex>`, as far as it
    is known.
    """
    images: dict[str, tuple[ImageRef, ...]] = {}
    for image in graph.images.values():
        ref = ImageRef(
            name=f"{registry}/{image.name}",
            tag=image.tag,
            digest=(digests or {}).get(image.id, ""),
            needs=needs(graph.cells[cell] for cell in image.cells),
            standing=image.standing,
        )
        images[image.name] = (*images.get(image.name, ()), ref)
    defaults = default_versions(graph)
    ordered = {
        name: tuple(sorted(refs, key=lambda ref: _place(ref, defaults.get(name, ""))))
        for name, refs in images.items()
    }
    return ImageRefs(registry=registry, images=ordered)


def _place(ref: ImageRef, default: str) -> tuple[bool, bool]:
    """Return the key by which the images of one name are ordered: the default is first, what is
    yanked is last, and between these the order is the catalog's.
    """
    name = ref.name.rpartition("/")[2]
    return bool(ref.standing.yanked), f"{name}:{ref.tag}" != default
