"""Cells that leave a registry with the images that were put together from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError
from builder.oci.blob import blobs_of
from builder.oci.model import Descriptor
from builder.oci.tar import MEDIA_TYPES
from builder.release.shelf import Place
from builder.share.depot import Depot
from builder.tools import contents


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """A manifest that leaves, with the tag that names it, if one does."""

    repository: str
    digest: str
    tag: str = ""


def cells(
    place: Place, gone: Collection[tuple[str, str]], stay: Iterable[tuple[str, str]]
) -> list[Spent]:
    """Return the cells of images that leave, as (repository, digest), as far as no image that stays
    has a layer of them. Cells that no image of a release ever had stay: a build may be about to
    use them.

    Raises:
        BuilderError: the registry does not answer, or refuses.

    """
    if not gone:
        return []
    depot = Depot(place=place)
    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        old = set[str]().union(*pool.map(lambda one: _layers(place, *one), gone))
        kept = set[str]().union(*pool.map(lambda one: _layers(place, *one), stay))
        keys = contents.tags(place.registry, depot.repository) if old - kept else []
        found = list(pool.map(lambda key: list(_spent(depot, key, old - kept)), keys))
    return list(chain.from_iterable(found))


def _spent(depot: Depot, key: str, layers: Collection[str]) -> Iterator[Spent]:
    """Yield what there is of a key, if each of its builds has one of these layers."""
    place, repository = depot.place, depot.repository
    try:
        builds = depot.offers(key)
    except IntegrityError:
        # Somebody else put something there.
        return
    if builds and all(_layers(place, repository, one.digest) & set(layers) for one in builds):
        index = place.registry.manifest(repository, key)
        yield Spent(repository=repository, digest=index, tag=key)
        yield from (Spent(repository=repository, digest=one.digest) for one in builds)


def _layers(place: Place, repository: str, digest: str) -> set[str]:
    """Return the digests of the layers of an image, or of a cell; none where it is not there."""
    data = contents.manifest(place.registry, repository, digest)
    try:
        blobs: list[Descriptor] = blobs_of(from_json(data)) if data else []
    except (DocumentError, IntegrityError):
        return set()
    return {one.digest for one in blobs if one.media_type in MEDIA_TYPES.values()}
