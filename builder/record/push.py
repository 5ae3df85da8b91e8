"""Images from the store to a registry: only what it lacks is sent, and a tag is moved once
everything behind it is there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from builder.errors import BuilderError
from builder.events import Monitor, Note, Step
from builder.execute.project import IMAGES, image_of
from builder.graph.tags import Tag
from builder.oci.blob import CHUNK, blobs_of, descriptor_from
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.record.movement import Described, backwards, described
from builder.tools import contents
from builder.tools.registry import DIGEST, Address, Registry

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
    tags: tuple[str, ...] = ()
    """The tags that lead to it, its own first."""
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
    origins: Sequence[str] = ()
    """Repositories of the same registry that may have layers: those of cells. What they have is
    mounted, and not sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagPolicy:
    """Under which tags images are pushed, and from which of them tags may move anywhere."""

    tags: Mapping[str, Sequence[Tag]] = field(default_factory=dict)
    """Image, as `<name>:<tag>` -> its tags (`builder.graph.tags`); its own alone by default."""
    withdrawn: Collection[str] = ()
    """The images that are yanked, or a preview: what leads to them may lead back."""


NO_POLICY = TagPolicy()
WAYS = (
    "nothing was sent: a tag never moves backwards. State `yanked` of a version that people should"
    " leave; to go back on purpose, delete the tag in the registry first"
)
"""What to do where a tag would move backwards."""


@dataclass(frozen=True, slots=True)
class _Image:
    name: str
    repository: str
    tags: tuple[Tag, ...]
    manifest: Descriptor
    blobs: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class _Move:
    """A tag of an image, and the digest of what is behind it in the registry, if anything is."""

    image: _Image
    tag: Tag
    digest: str

    @property
    def is_there(self) -> bool:
        """Whether the tag leads to the image already."""
        return self.digest == self.image.manifest.digest


@dataclass(frozen=True, slots=True)
class StoredBlob:
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
    policy: TagPolicy = NO_POLICY,
) -> list[Pushed]:
    """Push manifests of the store, given by `<name>:<tag>`, with all that they lead to.

    Blobs go first, then manifests, then all tags: whoever pulls meanwhile gets the old image or the
    new one. What arrived before an interrupt stays, and is not sent again.

    Raises:
        BuilderError: the registry does not answer, or refuses; a tag would move backwards, or a
        fixed one move at all (then nothing is sent).
        IntegrityError: a blob of the store is missing or damaged.

    """
    wanted = [
        _image(store, name, manifest, target.address, policy) for name, manifest in images.items()
    ]
    others = [
        _image(store, image_of(ref), manifest, target.address, policy)
        for ref, manifest in store.refs(IMAGES).items()
        if store.has(manifest)
    ]
    registry = target.registry
    with ThreadPoolExecutor(max(1, target.jobs)) as pool:
        behind = _behind(wanted, registry, pool)
        moves = [move for move in behind if not move.is_there]
        _refuse_backwards(store, [move for move in moves if move.digest], registry, pool, policy)
        complete = {move.image.name for move in behind if move.is_there}
        missing = [image for image in wanted if image.name not in complete]
        monitor(Note(f"{len(missing)} of {len(wanted)} images to push to {target.address}"))
        fates: dict[tuple[str, str], Fate] = {}
        needs = _needs(missing, others)
        for provided in pool.map(lambda need: _provide(store, need, target, monitor), needs):
            fates.update(provided)
        # Tags move last, when everything that they refer to is there.
        list(pool.map(lambda image: _put(store, image, image.manifest.digest, registry), missing))
        list(pool.map(lambda move: _put(store, move.image, move.tag.text, registry), moves))
    return [_outcome(image, fates, target.address) for image in wanted]


def _image(
    store: Store, name: str, manifest: Descriptor, address: Address, policy: TagPolicy
) -> _Image:
    repository, _, tag = name.rpartition(":")
    blobs = tuple(dict.fromkeys(blobs_of(store.read_json(manifest))))
    tags = tuple(policy.tags.get(name, (Tag(tag),)))
    return _Image(name, address.repository(repository), tags, manifest, blobs)


def _behind(images: Iterable[_Image], registry: Registry, pool: ThreadPoolExecutor) -> list[_Move]:
    """Return every tag of some images with the digest of what is behind it now."""

    def ask(pair: tuple[_Image, Tag]) -> _Move:
        image, tag = pair
        return _Move(image, tag, registry.manifest(image.repository, tag.text))

    pairs: list[tuple[_Image, Tag]] = []
    for image in images:
        pairs += [(image, tag) for tag in image.tags]
    return list(pool.map(ask, pairs))


def _refuse_backwards(
    store: Store,
    moves: Sequence[_Move],
    registry: Registry,
    pool: ThreadPoolExecutor,
    policy: TagPolicy,
) -> None:
    """Look at what is behind tags that are to move.

    Raises:
        BuilderError: some would move backwards, or are fixed; names all of them.

    """

    def ask(place: tuple[str, str]) -> Described:
        repository, digest = place
        config = _config(contents.document(registry, repository, "manifests", digest))
        blob = contents.document(registry, repository, "blobs", config) if config else {}
        return described(blob)

    places = list(dict.fromkeys((move.image.repository, move.digest) for move in moves))
    there = dict(zip(places, pool.map(ask, places), strict=True))
    wrong = []
    for move in moves:
        name = move.image.name.rpartition(":")[0]
        gone = {one.rpartition(":")[2] for one in policy.withdrawn if one.startswith(f"{name}:")}
        own = store.read_json(move.image.manifest)
        new = described(store.read_json(descriptor_from(own["config"])))
        why = backwards(there[move.image.repository, move.digest], new, gone)
        if move.tag.fixed:
            why = f"it is fixed, and leads to {move.digest[:19]}…"
        if why:
            wrong.append(f"the tag {name}:{move.tag.text} may not move to {move.image.name}: {why}")
    if wrong:
        raise BuilderError("\n".join(wrong), hint=WAYS)


def _config(manifest: Mapping[str, object]) -> str:
    """Return the digest of an image's configuration; empty for an index, of which nothing can be
    said.
    """
    entry = manifest.get("config")
    digest = entry.get("digest") if isinstance(entry, Mapping) else None
    return digest if isinstance(digest, str) and DIGEST.fullmatch(digest) else ""


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
    store: Store, need: _Need, target: PushTarget, monitor: Monitor
) -> dict[tuple[str, str], Fate]:
    """Make sure that every repository that needs a blob has it; send it at most once."""
    digest, registry = need.blob.digest, target.registry
    having = [
        repository for repository in need.repositories if registry.has_blob(repository, digest)
    ]
    fates: dict[tuple[str, str], Fate] = {(repository, digest): "present" for repository in having}
    origin = having[0] if having else _origin(need, target)
    for repository in need.repositories:
        if repository in having:
            continue
        if origin and registry.mount(repository, digest, origin):
            fates[repository, digest] = "mounted"
            continue
        registry.upload(repository, digest, StoredBlob(store, need.blob))
        monitor(Step(repository, "done", f"sent {digest[7:19]}, {need.blob.size / 1e6:,.1f} MB"))
        fates[repository, digest] = "sent"
        origin = repository
    return fates


def _origin(need: _Need, target: PushTarget) -> str:
    """Return a repository of cells, or of another image, that has a blob; empty if none of the
    first few has.
    """
    others = [repository for repository in need.neighbours if repository not in need.repositories]
    for repository in (*target.origins, *others[:NEIGHBOURS]):
        # Somebody else's may be closed: then nothing is saved, and nothing lost.
        with contextlib.suppress(BuilderError):
            if target.registry.has_blob(repository, need.blob.digest):
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
        tags=tuple(tag.text for tag in image.tags),
        sent=sizes["sent"],
        mounted=sizes["mounted"],
        present=sizes["present"],
    )
