"""Images from the store to a registry: only what it lacks is sent, and a tag is moved once
everything behind it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from builder.events import Monitor, Note, Step
from builder.execute.project import IMAGES, image_of
from builder.oci.blob import CHUNK, blobs_of
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.tools.registry import Address, Registry

Fate = Literal["sent", "mounted", "present"]
NEIGHBOURS = 4
"""In how many repositories of other images a blob is looked for before it is sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """The result of pushing one image."""

    image: str
    """`<name>:<tag>`."""
    reference: str
    """`<registry>/<name>:<tag>`."""
    digest: str
    """`sha256:<hex>` of its manifest."""
    sent: int = 0
    """Bytes sent. A blob that several images of this push need counts for the first."""
    mounted: int = 0
    """Bytes that the registry had in another repository, and now shares."""
    present: int = 0
    """Bytes that were already there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PushTarget:
    """Where to push: a registry, and how many transfers to make at once."""

    registry: Registry
    address: Address
    jobs: int


@dataclass(frozen=True, slots=True)
class _Image:
    name: str
    repository: str
    tag: str
    manifest: Descriptor
    blobs: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class _Body:
    """A blob of the store, verified as it is read; each iteration starts from its beginning."""

    store: Store
    blob: Descriptor

    def __len__(self) -> int:
        return self.blob.size

    def __iter__(self) -> Iterator[bytes]:
        with self.store.open_blob(self.blob) as stream:
            while piece := stream.read(CHUNK):
                yield piece


@dataclass(slots=True)
class _Need:
    """Which repositories need a blob, and where else it may already be."""

    blob: Descriptor
    repositories: dict[str, None] = field(default_factory=dict)
    neighbours: dict[str, None] = field(default_factory=dict)


def push(
    store: Store,
    images: Mapping[str, Descriptor],
    target: PushTarget,
    monitor: Monitor,
    *,
    tagged: bool = True,
) -> list[Pushed]:
    """Push manifests of the store, given by `<name>:<tag>`, with all that they lead to. Unless
    `tagged`, they are there by digest alone: no tag is moved.

    Blobs go first, then manifests, then all tags: whoever pulls meanwhile gets the old image or the
    new one. What arrived before an interrupt stays, and is not sent again.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: a blob of the store is missing or damaged.

    """
    wanted = [_image(store, name, manifest, target.address) for name, manifest in images.items()]
    others = [
        _image(store, image_of(ref), manifest, target.address)
        for ref, manifest in store.refs(IMAGES).items()
        if store.has(manifest)
    ]
    registry = target.registry

    def is_there(image: _Image) -> bool:
        reference = image.tag if tagged else image.manifest.digest
        return registry.manifest(image.repository, reference) == image.manifest.digest

    with ThreadPoolExecutor(max(1, target.jobs)) as pool:
        there = list(pool.map(is_there, wanted))
        missing = [image for image, complete in zip(wanted, there, strict=True) if not complete]
        monitor(Note(f"{len(missing)} of {len(wanted)} images to push to {target.address}"))
        fates: dict[tuple[str, str], Fate] = {}
        needs = _needs(missing, others)
        for provided in pool.map(lambda need: _provide(store, need, registry, monitor), needs):
            fates.update(provided)
        # Tags move last, when everything that they refer to is there.
        list(pool.map(lambda image: _put(store, image, image.manifest.digest, registry), missing))
        if tagged:
            list(pool.map(lambda image: _put(store, image, image.tag, registry), missing))
    return [_outcome(image, fates, target.address) for image in wanted]


def _image(store: Store, name: str, manifest: Descriptor, address: Address) -> _Image:
    repository, _, tag = name.rpartition(":")
    blobs = tuple(dict.fromkeys(blobs_of(store.read_json(manifest))))
    return _Image(name, address.repository(repository), tag, manifest, blobs)


def _needs(missing: Iterable[_Image], others: Iterable[_Image]) -> list[_Need]:
    """Return each blob once, the largest first: they take longest, so they start first."""
    needs: dict[str, _Need] = {}
    for image in missing:
        for blob in image.blobs:
            needs.setdefault(blob.digest, _Need(blob)).repositories[image.repository] = None
    for image in others:
        for blob in image.blobs:
            if blob.digest in needs:
                needs[blob.digest].neighbours[image.repository] = None
    return sorted(needs.values(), key=lambda need: (-need.blob.size, need.blob.digest))


def _provide(
    store: Store, need: _Need, registry: Registry, monitor: Monitor
) -> dict[tuple[str, str], Fate]:
    """Make sure that every repository that needs a blob has it; send it at most once."""
    digest = need.blob.digest
    having = [
        repository for repository in need.repositories if registry.has_blob(repository, digest)
    ]
    fates: dict[tuple[str, str], Fate] = {(repository, digest): "present" for repository in having}
    origin = having[0] if having else _origin(need, registry)
    for repository in need.repositories:
        if repository in having:
            continue
        if origin and registry.mount(repository, digest, origin):
            fates[repository, digest] = "mounted"
            continue
        registry.upload(repository, digest, _Body(store, need.blob))
        monitor(Step(repository, "done", f"sent {digest[7:19]}, {need.blob.size / 1e6:,.1f} MB"))
        fates[repository, digest] = "sent"
        origin = repository
    return fates


def _origin(need: _Need, registry: Registry) -> str:
    """Return a repository of another image that has a blob; empty if none of the first few has."""
    others = [repository for repository in need.neighbours if repository not in need.repositories]
    for repository in others[:NEIGHBOURS]:
        if registry.has_blob(repository, need.blob.digest):
            return repository
    return ""


def _put(store: Store, image: _Image, reference: str, registry: Registry) -> None:
    registry.put_manifest(
        image.repository, reference, store.read(image.manifest), image.manifest.media_type
    )


def _outcome(image: _Image, fates: dict[tuple[str, str], Fate], address: Address) -> Pushed:
    sizes: dict[Fate, int] = {"sent": 0, "mounted": 0, "present": 0}
    for blob in image.blobs:
        sizes[fates.pop((image.repository, blob.digest), "present")] += blob.size
    return Pushed(
        image=image.name,
        reference=f"{address}/{image.name}",
        digest=image.manifest.digest,
        sent=sizes["sent"],
        mounted=sizes["mounted"],
        present=sizes["present"],
    )
